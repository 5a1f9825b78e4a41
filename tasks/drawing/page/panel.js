// Shows the state of the drawing in what stands around the picture. It changes no state.

const HINTS = {
  pieces: "Click or drag over the object: it gets each piece you touch. Brush and finer pieces take what they miss.",
  brush: "Paint pixel by pixel. Scroll or pinch to zoom in; hold space to move.",
  erased: "Click or drag over what does not belong to the object.",
};

export const byId = (id) => document.getElementById(id);
export const isUnsaved = (state) => [...state.maps.values()].some((drawn) => drawn.isUnsaved);
export const savedPaths = (state) => state.saved.map((one) => one.path).join(", ");

export function showTools(state, facts, map) {
  byId("hint").textContent = state.erases ? HINTS.erased : HINTS[state.tool];
  for (const tool of ["pieces", "brush"]) byId(tool).ariaPressed = state.tool === tool;
  byId("eraser").ariaPressed = state.erases;
  byId("piece-size").hidden = state.tool !== "pieces";
  byId("brush-size").hidden = state.tool !== "brush";
  byId("level").textContent = `${facts.levels[state.level].toLocaleString("en")} pieces`;
  byId("size").textContent = `${state.size} px`;
  byId("coarser").disabled = state.level === 0;
  byId("finer").disabled = state.level === facts.levels.length - 1;
  byId("undo").disabled = !map?.past.length;
  byId("redo").disabled = !map?.future.length;
  byId("new-object").disabled = state.numObjects >= facts.palette.length - 1;
}

export function showObjects(state, facts, map, { choose, clear }) {
  const rows = Array.from({ length: state.numObjects }, (_, index) => {
    const object = index + 1, count = map?.counts[object] ?? 0;
    const take = made("button", { type: "button", className: "take", ariaPressed: object === state.object });
    const swatch = made("span", { className: "swatch" });
    swatch.style.backgroundColor = `rgb(${facts.palette[object].join(" ")})`;
    take.append(swatch, `${object}`, made("span", { className: "share", textContent: share(count, facts) }));
    take.addEventListener("click", () => choose(object));
    const label = `Clear object ${object}`;
    const remove = made("button", { type: "button", className: "clear", textContent: "×", title: label, ariaLabel: label });
    remove.disabled = !count;
    remove.addEventListener("click", () => clear(object));
    const row = made("div", { className: "object" });
    row.append(take, remove);
    return row;
  });
  byId("objects").replaceChildren(...rows);
}

export function showFrames(state, facts, goTo) {
  byId("frames").hidden = facts.num_frames === 1;
  byId("frame").value = byId("frame-slider").value = state.number;
  byId("frame-count").textContent = facts.num_frames ? `of ${facts.num_frames - 1}` : "";
  const drawn = [...state.maps].filter(([, map]) => !map.isEmpty).map(([number]) => number);
  const saved = state.saved.map((one) => one.frame).filter((number) => !state.maps.has(number));
  const others = [...drawn, ...saved].filter((number) => number !== state.number).sort((one, other) => one - other);
  byId("drawn-frames").replaceChildren(...others.map((number) => {
    const button = made("button", { type: "button", textContent: `Drawn: ${number}` });
    button.addEventListener("click", () => goTo(number));
    return button;
  }));
}

export function showSaved(state, facts) {
  const isDrawn = state.saved.length > 0 || [...state.maps.values()].some((map) => !map.isEmpty);
  byId("save").disabled = !isUnsaved(state);
  byId("segment").disabled = !isDrawn;
  byId("saved").textContent = state.saved.length
    ? `${isUnsaved(state) ? "Changed since saved in" : "Saved in"} ${savedPaths(state)}` : `Goes to ${facts.out}`;
}

function share(count, facts) {
  if (!count) return "nothing yet";
  const percent = 100 * count / (facts.width * facts.height);
  return percent < 0.1 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

// The page: what is drawn on which frame, with which tool. What to draw is decided here, labels change in
// label_map.js, and the command keeps what is saved.

import { LabelMap, Pieces } from "./label_map.js";
import { byId, isUnsaved, savedPaths, showFrames, showObjects, showSaved, showTools } from "./panel.js";
import { PictureView } from "./picture_view.js";
import { listenToPointers } from "./pointer.js";
import { ResultView } from "./result_view.js";
import { bitmap, get, ids, labels, post } from "./server.js";

const MOST_OBJECTS = 254;

const facts = await get("facts");
const view = new PictureView(byId("picture"), facts.palette);
const result = new ResultView(byId("result"));
const state = {
  tool: "pieces",
  erases: false,
  object: 1,
  numObjects: 1,
  level: facts.usual_level,
  size: Math.max(3, Math.round(Math.min(facts.width, facts.height) / 40)),
  number: null,
  wanted: null,
  isGoing: false,
  maps: new Map(), // by number of the frame
  saved: facts.saved,
  command: facts.command,
  isEnded: false,
};

// ---- frames ----------------------------------------------------------------------------------------------

/** Go to a frame; what is drawn on others is kept. Of several wishes while one is fulfilled, the last counts. */
async function goTo(number) {
  const last = facts.num_frames ? facts.num_frames - 1 : Infinity;
  state.wanted = Math.max(0, Math.min(last, Math.round(number) || 0));
  if (state.isGoing) return;
  state.isGoing = true;
  try {
    while (state.wanted !== state.number) await load(state.wanted);
  } catch (error) {
    state.wanted = state.number;
    warn(error);
    render();
  }
  state.isGoing = false;
  await divide();
}

async function load(number) {
  const known = state.maps.get(number);
  const [picture, about, mask] = await Promise.all([
    bitmap(`frames/${number}/picture`),
    get(`frames/${number}/facts`),
    known ? null : labels(`frames/${number}/mask`),
  ]);
  acts.cancel();
  if (map()?.isEmpty && !map().isUnsaved) state.maps.delete(state.number);
  state.number = number;
  state.maps.set(number, known ?? new LabelMap(facts.width, facts.height, mask));
  state.numObjects = Math.max(state.numObjects, map().counts.findLastIndex((count) => count > 0));
  view.show(picture, map());
  render();
  if (about.is_damaged) say("This frame is damaged: the picture is that of the frame before it.", true);
}

/** Ask for the pieces of this frame at this level. */
async function divide() {
  const asked = `frames/${state.number}/pieces/${state.level}`;
  divide.asked = asked;
  view.wait(); // a click meanwhile would take pieces of another size
  try {
    const pieces = new Pieces(await ids(asked), facts.width);
    if (divide.asked === asked) view.divide(pieces);
  } catch (error) {
    warn(error);
  }
}

const map = () => state.maps.get(state.number);

// ---- drawing ---------------------------------------------------------------------------------------------

let stroke = null;

const acts = {
  start(place, erases) {
    if (!map() || (state.tool === "pieces" && !view.pieces)) return;
    stroke = { label: erases || state.erases ? 0 : state.object, taken: new Set() };
    map().begin();
    take(place, place);
  },
  move(from, to) {
    if (stroke) take(from, to);
  },
  end() {
    if (!stroke) return;
    stroke = null;
    map().end();
    render();
  },
  cancel() {
    if (!stroke) return;
    stroke = null;
    view.refresh(map().cancel());
    render();
  },
  hover(place) {
    const isOver = place && map()?.isInside(place);
    const brush = { brush: state.size, ...place };
    const mark = state.tool === "brush" ? brush : { piece: view.pieces?.ids[pixel(place)] };
    view.point(isOver ? mark : null, state.erases ? 0 : state.object);
  },
};
listenToPointers(view, acts);

/** Take what lies below a line, from one place of the pointer to the next. */
function take(from, to) {
  const drawn = map();
  if (state.tool === "brush") {
    drawn.brush(from, to, state.size, stroke.label);
  } else {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
    for (let step = 0; step <= steps; step++) {
      const place = { x: from.x + (to.x - from.x) * step / steps, y: from.y + (to.y - from.y) * step / steps };
      if (!drawn.isInside(place)) continue;
      const id = view.pieces.ids[pixel(place)];
      if (stroke.taken.has(id)) continue;
      stroke.taken.add(id);
      drawn.fillPiece(view.pieces, id, stroke.label);
    }
  }
  view.refresh(drawn.takeFresh());
}

const pixel = (place) => place ? Math.floor(place.y) * facts.width + Math.floor(place.x) : -1;

/** Change labels in one edit that can be undone. */
function edit(change) {
  map().begin();
  change(map());
  view.refresh(map().takeFresh());
  map().end();
  render();
}

async function takeSalient() {
  const drawn = map();
  try {
    const region = await labels(`frames/${state.number}/salient`);
    if (drawn === map()) edit((one) => one.fillRegion(region, state.object));
    say("This stands out most. Correct it with pieces, brush and eraser.");
  } catch (error) {
    warn(error);
  }
}

// ---- saving and ending -----------------------------------------------------------------------------------

/** Save all that is not saved; return whether it is. */
async function save() {
  try {
    for (const [number, drawn] of state.maps) {
      if (!drawn.isUnsaved) continue;
      const changes = drawn.numChanges;
      keep(await post(`frames/${number}/mask`, drawn.labels));
      drawn.isUnsaved = drawn.numChanges !== changes;
    }
  } catch (error) {
    warn(error);
    return false;
  }
  render();
  return true;
}

function keep({ saved, command }) {
  Object.assign(state, { saved, command });
}

async function segment() {
  if (result.isRunning || (await save())) await result.start();
}

async function end() {
  if (result.isRunning) {
    say("The clip is still being segmented: wait for it, or stop it.", true);
    return;
  }
  if (!(await save())) return;
  try {
    keep(await post("end"));
  } catch (error) {
    warn(error);
    return;
  }
  state.isEnded = true;
  for (const part of document.querySelectorAll("main, aside, header")) part.hidden = true;
  byId("ended").hidden = false;
  byId("ended-title").textContent = state.saved.length ? `Saved: ${savedPaths(state)}` : "No mask was saved";
  byId("next").hidden = !state.command;
  byId("command").textContent = state.command ?? "";
}

window.addEventListener("beforeunload", (event) => {
  if (isUnsaved(state) && !state.isEnded) event.preventDefault();
});

// ---- what is shown ---------------------------------------------------------------------------------------

function say(text, isCaution = false) {
  const message = byId("message");
  clearTimeout(say.timer);
  Object.assign(message, { textContent: text, hidden: false });
  message.classList.toggle("caution", isCaution);
  say.timer = setTimeout(() => { message.hidden = true; }, isCaution ? 9000 : 4000);
}

const warn = (error) => say(error.message, true);

function render() {
  showTools(state, facts, map());
  showObjects(state, facts, map(), { choose, clear: (object) => edit((one) => one.clear(object)) });
  showFrames(state, facts, goTo);
  showSaved(state, facts);
  view.showsEdges = state.tool === "pieces";
  view.redraw();
}

// ---- buttons and keys ------------------------------------------------------------------------------------

function choose(object) {
  state.object = Math.min(object, MOST_OBJECTS);
  state.numObjects = Math.max(state.numObjects, state.object);
  state.erases = false;
  render();
}

function useTool(tool) {
  state.tool = tool;
  view.point(null, state.object);
  render();
}

function changeLevel(by) {
  const level = Math.max(0, Math.min(facts.levels.length - 1, state.level + by));
  state.tool = "pieces";
  if (level !== state.level) {
    state.level = level;
    divide();
  }
  render();
}

function changeSize(by) {
  const most = Math.max(1, Math.round(Math.min(facts.width, facts.height) / 2));
  const size = by > 0 ? Math.max(state.size + 1, Math.round(state.size * 1.25)) : Math.round(state.size / 1.25 - 0.4);
  state.tool = "brush";
  state.size = Math.max(1, Math.min(most, size));
  render();
}

const ACTS = {
  "new-object": () => choose(Math.min(MOST_OBJECTS, state.numObjects + 1)),
  salient: takeSalient,
  pieces: () => useTool("pieces"),
  brush: () => useTool("brush"),
  eraser: () => { state.erases = !state.erases; render(); },
  coarser: () => changeLevel(-1),
  finer: () => changeLevel(1),
  smaller: () => changeSize(-1),
  larger: () => changeSize(1),
  undo: () => { view.refresh(map().undo()); render(); },
  redo: () => { view.refresh(map().redo()); render(); },
  fit: () => view.fit(),
  save,
  segment,
  end,
};
const KEYS = {
  n: "new-object", f: "salient", p: "pieces", b: "brush", e: "eraser", "-": "coarser", "+": "finer", "=": "finer",
  "[": "smaller", "]": "larger", z: "undo", y: "redo", Z: "redo", s: "save", 0: "fit",
};

for (const [id, act] of Object.entries(ACTS)) byId(id).addEventListener("click", act);

window.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("input[type=number]") || byId("result").open;
  if (isTyping || state.isEnded || event.altKey || stroke || !map()) return;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && !["z", "y", "Z", "s"].includes(event.key)) return;
  const isSlider = event.target.matches?.("input[type=range]");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && !isSlider) goTo(state.wanted + step);
  else if (/^[1-9]$/.test(event.key)) choose(Number(event.key));
  else if (KEYS[event.key]) ACTS[KEYS[event.key]]();
  else return;
  event.preventDefault();
});

byId("frames").addEventListener("submit", (event) => event.preventDefault());
byId("frame").addEventListener("change", (event) => goTo(event.target.valueAsNumber));
byId("frame-slider").addEventListener("input", (event) => goTo(event.target.valueAsNumber));

// ---- start -----------------------------------------------------------------------------------------------

byId("clip").textContent = facts.clip;
document.title = `First mask: ${facts.clip}`;
if (facts.num_frames) byId("frame").max = byId("frame-slider").max = facts.num_frames - 1;
byId("frame-slider").hidden = !facts.num_frames;
view.onDraw = () => { byId("fit").hidden = view.isFitted; };
await goTo(facts.first_shown);
document.body.dataset.ready = "true";

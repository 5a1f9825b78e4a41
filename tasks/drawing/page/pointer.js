// From pointers to strokes: one finger or the mouse draws, two fingers zoom, the wheel zooms, space moves.

/**
 * Listen to the pointers over a picture.
 *
 * `acts` has start(place, erases), move(from, to), end(), cancel() and hover(place or null); places are in px of
 * the frame. The right button erases.
 */
export function listenToPointers(view, acts) {
  const { canvas } = view;
  const pointers = new Map();
  let last = null, moved = null, spaceIsDown = false;

  const middle = () => {
    const [one, other] = pointers.values();
    return {
      clientX: (one.clientX + other.clientX) / 2,
      clientY: (one.clientY + other.clientY) / 2,
      apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1,
    };
  };
  const between = (now, before) => ({ x: now.clientX - before.clientX, y: now.clientY - before.clientY });

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    if (pointers.size === 2) {
      if (last) acts.cancel();
      last = null;
      moved = middle();
    } else if (pointers.size === 1 && (event.button === 1 || spaceIsDown)) {
      moved = event;
    } else if (pointers.size === 1 && (event.button === 0 || event.button === 2)) {
      last = view.place(event);
      acts.start(last, event.button === 2);
    }
  });

  canvas.addEventListener("pointermove", (event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event);
    if (last) {
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const one of passed.length ? passed : [event]) {
        const place = view.place(one);
        acts.move(last, place);
        last = place;
      }
    } else if (moved) {
      const now = pointers.size > 1 ? middle() : event;
      view.zoom(now, pointers.size > 1 ? now.apart / moved.apart : 1, between(now, moved));
      moved = now;
    }
    acts.hover(event.pointerType === "touch" ? null : view.place(event));
  });

  const lift = (event, isCancelled) => {
    if (!pointers.delete(event.pointerId)) return;
    if (last) isCancelled ? acts.cancel() : acts.end();
    last = moved = null;
  };
  canvas.addEventListener("pointerup", (event) => lift(event, false));
  canvas.addEventListener("pointercancel", (event) => lift(event, true));
  canvas.addEventListener("pointerleave", () => acts.hover(null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoom(event, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)));
  }, { passive: false });
  for (const [kind, isDown] of [["keydown", true], ["keyup", false]]) {
    window.addEventListener(kind, (event) => {
      if (event.key !== " " || event.target.closest?.("button, input, video, summary")) return;
      event.preventDefault();
      spaceIsDown = isDown;
      canvas.classList.toggle("moving", isDown);
    });
  }
}

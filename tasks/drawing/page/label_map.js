// The mask of a frame while it is drawn: labels, what edits do to them, and their history.
// Canvases only show it. Browsers may alter what is read back from a canvas; they do not alter arrays.

const MOST_HISTORY_BYTES = 96e6;

/** The superpixels of a frame, and the box of each. */
export class Pieces {
  constructor(ids, width) {
    this.ids = ids;
    this.width = width;
    const number = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
    this.left = new Int32Array(number).fill(width);
    this.right = new Int32Array(number);
    this.top = new Int32Array(number).fill(ids.length);
    this.bottom = new Int32Array(number);
    for (let index = 0, y = 0; index < ids.length; y++) {
      for (let x = 0; x < width; x++, index++) {
        const id = ids[index];
        if (x < this.left[id]) this.left[id] = x;
        if (x >= this.right[id]) this.right[id] = x + 1;
        if (y < this.top[id]) this.top[id] = y;
        if (y >= this.bottom[id]) this.bottom[id] = y + 1;
      }
    }
  }

  box(id) {
    return { left: this.left[id], top: this.top[id], right: this.right[id], bottom: this.bottom[id] };
  }
}

/** Labels 0 (background) and 1..254 (objects). An edit is begun, changes pixels, and is ended or taken back. */
export class LabelMap {
  constructor(width, height, labels) {
    Object.assign(this, { width, height, labels });
    this.counts = new Uint32Array(256);
    for (const label of labels) this.counts[label]++;
    this.past = [];
    this.future = [];
    this.isUnsaved = false;
    this.numChanges = 0;
    this.before = null;
    this.box = null; // what the edit has changed, and what of it was not yet drawn
    this.fresh = null;
  }

  begin() {
    this.before = this.labels.slice();
    this.box = null;
  }

  /** End an edit; return whether it changed anything. */
  end() {
    const box = this.box;
    if (box) {
      this.past.push({ box, before: this.#cut(this.before, box), after: this.#cut(this.labels, box) });
      this.future = [];
      this.#forget();
      this.#changed();
    }
    this.before = this.box = null;
    return box !== null;
  }

  /** Take back an edit that was begun; return the box of what it had changed, or null. */
  cancel() {
    const box = this.box;
    if (box) this.#paste(this.#cut(this.before, box), box);
    this.before = this.box = null;
    return box;
  }

  undo() {
    return this.#step(this.past, this.future, "before");
  }

  redo() {
    return this.#step(this.future, this.past, "after");
  }

  /** Give a superpixel to a label. */
  fillPiece(pieces, id, label) {
    const { left, top, right, bottom } = pieces.box(id);
    for (let y = top; y < bottom; y++) {
      for (let index = y * this.width + left, end = y * this.width + right; index < end; index++) {
        if (pieces.ids[index] === id) this.#set(index, label);
      }
    }
    this.#grow(left, top, right, bottom);
  }

  /** Give every pixel to a label whose centre is within half a diameter of the line between two points. */
  brush(from, to, diameter, label) {
    const radius = diameter / 2;
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius));
    const right = Math.min(this.width, Math.ceil(Math.max(from.x, to.x) + radius));
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius));
    const bottom = Math.min(this.height, Math.ceil(Math.max(from.y, to.y) + radius));
    const across = to.x - from.x, down = to.y - from.y, length = across * across + down * down;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const dx = x + 0.5 - from.x, dy = y + 0.5 - from.y;
        const along = length ? Math.min(1, Math.max(0, (dx * across + dy * down) / length)) : 0;
        const apartX = dx - along * across, apartY = dy - along * down;
        if (apartX * apartX + apartY * apartY <= radius * radius) this.#set(y * this.width + x, label);
      }
    }
    this.#dot(from, label);
    this.#dot(to, label);
    if (left < right && top < bottom) this.#grow(left, top, right, bottom);
  }

  /** Give every pixel of a region to a label. */
  fillRegion(region, label) {
    region.forEach((inside, index) => { if (inside) this.#set(index, label); });
    this.#grow(0, 0, this.width, this.height);
  }

  clear(label) {
    this.labels.forEach((one, index) => { if (one === label) this.#set(index, 0); });
    this.#grow(0, 0, this.width, this.height);
  }

  isInside({ x, y }) {
    return x >= 0 && y >= 0 && x < this.width && y < this.height;
  }

  /** Return the box of what has changed since the last call, or null. */
  takeFresh() {
    const box = this.fresh;
    this.fresh = null;
    return box;
  }

  get isEmpty() {
    return this.counts[0] === this.labels.length;
  }

  #set(index, label) {
    this.counts[this.labels[index]]--;
    this.counts[label]++;
    this.labels[index] = label;
  }

  /** A brush of one pixel marks the pixel below it, wherever in it the pointer is. */
  #dot(point, label) {
    if (!this.isInside(point)) return;
    const x = Math.floor(point.x), y = Math.floor(point.y);
    this.#set(y * this.width + x, label);
    this.#grow(x, y, x + 1, y + 1);
  }

  #grow(left, top, right, bottom) {
    for (const name of ["box", "fresh"]) {
      const box = this[name] || { left, top, right, bottom };
      this[name] = {
        left: Math.min(box.left, left), top: Math.min(box.top, top),
        right: Math.max(box.right, right), bottom: Math.max(box.bottom, bottom),
      };
    }
  }

  #changed() {
    this.isUnsaved = true;
    this.numChanges++;
  }

  #step(from, to, side) {
    const edit = from.pop();
    if (!edit) return null;
    this.#paste(edit[side], edit.box);
    to.push(edit);
    this.#changed();
    return edit.box;
  }

  #cut(labels, { left, top, right, bottom }) {
    const part = new Uint8Array((right - left) * (bottom - top));
    for (let y = top; y < bottom; y++) {
      part.set(labels.subarray(y * this.width + left, y * this.width + right), (y - top) * (right - left));
    }
    return part;
  }

  #paste(part, { left, top, right, bottom }) {
    for (let y = top, from = 0; y < bottom; y++) {
      for (let index = y * this.width + left; index < y * this.width + right; index++, from++) {
        this.#set(index, part[from]);
      }
    }
  }

  #forget() {
    let bytes = this.past.reduce((sum, edit) => sum + 2 * edit.before.length, 0);
    while (bytes > MOST_HISTORY_BYTES && this.past.length > 1) bytes -= 2 * this.past.shift().before.length;
  }
}

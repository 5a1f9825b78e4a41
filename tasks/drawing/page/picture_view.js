// Shows a frame, the labels over it, and what is below the pointer. It changes no label.

const TINT = 115, EDGE = 70, MOST_ZOOM = 40;
// Fine lines across objects show them where the frame has the colour of the tint.
const HATCH_TINT = 60, HATCH_EVERY = 9;
const WHITE = [255, 255, 255];

export class PictureView {
  constructor(canvas, palette) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.palette = palette;
    this.scale = 1;
    this.offset = { x: 0, y: 0 };
    this.isFitted = true;
    this.mark = null;  // what is below the pointer: { piece } or { brush, x, y }
    this.colour = 1;
    this.showsEdges = true;
    this.tints = document.createElement("canvas");
    this.edges = document.createElement("canvas");
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Show a frame with its labels and its pieces. */
  show(picture, map) {
    const isOtherSize = this.map?.width !== map.width || this.map?.height !== map.height;
    Object.assign(this, { picture, map, pieces: null, mark: null });
    for (const one of [this.tints, this.edges]) Object.assign(one, { width: map.width, height: map.height });
    if (isOtherSize || this.isFitted) this.fit();
    this.refresh({ left: 0, top: 0, right: map.width, bottom: map.height });
  }

  /** Show no pieces until there are others. */
  wait() {
    this.pieces = null;
    this.canvas.classList.add("waiting");
  }

  divide(pieces) {
    this.pieces = pieces;
    this.canvas.classList.remove("waiting");
    const { width, height } = this.map;
    const drawn = new ImageData(width, height), colours = new Uint32Array(drawn.data.buffer);
    for (let y = 0, index = 0; y < height; y++) {
      for (let x = 0; x < width; x++, index++) {
        const id = pieces.ids[index];
        const isEdge = (x + 1 < width && pieces.ids[index + 1] !== id)
          || (y + 1 < height && pieces.ids[index + width] !== id);
        if (isEdge) colours[index] = ((EDGE << 24) | 0xffffff) >>> 0;
      }
    }
    this.edges.getContext("2d").putImageData(drawn, 0, 0);
    this.redraw();
  }

  /** Draw the labels of a box anew. */
  refresh(box) {
    if (!box) return;
    const { width, height, labels } = this.map;
    const left = Math.max(0, box.left - 1), right = Math.min(width, box.right + 1);
    const top = Math.max(0, box.top - 1), bottom = Math.min(height, box.bottom + 1);
    const drawn = new ImageData(right - left, bottom - top);
    for (let y = top, to = 0; y < bottom; y++) {
      for (let x = left; x < right; x++, to += 4) {
        const index = y * width + x, label = labels[index];
        if (!label) continue;
        const isOutline = (x > 0 && labels[index - 1] !== label) || (x + 1 < width && labels[index + 1] !== label)
          || (y > 0 && labels[index - width] !== label) || (y + 1 < height && labels[index + width] !== label);
        const isHatch = (x + y + 3 * label) % HATCH_EVERY === 0;
        const [red, green, blue] = isOutline || isHatch ? WHITE : this.palette[label];
        drawn.data[to] = red;
        drawn.data[to + 1] = green;
        drawn.data[to + 2] = blue;
        drawn.data[to + 3] = isOutline ? 255 : isHatch ? HATCH_TINT : TINT;
      }
    }
    this.tints.getContext("2d").putImageData(drawn, left, top);
    this.redraw();
  }

  /** Return the place in the frame, in px, of a place on the screen. */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left - this.offset.x) / this.scale,
      y: (event.clientY - box.top - this.offset.y) / this.scale,
    };
  }

  fit() {
    this.isFitted = true;
    const { clientWidth, clientHeight } = this.canvas;
    this.scale = this.#fittingScale();
    this.offset = {
      x: (clientWidth - this.map.width * this.scale) / 2,
      y: (clientHeight - this.map.height * this.scale) / 2,
    };
    this.redraw();
  }

  /** Zoom so that what is at a place of the screen stays there, and move by some px of the screen. */
  zoom(event, factor, move = { x: 0, y: 0 }) {
    const box = this.canvas.getBoundingClientRect();
    const held = { x: event.clientX - box.left, y: event.clientY - box.top };
    const least = this.#fittingScale();
    const scale = Math.min(MOST_ZOOM, Math.max(least, this.scale * factor));
    for (const [axis, size] of [["x", "clientWidth"], ["y", "clientHeight"]]) {
      const before = this.offset[axis];
      const offset = held[axis] - (held[axis] - before) * scale / this.scale + move[axis];
      const length = (axis === "x" ? this.map.width : this.map.height) * scale;
      const room = this.canvas[size] - length;
      this.offset[axis] = room > 0 ? room / 2 : Math.min(0, Math.max(room, offset));
    }
    this.scale = scale;
    this.isFitted = scale <= least * 1.001;
    this.redraw();
  }

  point(mark, colour) {
    Object.assign(this, { mark, colour });
    this.redraw();
  }

  redraw() {
    this.awaited ||= requestAnimationFrame(() => {
      this.awaited = null;
      this.#draw();
    });
  }

  #fittingScale() {
    return Math.min(this.canvas.clientWidth / this.map.width, this.canvas.clientHeight / this.map.height) || 1;
  }

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    if (this.map && this.isFitted) this.fit();
    this.redraw();
  }

  #draw() {
    if (!this.map) return;
    const { context, canvas, scale, offset } = this;
    const ratio = canvas.width / canvas.clientWidth || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * offset.x, ratio * offset.y);
    context.imageSmoothingEnabled = scale * ratio < 2;
    context.drawImage(this.picture, 0, 0);
    if (this.pieces && this.showsEdges) context.drawImage(this.edges, 0, 0);
    context.drawImage(this.tints, 0, 0);
    if (this.mark?.piece !== undefined && this.pieces) this.#drawPiece(this.mark.piece);
    if (this.mark?.brush) this.#drawBrush(this.mark);
    this.onDraw?.();
  }

  #drawPiece(id) {
    const { context, pieces } = this;
    const { left, top, right, bottom } = pieces.box(id);
    const [red, green, blue] = this.colour ? this.palette[this.colour] : [255, 255, 255];
    context.fillStyle = `rgb(${red} ${green} ${blue} / 0.6)`;
    const outline = new Path2D(), inside = new Path2D();
    const isInside = (x, y) => x >= left && x < right && y >= top && y < bottom
      && pieces.ids[y * pieces.width + x] === id;
    for (let y = top; y < bottom; y++) {
      for (let x = left, begin = left; x <= right; x++) {
        const isHere = isInside(x, y), wasHere = isInside(x - 1, y);
        if (isHere !== wasHere) { outline.moveTo(x, y); outline.lineTo(x, y + 1); }
        if (isHere && !wasHere) begin = x;
        if (!isHere && wasHere) inside.rect(begin, y, x - begin, 1);
      }
    }
    for (let x = left; x < right; x++) {
      for (let y = top; y <= bottom; y++) {
        if (isInside(x, y) !== isInside(x, y - 1)) { outline.moveTo(x, y); outline.lineTo(x + 1, y); }
      }
    }
    context.fill(inside);
    this.#stroke(outline);
  }

  #drawBrush({ x, y, brush }) {
    const circle = new Path2D();
    circle.arc(x, y, Math.max(0.5, brush / 2), 0, 2 * Math.PI);
    this.#stroke(circle);
  }

  /** White on dark, so that it is seen on every picture. */
  #stroke(path) {
    for (const [width, colour] of [[3.5, "rgb(0 0 0 / 0.65)"], [1.5, "white"]]) {
      this.context.lineWidth = width / this.scale;
      this.context.strokeStyle = colour;
      this.context.stroke(path);
    }
  }
}

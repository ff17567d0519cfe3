// A drawing: strokes of a pen, or an image in their place.

export class Drawing {
  constructor() {
    this.clear();
  }

  get empty() { return this.image === null && this.strokes.length === 0; }

  // begin starts a stroke at a point in [0, 1], with a colour and a width as a
  // share of the drawing's side.
  begin(point, { color, width }) {
    this.image = null;
    this.stroke = { points: [point], color, width };
    this.strokes.push(this.stroke);
  }

  get busy() { return this.stroke !== null; }

  add(point) { this.stroke?.points.push(point); }

  // end lifts the pen and says whether it was down.
  end() {
    const was = this.busy;
    this.stroke = null;
    return was;
  }

  undo() {
    if (this.image) this.image = null;
    else this.strokes.pop();
    this.stroke = null;
  }

  clear() {
    this.strokes = [];
    this.stroke = null;
    this.image = null;
  }

  // take shows an image of a format; its label may be known.
  take(pixels, format, label) {
    this.clear();
    this.image = { pixels, format, label };
  }
}

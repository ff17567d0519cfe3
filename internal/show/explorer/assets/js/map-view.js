// What part of the map is seen: from places to pixels and back, with zoom and pan.

import { scale } from './chart.js';

export const margin = { left: 52, right: 10, top: 10, bottom: 40 };

const closest = 60; // how far one can zoom in

export class View {
  // size is that of the frame in pixels; home is the part of the map that is
  // seen before anybody zooms, {x: [from, to], y: [from, to]}. A stretched view
  // zooms across only.
  constructor(size, home, { stretched = false } = {}) {
    Object.assign(this, { size, home, stretched });
    this.reset();
  }

  reset() {
    this.zoom = 1;
    this.show(this.home.x, this.home.y);
  }

  show(x, y) {
    const { width, height } = this.size;
    this.x = scale(x[0], x[1], margin.left, width - margin.right);
    this.y = scale(y[0], y[1], height - margin.bottom, margin.top);
  }

  // resize keeps what is seen in a frame of another size.
  resize(size, home) {
    const before = { zoom: this.zoom, x: (this.x.from + this.x.to) / 2, y: (this.y.from + this.y.to) / 2 };
    Object.assign(this, { size, home });
    this.reset();
    if (before.zoom > 1) this.around(before.x, before.y, before.zoom);
  }

  get zoomed() { return this.zoom > 1; }

  // span is how much of the map is seen across.
  get span() { return this.x.to - this.x.from; }

  // at zooms by a factor and keeps the place under a pixel where it is.
  at(factor, px, py) {
    const zoom = Math.min(closest, Math.max(1, this.zoom * factor));
    const [x, y] = [this.x.inverse(px), this.y.inverse(py)];
    const part = this.zoom / zoom;
    this.around(x + ((this.x.from + this.x.to) / 2 - x) * part, y + ((this.y.from + this.y.to) / 2 - y) * part, zoom);
  }

  // around shows the part about a place, which stays within the home.
  around(x, y, zoom) {
    this.zoom = zoom;
    const part = (middle, [from, to], times) => {
      const half = (to - from) / times / 2;
      const center = Math.min(Math.max(middle, from + half), to - half);
      return [center - half, center + half];
    };
    this.show(part(x, this.home.x, zoom), part(y, this.home.y, this.stretched ? 1 : zoom));
  }

  // pan moves what is seen by pixels.
  pan(dx, dy) {
    const x = (this.x.from + this.x.to) / 2 - (this.x.inverse(dx) - this.x.inverse(0));
    const y = (this.y.from + this.y.to) / 2 - (this.y.inverse(dy) - this.y.inverse(0));
    this.around(x, y, this.zoom);
  }

  // reveal pans as little as brings a place into view.
  reveal(x, y) {
    const off = (v, s) => Math.min(0, v - Math.min(s.from, s.to)) + Math.max(0, v - Math.max(s.from, s.to));
    const [ox, oy] = [off(x, this.x), off(y, this.y)];
    if (ox || oy) this.around((this.x.from + this.x.to) / 2 + ox, (this.y.from + this.y.to) / 2 + oy, this.zoom);
  }

  holds(x, y) {
    return x >= this.x.from && x <= this.x.to && y >= this.y.from && y <= this.y.to;
  }

  // inside is the nearest place of the home to one.
  inside(x, y) {
    const clamp = (v, [from, to]) => Math.min(Math.max(v, from), to);
    return [clamp(x, this.home.x), clamp(y, this.home.y)];
  }
}

// homeOf fits points in a frame, one unit as long across as up; in lanes, where
// up is the class, each axis has its own unit.
export function homeOf({ x, y }, { width, height }, lanes) {
  const [x0, x1] = nearlyAll(x);
  if (lanes) {
    const reach = 0.03 * (x1 - x0 || 1);
    return { x: [x0 - reach, x1 + reach], y: [-0.7, Math.max(...y) + 0.7] };
  }
  const [y0, y1] = nearlyAll(y);
  const wide = Math.max(1, width - margin.left - margin.right);
  const high = Math.max(1, height - margin.top - margin.bottom);
  const unit = 1.06 * Math.max((x1 - x0) / wide, (y1 - y0) / high, 1e-9);
  const around = (from, to, pixels) => [(from + to) / 2 - (unit * pixels) / 2, (from + to) / 2 + (unit * pixels) / 2];
  return { x: around(x0, x1, wide), y: around(y0, y1, high) };
}

// nearlyAll leaves a few outliers out, which would squeeze the rest.
function nearlyAll(values) {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(sorted.length / 500);
  return [sorted[cut], sorted[sorted.length - 1 - cut]];
}

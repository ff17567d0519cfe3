// The map: every dot is a test image, where the encoder puts it. The decoder
// fills in what lies between.

import * as api from './api.js';
import { h, say } from './dom.js';
import { fit, whole } from './format.js';
import { digit, inkInto, isDark, onTheme, paint } from './ink.js';
import { eachFrame, latest } from './latest.js';
import { classColor, classes } from './palette.js';
import { labels, scale, ticks } from './chart.js';

const margin = { left: 34, right: 10, top: 10, bottom: 26 };
const near = 14; // pixels within which a dot is meant
const maxPixels = 4 << 20;

export class LatentMap {
  // taken is called with the z of a place, failed with what went wrong; given
  // says which label the decoder is asked for.
  constructor(taken, failed, given) {
    this.taken = taken;
    this.failed = failed;
    this.given = given;
    this.only = null;
    this.mode = 'dots';
    this.place = null; // where the sliders are
    this.cursor = null; // where somebody points
    this.makeElement();
    const look = latest((x, y) => this.look(x, y), () => {});
    this.point = eachFrame((x, y) => { this.drawOver(); this.hover(x, y); look(x, y); });
    this.showTest = latest((index) => this.testImage(index), () => {});
    new ResizeObserver(() => this.draw()).observe(this.frame);
    onTheme(() => this.draw());
  }

  makeElement() {
    this.canvas = h('canvas', {
      class: 'map-canvas', tabIndex: 0, role: 'application', 'aria-roledescription': 'map',
      onpointermove: (event) => this.moved(event),
      onpointerdown: (event) => this.moved(event),
      onpointerleave: () => { if (document.activeElement !== this.canvas || !this.byKeys) this.leave(); },
      onclick: (event) => { this.moved(event); this.take(); },
      onkeydown: (event) => this.key(event),
      onblur: () => this.leave(),
    });
    this.over = h('canvas', { class: 'map-over', 'aria-hidden': 'true' });
    this.tipDigit = h('div', { class: 'tip-image' });
    this.tipTest = h('div', { class: 'tip-image' });
    this.tipText = h('p', {});
    this.tip = h('div', { class: 'tip', hidden: true }, h('div', { class: 'tip-images' }, this.tipDigit, this.tipTest), this.tipText);
    this.frame = h('div', { class: 'map-frame' }, this.canvas, this.over, this.tip);
    this.legend = h('div', { class: 'legend', role: 'group', 'aria-label': 'Digits shown' });
    this.caption = h('p', { class: 'quiet map-caption' });
    this.modes = h('div', { class: 'modes', role: 'group', 'aria-label': 'What the map shows' },
      ...[['dots', 'Test images'], ['plane', 'Decoded plane']].map(([mode, text]) =>
        h('button', { type: 'button', 'aria-pressed': String(mode === this.mode), onclick: (event) => this.show(mode, event.currentTarget) }, text)));
    this.body = h('div', {}, this.frame, h('div', { class: 'map-tools' }, this.legend, this.modes), this.caption);
    this.note = h('div', { class: 'note', hidden: true });
    this.element = h('div', { class: 'map' }, this.body, this.note);
  }

  // waiting empties the map until another run's is there.
  waiting() {
    this.points = this.plane = this.place = null;
    this.leave();
    this.body.hidden = false;
    this.note.hidden = true;
    this.legend.replaceChildren();
    for (const canvas of [this.canvas, this.over]) canvas.width = 0;
    this.caption.textContent = 'Encoding the test images…';
  }

  // missing says why there is no map.
  missing(trouble) {
    this.points = null;
    this.body.hidden = true;
    this.note.hidden = false;
    this.note.replaceChildren(h('p', {}, `There is no map: ${trouble.message}.`), h('p', { class: 'quiet' }, trouble.hint ?? ''));
  }

  async load(run, height, width) {
    this.expected = run;
    const points = await api.getMap(run);
    if (this.expected !== run) return;
    const moved = this.points?.version !== points.version;
    Object.assign(this, { run, height, width, points });
    this.body.hidden = false;
    this.note.hidden = true;
    this.lanes = points.axes[1] === '';
    this.modes.hidden = this.lanes;
    if (this.lanes) spread(points);
    this.canvas.setAttribute('aria-label', `Map of ${points.x.length} test images. Arrow keys move, with Shift in small steps; Enter puts the place in the sliders.`);
    this.caption.textContent = `${whole(points.x.length)} ${points.split} images of ${points.dataset}. Across: ${points.axes[0]}${points.axes[1] ? `; up: ${points.axes[1]}` : '; a row a digit'}.`;
    this.makeLegend();
    if (moved) this.plane = null;
    this.draw();
    if (this.mode === 'plane') await this.decodePlane();
  }

  makeLegend() {
    const present = new Set(this.points.labels);
    const labels = [...present].filter((label) => label < classes).sort((a, b) => a - b);
    this.legend.replaceChildren(...labels.map((label) => {
      const chip = h('button', {
        type: 'button', class: 'chip', 'aria-pressed': 'false', title: `Show only ${label}`, 'aria-label': `Show only digit ${label}`,
        onclick: () => {
          this.only = this.only === label ? null : label;
          for (const other of this.legend.children) other.setAttribute('aria-pressed', String(other === chip && this.only !== null));
          this.draw();
        },
      }, h('i', {}), String(label));
      chip.label = label;
      return chip;
    }));
    this.colorLegend();
  }

  colorLegend() {
    for (const chip of this.legend.children) chip.firstChild.style.background = classColor(chip.label);
  }

  show(mode, button) {
    this.mode = mode;
    for (const other of this.modes.children) other.setAttribute('aria-pressed', String(other === button));
    this.draw();
    if (mode === 'plane' && this.points && !this.plane) this.decodePlane().catch(this.failed);
  }

  // relabel decodes the plane anew for another label.
  relabel() {
    this.plane = null;
    if (this.points && this.mode === 'plane') this.decodePlane().catch(this.failed);
  }

  // measure fits the points in the frame, one unit as long across as up.
  measure() {
    const { x, y } = this.points;
    const side = this.frame.clientWidth;
    const tall = this.frame.clientHeight;
    const range = (values) => {
      const sorted = Float64Array.from(values).sort();
      const cut = Math.floor(sorted.length / 500);
      return [sorted[cut], sorted[sorted.length - 1 - cut]];
    };
    const [x0, x1] = range(x);
    const [y0, y1] = range(y);
    const wide = side - margin.left - margin.right;
    const high = tall - margin.top - margin.bottom;
    if (this.lanes) {
      const reach = 0.03 * (x1 - x0 || 1);
      this.sx = scale(x0 - reach, x1 + reach, margin.left, side - margin.right);
      this.sy = scale(-0.7, Math.max(...y) + 0.7, tall - margin.bottom, margin.top);
      return;
    }
    const unit = 1.06 * Math.max((x1 - x0) / wide, (y1 - y0) / high, 1e-9);
    const cx = (x0 + x1) / 2;
    const cy = (y0 + y1) / 2;
    this.sx = scale(cx - (unit * wide) / 2, cx + (unit * wide) / 2, margin.left, side - margin.right);
    this.sy = scale(cy - (unit * high) / 2, cy + (unit * high) / 2, tall - margin.bottom, margin.top);
  }

  context(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.frame;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, height);
    return context;
  }

  draw() {
    if (!this.points || !this.frame.clientWidth) return;
    this.measure();
    this.colorLegend();
    const c = this.context(this.canvas);
    this.drawAxes(c);
    this.legend.hidden = this.mode === 'plane';
    if (this.mode === 'plane') this.drawPlane(c);
    else this.drawDots(c);
    this.drawOver();
  }

  drawAxes(c) {
    const style = getComputedStyle(this.frame);
    c.strokeStyle = style.getPropertyValue('--line');
    c.fillStyle = style.getPropertyValue('--muted');
    c.font = `11px ${style.fontFamily}`;
    c.lineWidth = 1;
    const { sx, sy } = this;
    c.textAlign = 'center';
    c.textBaseline = 'top';
    const across = ticks(sx.from, sx.to, 6);
    const up = ticks(sy.from, sy.to, 6);
    for (const [i, v] of across.entries()) {
      c.beginPath(); c.moveTo(sx(v), sy(sy.from)); c.lineTo(sx(v), sy(sy.to)); c.stroke();
      c.fillText(labels(across)[i], sx(v), sy(sy.from) + 7);
    }
    c.textAlign = 'right';
    c.textBaseline = 'middle';
    for (const [i, v] of this.lanes ? [] : up.entries()) {
      c.beginPath(); c.moveTo(sx(sx.from), sy(v)); c.lineTo(sx(sx.to), sy(v)); c.stroke();
      c.fillText(labels(up)[i], sx(sx.from) - 7, sy(v));
    }
  }

  drawDots(c) {
    const { x, y, labels } = this.points;
    const { sx, sy } = this;
    c.save();
    c.beginPath();
    c.rect(sx(sx.from), sy(sy.to), sx(sx.to) - sx(sx.from), sy(sy.from) - sy(sy.to));
    c.clip();
    const size = x.length > 4000 ? 2.2 : 3;
    c.globalAlpha = isDark() ? 0.62 : 0.55;
    for (let i = 0; i < x.length; i++) {
      if (this.only !== null && labels[i] !== this.only) continue;
      c.fillStyle = classColor(labels[i]);
      c.fillRect(sx(x[i]) - size / 2, sy(y[i]) - size / 2, size, size);
    }
    c.globalAlpha = 1;
    this.drawNumerals(c);
    c.restore();
  }

  // drawNumerals writes each digit at the median of its dots.
  drawNumerals(c) {
    const { x, y, labels } = this.points;
    const paper = getComputedStyle(this.frame).getPropertyValue('--surface');
    c.font = '700 17px system-ui, sans-serif';
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    c.lineJoin = 'round';
    for (let label = 0; label < classes; label++) {
      if (this.only !== null && label !== this.only) continue;
      const own = [];
      for (let i = 0; i < labels.length; i++) if (labels[i] === label) own.push(i);
      if (own.length === 0) continue;
      const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
      const px = this.sx(median(own.map((i) => x[i])));
      const py = this.sy(median(own.map((i) => y[i])));
      c.lineWidth = 5;
      c.strokeStyle = paper;
      c.strokeText(String(label), px, py);
      c.fillStyle = classColor(label);
      c.fillText(String(label), px, py);
    }
  }

  // decodePlane asks for the images of a grid over the map.
  async decodePlane() {
    const { sx, sy, run, points } = this;
    const most = Math.min(512, Math.floor(maxPixels / (this.height * this.width)));
    const side = Math.max(2, Math.min(22, Math.floor(Math.sqrt(most))));
    const places = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        places.push([sx.from + ((column + 0.5) / side) * (sx.to - sx.from), sy.to - ((row + 0.5) / side) * (sy.to - sy.from)]);
      }
    }
    const { images } = await api.decodeMap(run, places, this.given());
    if (this.points === points) this.plane = { side, images };
    this.draw();
  }

  drawPlane(c) {
    if (!this.plane) return;
    const { side, images } = this.plane;
    const { sx, sy, height, width } = this;
    const sheet = new OffscreenCanvas(side * width, side * height);
    const context = sheet.getContext('2d');
    const tile = context.createImageData(width, height);
    images.forEach((pixels, i) => {
      inkInto(tile.data, pixels);
      context.putImageData(tile, (i % side) * width, Math.floor(i / side) * height);
    });
    const style = getComputedStyle(this.frame);
    c.fillStyle = style.getPropertyValue('--surface');
    c.fillRect(sx(sx.from), sy(sy.to), sx(sx.to) - sx(sx.from), sy(sy.from) - sy(sy.to));
    c.imageSmoothingQuality = 'high';
    c.drawImage(sheet, sx(sx.from), sy(sy.to), sx(sx.to) - sx(sx.from), sy(sy.from) - sy(sy.to));
  }

  // at marks where the sliders are.
  at(place) {
    this.place = place ?? null;
    this.drawOver();
  }

  drawOver() {
    if (!this.points || !this.sx || !this.frame.clientWidth) return;
    const c = this.context(this.over);
    const style = getComputedStyle(this.frame);
    const ring = (x, y, radius, color, width) => {
      c.beginPath();
      c.arc(x, y, radius, 0, 2 * Math.PI);
      c.lineWidth = width + 3;
      c.strokeStyle = style.getPropertyValue('--surface');
      c.stroke();
      c.lineWidth = width;
      c.strokeStyle = color;
      c.stroke();
    };
    if (this.place && this.lanes) {
      c.fillStyle = style.getPropertyValue('--run');
      c.fillRect(Math.min(Math.max(this.sx(this.place[0]), this.sx(this.sx.from)), this.sx(this.sx.to)) - 1.5, this.sy(this.sy.to), 3, this.sy(this.sy.from) - this.sy(this.sy.to));
    } else if (this.place) {
      const inside = (value, s) => Math.min(Math.max(value, Math.min(s(s.from), s(s.to))), Math.max(s(s.from), s(s.to)));
      ring(inside(this.sx(this.place[0]), this.sx), inside(this.sy(this.place[1]), this.sy), 8, style.getPropertyValue('--run'), 3);
    }
    if (this.cursor) ring(this.sx(this.cursor[0]), this.sy(this.cursor[1]), 5, style.getPropertyValue('--ink'), 1.5);
  }

  moved(event) {
    if (!this.points) return;
    this.byKeys = false;
    const box = this.frame.getBoundingClientRect();
    this.to(this.sx.inverse(event.clientX - box.left), this.sy.inverse(event.clientY - box.top));
  }

  to(x, y) {
    const inside = (value, s) => Math.min(Math.max(value, s.from), s.to);
    this.cursor = [inside(x, this.sx), inside(y, this.sy)];
    this.point(...this.cursor);
  }

  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const arrow = arrows[event.key];
    if (arrow && this.points) {
      const step = (this.sx.to - this.sx.from) / (event.shiftKey ? 200 : 40);
      const [x, y] = this.cursor ?? this.place ?? [(this.sx.from + this.sx.to) / 2, (this.sy.from + this.sy.to) / 2];
      this.byKeys = true;
      this.to(x + arrow[0] * step, y + arrow[1] * (this.lanes ? 1 : step));
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.take();
    } else if (event.key === 'Escape') {
      this.leave();
    } else {
      return;
    }
    event.preventDefault();
  }

  leave() {
    this.cursor = null;
    this.tip.hidden = true;
    this.drawOver();
  }

  async take() {
    if (!this.cursor) return;
    const [x, y] = this.cursor;
    try {
      const { z, images } = await api.decodeMap(this.run, [[x, y]], this.given());
      this.taken(z[0], images[0], [x, y]);
      say('The place is in the sliders.');
    } catch (trouble) {
      this.failed(trouble);
    }
  }

  // nearest is the test image whose dot is nearest, and its distance in pixels.
  nearest(x, y) {
    const { points, sx, sy } = this;
    const across = sx(1) - sx(0);
    const up = sy(1) - sy(0);
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < points.x.length; i++) {
      if (this.only !== null && points.labels[i] !== this.only) continue;
      const d = (across * (points.x[i] - x)) ** 2 + (up * (points.y[i] - y)) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return { index: best, pixels: Math.sqrt(least) };
  }

  // hover shows what is known at once: where it is and which image is near.
  hover(x, y) {
    if (!this.cursor) return;
    const { index, pixels } = this.nearest(x, y);
    const span = this.sx.to - this.sx.from;
    const label = index >= 0 ? this.points.labels[index] : undefined;
    const close = index >= 0 && (pixels <= near || this.byKeys);
    const where = this.lanes ? fit(x, span) : `${fit(x, span)}, ${fit(y, span)}`;
    const lines = [h('span', {}, where)];
    if (close && label !== undefined) lines.push(h('strong', {}, `nearest: ${label}`));
    this.tipText.replaceChildren(...lines);
    this.tipTest.hidden = !close;
    if (close) this.showTest(this.points.images[index]);
    this.tip.hidden = false;
    const left = this.sx(x);
    const top = this.sy(y);
    const { clientWidth: wide, clientHeight: tall } = this.frame;
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    this.tip.style.left = `${left + width + 20 > wide ? Math.max(0, left - width - 14) : left + 14}px`;
    this.tip.style.top = `${Math.min(Math.max(0, top - height / 2), tall - height)}px`;
    if (this.byKeys) say(`${where}.${label === undefined ? '' : ` Nearest test image: ${label}.`}`);
  }

  // look shows what the decoder draws at a place.
  async look(x, y) {
    const { images } = await api.decodeMap(this.run, [[x, y]], this.given());
    if (this.cursor) this.fill(this.tipDigit, images[0], 'decoded');
  }

  async testImage(index) {
    const pixels = await api.getImage(this.run, this.points.split, index);
    this.fill(this.tipTest, pixels, 'test image');
  }

  fill(holder, pixels, text) {
    if (!holder.canvas || holder.canvas.width !== this.width || holder.canvas.height !== this.height) {
      holder.canvas = digit(this.height, this.width);
      holder.replaceChildren(holder.canvas, h('small', {}, text));
    }
    paint(holder.canvas, pixels);
  }
}

// spread gives the points of a single latent a row a digit, so that they do not
// hide each other.
function spread(points) {
  points.y = points.x.map((_, i) => (points.labels[i] ?? 0) + 0.7 * (((i * 0.618034) % 1) - 0.5));
}

// The map: every dot is a test image, where the encoder puts it. The decoder
// fills in what lies between.

import { classColor, className } from './colors.js';
import { h, s, say } from './dom.js';
import { fit, whole } from './format.js';
import { eachFrame, latest } from './latest.js';
import { box, context, drawAxes, drawDots, drawMarks, drawNames, drawPictures, drawPlane, within } from './map-drawing.js';
import { Gestures } from './map-gestures.js';
import { nearest, spaced, spread } from './map-places.js';
import { Tip } from './map-tip.js';
import { homeOf, View } from './map-view.js';
import { onTheme } from './theme.js';

const near = 14; // pixels within which a dot is meant
const maxPixels = 4 << 20; // of all images of one request
const pictured = 300; // so few points in view are shown as images
const picturedZoom = 3; // as all are from this zoom on
const pictureSize = 40; // pixels of the page, at least
const mostPictures = 256; // of one request
const mostKept = 4096;

export class LatentMap {
  // taken is called with the z, the image and the place that somebody took;
  // failed with what went wrong; given says which label the decoder is asked for.
  constructor(backend, { taken, failed, given }) {
    Object.assign(this, { backend, taken, failed, given });
    this.only = null; // the class that is shown alone
    this.mode = 'dots';
    this.place = null; // where the sliders are
    this.cursor = null; // where somebody points
    this.pictures = new Map(); // test images that were read, by their index
    this.makeElement();
    const look = latest((x, y) => this.look(x, y), () => {});
    this.pointed = eachFrame((byKeys) => { this.drawOver(); this.hover(byKeys); if (this.cursor) look(...this.cursor); });
    this.showTest = latest((index) => this.testImage(index), () => {});
    this.fetchPictures = latest(() => this.readPictures(), () => {});
    this.decodePlane = latest(() => this.readPlane(), (trouble) => this.failed(trouble));
    this.redraw = eachFrame(() => this.draw());
    new ResizeObserver(() => this.resized()).observe(this.frame);
    onTheme(() => this.draw());
  }

  makeElement() {
    this.canvas = h('canvas', { class: 'map-canvas', tabIndex: 0, role: 'application', 'aria-roledescription': 'map' });
    this.over = h('canvas', { class: 'map-over', 'aria-hidden': 'true' });
    this.tip = new Tip();
    this.zoomers = h('div', { class: 'zoomers', role: 'group', 'aria-label': 'Zoom' },
      zoomer('Zoom in', 'M8 3v10M3 8h10', () => this.zoom(1.6)), zoomer('Zoom out', 'M3 8h10', () => this.zoom(1 / 1.6)),
      zoomer('Whole map', 'M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3', () => this.reset()));
    this.frame = h('div', { class: 'map-frame' }, this.canvas, this.over, this.zoomers, this.tip.element);
    this.legend = h('div', { class: 'legend', role: 'group', 'aria-label': 'Classes shown' });
    this.caption = h('p', { class: 'quiet map-caption' });
    this.modes = h('div', { class: 'modes', role: 'group', 'aria-label': 'What the map shows' });
    this.modeButtons = [['dots', 'Test images'], ['plane', 'Decoded plane']].map(([mode, text]) =>
      ({ mode, element: h('button', { type: 'button', 'aria-pressed': String(mode === this.mode), onclick: () => this.showMode(mode) }, text) }));
    this.modes.append(...this.modeButtons.map(({ element }) => element));
    this.body = h('div', {}, this.frame, h('div', { class: 'map-tools' }, this.legend, this.modes), this.caption);
    this.note = h('div', { class: 'note', hidden: true });
    this.element = h('div', { class: 'map' }, this.body, this.note);
    this.gestures = new Gestures(this.canvas, {
      point: (x, y, byKeys) => this.pointAt(x, y, byKeys),
      leave: () => this.leave(),
      take: () => this.take(),
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      pan: (dx, dy) => { this.view?.pan(dx, dy); this.moved(); },
      reset: () => this.reset(),
      step: (dx, dy) => this.step(dx, dy),
      zoomed: () => this.view?.zoomed ?? false,
    });
  }

  // waiting empties the map until another run's is there.
  waiting() {
    this.points = this.plane = this.place = this.view = null;
    this.pictures.clear();
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

  // show shows the map of a run, as the backend answers.
  show(run, points, format) {
    const moved = this.points?.version !== points.version;
    Object.assign(this, { run, format, points });
    this.body.hidden = false;
    this.note.hidden = true;
    this.lanes = points.axes[1] === '';
    this.modes.hidden = this.lanes;
    if (this.lanes) points.y = spread(points);
    this.tip.suit(format);
    this.canvas.setAttribute('aria-label', `Map of ${points.x.length} test images. Arrow keys move, with Shift in small steps; plus and minus zoom, 0 shows the whole map; Enter puts the place in the sliders.`);
    const rows = this.lanes && points.labels.length > 0 ? 'one row for each class. ' : '';
    this.caption.textContent = `${whole(points.x.length)} ${points.split} images of ${points.dataset}, encoded after epoch ${points.epoch}; ${rows}zoom in to see them: buttons, pinch, Ctrl and wheel, or + and −.`;
    if (!points.labels.includes(this.only)) this.only = null;
    this.makeLegend();
    if (moved) this.plane = null;
    this.view = null;
    this.resized();
    if (this.mode === 'plane' && !this.lanes) this.decodePlane();
  }

  seen(i) { return this.only === null || this.points.labels[i] === this.only; }

  makeLegend() {
    const present = [...new Set(this.points.labels)].sort((a, b) => a - b);
    const names = this.points.class_names;
    this.chips = present.map((label) => {
      const name = className(label, names);
      const swatch = h('i', {});
      const element = h('button', {
        type: 'button', class: 'chip', 'aria-pressed': String(label === this.only), title: `Show only ${name}`, 'aria-label': `Show only ${name}`,
        onclick: () => this.showOnly(label),
      }, swatch, name);
      return { label, element, swatch };
    });
    this.legend.replaceChildren(...this.chips.map(({ element }) => element));
  }

  showOnly(label) {
    this.only = this.only === label ? null : label;
    for (const chip of this.chips) chip.element.setAttribute('aria-pressed', String(chip.label === this.only));
    this.draw();
  }

  showMode(mode) {
    this.mode = mode;
    for (const button of this.modeButtons) button.element.setAttribute('aria-pressed', String(button.mode === mode));
    this.draw();
    if (mode === 'plane' && this.points && !this.plane) this.decodePlane();
  }

  // relabel decodes the plane again for another label.
  relabel() {
    this.plane = null;
    if (this.points && this.mode === 'plane') this.decodePlane();
  }

  resized() {
    const size = { width: this.frame.clientWidth, height: this.frame.clientHeight };
    if (!this.points || !size.width) return;
    const home = homeOf(this.points, size, this.lanes);
    if (this.view) this.view.resize(size, home);
    else this.view = new View(size, home, { stretched: this.lanes });
    this.draw();
  }

  // moved follows the view after it was zoomed or panned.
  moved() {
    this.redraw();
    if (this.mode === 'plane' && this.points) this.decodePlane();
    this.canvas.classList.toggle('zoomed', this.view?.zoomed ?? false);
  }

  zoom(factor, x, y) {
    if (!this.view) return;
    const { left, right, top, bottom } = box(this.view);
    const [px, py] = this.cursor ? [this.view.x(this.cursor[0]), this.view.y(this.cursor[1])] : [(left + right) / 2, (top + bottom) / 2];
    this.view.at(factor, x ?? px, y ?? py);
    this.moved();
    say(this.view.zoomed ? `Zoomed ${this.view.zoom.toFixed(1)} times.` : 'The whole map.');
  }

  reset() {
    this.view?.reset();
    this.moved();
    say('The whole map.');
  }

  draw() {
    if (!this.points || !this.view) return;
    const { view, points } = this;
    const style = getComputedStyle(this.frame);
    const c = context(this.canvas, view.size);
    const seen = (i) => this.seen(i);
    for (const { label, swatch } of this.chips) swatch.style.background = classColor(label);
    const rows = this.lanes ? this.chips.map(({ label }) => [label, className(label, points.class_names)]) : null;
    drawAxes(c, view, style, points.axes, rows);
    this.legend.hidden = this.mode === 'plane' || this.chips.length < 2;
    within(c, view, () => {
      if (this.mode === 'plane' && !this.lanes) {
        if (this.plane) drawPlane(c, view, this.format, this.plane, style);
        return;
      }
      drawDots(c, view, points, seen);
      if (!this.drawPictures(c, style, seen) && !this.lanes) drawNames(c, view, points, style, seen);
    });
    this.drawOver();
  }

  // drawPictures shows images in place of dots where few enough are in view,
  // and says whether it did.
  drawPictures(c, style, seen) {
    const { points, view } = this;
    let inView = 0;
    for (let i = 0; i < points.x.length; i++) if (seen(i) && view.holds(points.x[i], points.y[i])) inView++;
    if (!view.zoomed || this.lanes || (inView > pictured && view.zoom < picturedZoom)) return false;
    const size = Math.max(pictureSize, Math.min(96, Math.max(this.format.width, this.format.height) + 4));
    const shown = spaced(points, view, size, seen);
    drawPictures(c, view, this.format, shown.map(({ index, x, y }) => ({ x, y, label: points.labels[index], pixels: this.pictures.get(points.images[index]) })), size, style);
    this.wanted = shown.map(({ index }) => points.images[index]).filter((image) => !this.pictures.has(image));
    if (this.wanted.length > 0) this.fetchPictures();
    return true;
  }

  // readPictures asks for the images that are in view and not there yet.
  async readPictures() {
    const { run, points, wanted } = this;
    const most = Math.min(mostPictures, Math.max(1, Math.floor(maxPixels / (this.format.height * this.format.width * this.format.channels))));
    const indices = wanted.slice(0, most);
    if (indices.length === 0) return;
    const { images } = await this.backend.images(run, points.split, indices);
    if (this.points !== points) return;
    if (this.pictures.size > mostKept) this.pictures.clear();
    indices.forEach((index, i) => this.pictures.set(index, images[i]));
    this.draw();
  }

  // readPlane asks for the images of a grid over what is seen.
  async readPlane() {
    const { view, run, points, format } = this;
    if (!view || this.lanes) return;
    const most = Math.min(512, Math.floor(maxPixels / (format.height * format.width * format.channels)));
    const pixels = Math.max(format.height, format.width);
    const side = Math.max(2, Math.min(22, Math.floor(Math.sqrt(most)), Math.ceil((22 * 28) / pixels)));
    const places = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        places.push([view.x.from + ((column + 0.5) / side) * (view.x.to - view.x.from), view.y.to - ((row + 0.5) / side) * (view.y.to - view.y.from)]);
      }
    }
    const { images } = await this.backend.decode(run, { map: places }, this.given());
    if (this.points !== points) return;
    this.plane = { side, images };
    this.draw();
  }

  // at marks where the sliders are.
  at(place) {
    this.place = place ?? null;
    this.drawOver();
  }

  drawOver() {
    if (!this.points || !this.view) return;
    const c = context(this.over, this.view.size);
    const cursor = this.cursor && this.view.holds(...this.cursor) ? this.cursor : null;
    drawMarks(c, this.view, getComputedStyle(this.frame), { place: this.place, cursor, lanes: this.lanes });
  }

  pointAt(px, py, byKeys) {
    if (!this.view) return;
    this.cursor = this.view.inside(this.view.x.inverse(px), this.view.y.inverse(py));
    this.pointed(byKeys);
  }

  // step moves the pointer by keys, and the view with it.
  step(dx, dy) {
    if (!this.view) return;
    const { x: across, y: up } = this.view;
    const [x, y] = this.cursor ?? this.place ?? [(across.from + across.to) / 2, (up.from + up.to) / 2];
    const to = [x + dx * (across.to - across.from), y + (this.lanes ? Math.sign(dy) : dy * (across.to - across.from))];
    this.cursor = this.view.inside(...to);
    this.view.reveal(...this.cursor);
    this.redraw();
    this.pointed(true);
  }

  leave() {
    this.cursor = null;
    this.tip.hide();
    this.drawOver();
  }

  async take() {
    if (!this.cursor) return;
    const place = this.cursor;
    try {
      const { z, images } = await this.backend.decode(this.run, { map: [place] }, this.given());
      this.taken(z[0], images[0], place);
      say('The place is in the sliders.');
    } catch (trouble) {
      this.failed(trouble);
    }
  }

  // hover shows what is known at once: where it is and which image is near.
  hover(byKeys) {
    if (!this.cursor || !this.view) return;
    const { points, view } = this;
    const [x, y] = this.cursor;
    const at = [view.x(x), view.y(y)];
    const { index, pixels } = nearest(points, view, ...at, (i) => this.seen(i));
    const close = index >= 0 && (pixels <= near || byKeys);
    const where = this.lanes ? fit(x, view.span) : `${fit(x, view.span)}, ${fit(y, view.span)}`;
    const name = points.labels.length > 0 ? className(points.labels[index], points.class_names) : '';
    this.tip.show(where, close ? name : null, at, view.size);
    if (close) this.showTest(points.images[index]);
    if (byKeys) say(`${where}.${name ? ` Nearest test image: ${name}.` : ''}`);
  }

  // look shows what the decoder draws at a place.
  async look(x, y) {
    const { images } = await this.backend.decode(this.run, { map: [[x, y]] }, this.given());
    if (this.cursor) this.tip.decoded.show(images[0]);
  }

  async testImage(index) {
    if (!this.pictures.has(index)) {
      const { images } = await this.backend.images(this.run, this.points.split, [index]);
      this.pictures.set(index, images[0]);
    }
    this.tip.test.show(this.pictures.get(index));
  }
}

function zoomer(name, d, onclick) {
  return h('button', { type: 'button', 'aria-label': name, title: name, onclick },
    s('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d })));
}

// A pad to draw on with mouse, finger, pen or keys.

import { h, say } from './dom.js';
import { digit, onTheme, paint } from './ink.js';
import { eachFrame } from './latest.js';
import { raster, trace } from './raster.js';

const side = 280;

export class Pad {
  // drawn is called while something is drawn and when it is done; testImage is
  // asked for an image of the test set.
  constructor(drawn, testImage) {
    this.drawn = drawn;
    this.strokes = [];
    this.image = null; // a test image instead of strokes
    this.pen = { x: 0.5, y: 0.5, down: false, shown: false };
    this.canvas = h('canvas', {
      class: 'pad-canvas', width: side * 2, height: side * 2, tabIndex: 0, role: 'application', 'aria-roledescription': 'drawing pad',
      'aria-label': 'Drawing pad. Draw with mouse, finger or pen. By keys: arrows move the pen, Space puts it down or lifts it, Backspace takes back a stroke.',
      onpointerdown: (event) => this.down(event),
      onpointermove: (event) => this.move(event),
      onpointerup: (event) => this.up(event),
      onpointercancel: (event) => this.up(event),
      onkeydown: (event) => this.key(event),
      onblur: () => { this.pen.shown = false; this.lift(); this.draw(); },
    });
    this.hint = h('p', { class: 'pad-hint', 'aria-hidden': 'true' }, 'draw here');
    this.shown = digit(28, 28);
    this.shown.classList.add('pad-shown');
    this.shown.hidden = true;
    this.centred = h('input', { type: 'checkbox', id: 'centred', checked: true, onchange: () => this.changed(true) });
    this.test = h('button', { type: 'button', disabled: true, onclick: () => testImage() }, 'Test image');
    this.element = h('div', { class: 'pad-box' },
      h('div', { class: 'pad-frame' }, this.canvas, this.shown, this.hint),
      h('div', { class: 'pad-tools' },
        h('button', { type: 'button', onclick: () => this.undo() }, 'Undo'),
        h('button', { type: 'button', onclick: () => this.clear() }, 'Clear'),
        this.test),
      h('label', { class: 'check' }, this.centred, 'Scale and centre as in MNIST'));
    this.tell = eachFrame(() => this.drawn());
    onTheme(() => this.draw());
    this.draw();
  }

  // busy is true between putting the pen down and lifting it.
  get busy() { return Boolean(this.stroke); }

  get empty() { return this.image === null && this.strokes.length === 0; }

  // pixels is the drawing as an image of the given size, null when there is
  // none of it.
  pixels(height, width) {
    if (this.image) return this.image.height === height && this.image.width === width ? this.image.pixels : null;
    return this.empty ? null : raster(this.strokes, height, width, this.centred.checked);
  }

  // take shows a test image.
  take(pixels, height, width) {
    this.strokes = [];
    this.image = { pixels, height, width };
    this.shown.width = width;
    this.shown.height = height;
    paint(this.shown, pixels);
    this.changed(true);
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (v) => Math.min(1, Math.max(0, v));
    return { x: inside((event.clientX - box.left) / box.width), y: inside((event.clientY - box.top) / box.height) };
  }

  down(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pen.shown = false;
    this.begin(this.at(event));
  }

  begin(point) {
    this.image = null;
    this.stroke = [point];
    this.strokes.push(this.stroke);
    this.changed(false);
  }

  move(event) {
    if (!this.stroke || !this.canvas.hasPointerCapture(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.stroke.push(this.at(each));
    this.changed(false);
  }

  up() {
    if (this.pen.down) return;
    this.lift();
  }

  lift() {
    this.pen.down = false;
    if (!this.stroke) return;
    this.stroke = null;
    this.changed(true);
  }

  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    const pen = this.pen;
    if (arrow) {
      const step = event.shiftKey ? 1 / 112 : 1 / 28;
      pen.x = Math.min(1, Math.max(0, pen.x + arrow[0] * step));
      pen.y = Math.min(1, Math.max(0, pen.y + arrow[1] * step));
      pen.shown = true;
      if (pen.down) this.stroke.push({ x: pen.x, y: pen.y });
      if (pen.down) this.changed(false);
      else this.draw();
    } else if (event.key === ' ' || event.key === 'Enter') {
      pen.shown = true;
      if (pen.down) {
        this.lift();
        say('Pen lifted.');
      } else {
        pen.down = true;
        this.begin({ x: pen.x, y: pen.y });
        say('Pen down.');
      }
    } else if (event.key === 'Backspace' || (event.key === 'z' && (event.ctrlKey || event.metaKey))) {
      this.undo();
    } else if (event.key === 'Delete') {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  undo() {
    if (this.image) this.image = null;
    else this.strokes.pop();
    this.stroke = null;
    this.pen.down = false;
    this.changed(true);
  }

  clear() {
    this.strokes = [];
    this.image = null;
    this.stroke = null;
    this.pen.down = false;
    this.changed(true);
  }

  changed(done) {
    this.draw();
    if (done) this.drawn();
    else this.tell();
  }

  draw() {
    const c = this.canvas.getContext('2d');
    const style = getComputedStyle(this.canvas);
    c.clearRect(0, 0, 2 * side, 2 * side);
    this.shown.hidden = this.image === null;
    this.hint.hidden = !this.empty || this.pen.shown;
    c.strokeStyle = style.getPropertyValue('--ink') || '#000';
    c.lineWidth = 2 * side * 0.078;
    trace(c, this.strokes, (p) => [p.x * 2 * side, p.y * 2 * side]);
    if (this.pen.shown) {
      c.beginPath();
      c.arc(this.pen.x * 2 * side, this.pen.y * 2 * side, 2 * side * 0.045, 0, 2 * Math.PI);
      c.lineWidth = 4;
      c.strokeStyle = style.getPropertyValue('--run-a');
      c.stroke();
    }
  }
}

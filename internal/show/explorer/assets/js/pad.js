// A pad to draw on with mouse, finger, pen or keys.

import { h, say } from './dom.js';
import { Drawing } from './drawing.js';
import { eachFrame } from './latest.js';
import { Picture } from './picture.js';
import { sameFormat } from './pixels.js';
import { boxOf, raster, trace } from './raster.js';
import { isDark, onTheme } from './theme.js';

const side = 280;
const pen = 0.078; // width of a stroke, as a share of the pad's side

export class Pad {
  // drawn is called while something is drawn and when it is done; testImage is
  // asked for an image of the test set.
  constructor(drawn, testImage) {
    this.drawn = drawn;
    this.drawing = new Drawing();
    this.format = { height: 28, width: 28, channels: 1, ink: true };
    this.style = { color: '#d62f2f', width: pen };
    this.ground = '#ffffff';
    this.centred = true;
    this.box = 0.8;
    this.cursor = { x: 0.5, y: 0.5, shown: false }; // of the keys
    this.makeElement(testImage);
    this.tell = eachFrame(() => this.drawn());
    onTheme(() => this.draw());
    this.draw();
  }

  makeElement(testImage) {
    this.canvas = h('canvas', {
      class: 'pad-canvas', width: side * 2, height: side * 2, tabIndex: 0, role: 'application', 'aria-roledescription': 'drawing pad',
      'aria-label': 'Drawing pad. Draw with mouse, finger or pen. By keys: arrows move the pen, Space puts it down or lifts it, Backspace takes back a stroke.',
      onpointerdown: (event) => this.down(event),
      onpointermove: (event) => this.move(event),
      onpointerup: () => this.lift(),
      onpointercancel: () => this.lift(),
      onkeydown: (event) => this.key(event),
      onblur: () => { this.cursor.shown = false; this.lift(); this.draw(); },
    });
    this.hint = h('p', { class: 'pad-hint', 'aria-hidden': 'true' }, 'draw here');
    this.shown = h('div', { class: 'pad-shown', hidden: true });
    this.testButton = h('button', { type: 'button', disabled: true, onclick: () => testImage() }, 'Test image');
    this.centre = h('label', { class: 'check' },
      h('input', { type: 'checkbox', id: 'centred', checked: true, onchange: (event) => { this.centred = event.target.checked; this.changed(true); } }),
      'Scale and centre like the data’s images');
    const color = (text, value, chosen) => h('label', { class: 'pad-color' },
      h('input', { type: 'color', value, oninput: (event) => { chosen(event.target.value); this.changed(false); } }), text);
    this.colors = h('div', { class: 'pad-colors', hidden: true },
      color('Pen', this.style.color, (value) => { this.style.color = value; }),
      color('Ground', this.ground, (value) => { this.ground = value; }));
    this.width = h('label', { class: 'pad-width' }, 'Width',
      h('input', { type: 'range', min: 1, max: 30, value: Math.round(100 * pen), oninput: (event) => { this.style.width = event.target.valueAsNumber / 100; } }));
    this.element = h('div', { class: 'pad-box' },
      h('div', { class: 'pad-frame' }, this.canvas, this.shown, this.hint),
      h('div', { class: 'pad-tools' },
        h('button', { type: 'button', onclick: () => { this.drawing.undo(); this.changed(true); } }, 'Undo'),
        h('button', { type: 'button', onclick: () => { this.drawing.clear(); this.changed(true); } }, 'Clear'),
        this.testButton),
      this.colors, this.width, this.centre);
  }

  // suit fits the pad to the images of a model, of which some are given.
  suit(format, examples) {
    if (sameFormat(format, this.format)) return;
    this.format = format;
    this.colors.hidden = format.ink;
    this.centre.hidden = !format.ink;
    this.canvas.parentElement.style.aspectRatio = `${format.width} / ${format.height}`;
    if (format.ink) this.box = boxOf(examples, format);
    this.draw();
  }

  set testable(there) { this.testButton.disabled = !there; }

  // busy is true between putting the pen down and lifting it.
  get busy() { return this.drawing.busy; }

  get empty() { return this.drawing.empty; }

  // label is that of a test image, where it is known.
  get label() { return this.drawing.image?.label; }

  // pixels is the drawing as an image of a format, null when there is none of it.
  pixels(format) {
    const { image } = this.drawing;
    if (image) return sameFormat(image.format, format) ? image.pixels : null;
    if (this.empty) return null;
    return raster(this.drawing.strokes, format, { ground: this.ground, box: format.ink && this.centred ? this.box : null });
  }

  // take shows a test image.
  take(pixels, format, label) {
    this.drawing.take(pixels, format, label);
    this.shown.replaceChildren(new Picture(format).show(pixels).element);
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
    this.cursor.shown = false;
    this.begin(this.at(event));
  }

  begin(point) {
    this.drawing.begin(point, this.style);
    this.changed(false);
  }

  move(event) {
    if (!this.busy || !this.canvas.hasPointerCapture(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.drawing.add(this.at(each));
    this.changed(false);
  }

  lift() {
    if (this.drawing.end()) this.changed(true);
  }

  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in arrows) {
      this.step(arrows[event.key], event.shiftKey ? 1 / 112 : 1 / 28);
    } else if (event.key === ' ' || event.key === 'Enter') {
      this.togglePen();
    } else if (event.key === 'Backspace' || (event.key === 'z' && (event.ctrlKey || event.metaKey))) {
      this.drawing.undo();
      this.changed(true);
    } else if (event.key === 'Delete') {
      this.drawing.clear();
      this.changed(true);
    } else {
      return;
    }
    event.preventDefault();
  }

  step([dx, dy], length) {
    const { cursor } = this;
    cursor.x = Math.min(1, Math.max(0, cursor.x + dx * length));
    cursor.y = Math.min(1, Math.max(0, cursor.y + dy * length));
    cursor.shown = true;
    if (!this.busy) {
      this.draw();
      return;
    }
    this.drawing.add({ x: cursor.x, y: cursor.y });
    this.changed(false);
  }

  togglePen() {
    this.cursor.shown = true;
    if (this.busy) {
      this.lift();
      say('Pen lifted.');
    } else {
      this.begin({ x: this.cursor.x, y: this.cursor.y });
      say('Pen down.');
    }
  }

  changed(done) {
    this.draw();
    if (done) this.drawn();
    else this.tell();
  }

  draw() {
    const { ink, height, width } = this.format;
    const [wide, tall] = [2 * side, Math.round((2 * side * height) / width)];
    if (this.canvas.height !== tall) this.canvas.height = tall;
    const c = this.canvas.getContext('2d');
    c.clearRect(0, 0, wide, tall);
    if (!ink) {
      c.fillStyle = this.ground;
      c.fillRect(0, 0, wide, tall);
    }
    this.shown.hidden = this.drawing.image === null;
    this.hint.hidden = !this.empty || this.cursor.shown;
    trace(c, this.drawing.strokes, (p) => [p.x * wide, p.y * tall], Math.min(wide, tall), ink ? (isDark() ? '#f0f3f8' : '#12151b') : null);
    if (this.cursor.shown) {
      c.beginPath();
      c.arc(this.cursor.x * wide, this.cursor.y * tall, wide * 0.045, 0, 2 * Math.PI);
      c.lineWidth = 4;
      c.strokeStyle = getComputedStyle(this.canvas).getPropertyValue('--run-a');
      c.stroke();
    }
  }
}

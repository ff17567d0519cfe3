// Mouse, wheel, fingers and keys on the map.

const still = 5; // pixels that a press may move and be a click
const keyStep = 1 / 40; // of the view

// gestures tells what people do on an element, in its own pixels:
//
//   point(x, y, byKeys), leave()   somebody points somewhere, or nowhere
//   take()                         the place pointed at is wanted
//   zoom(factor, x, y)             x and y are undefined for the middle
//   pan(dx, dy), reset()
//   step(dx, dy)                   the place pointed at moves, in shares of the view
//   zoomed()                       is asked whether there is anything to pan
export class Gestures {
  constructor(element, on) {
    Object.assign(this, { element, on });
    this.pressed = new Map(); // where each pointer is
    this.moved = 0;
    const listen = (name, f, options) => element.addEventListener(name, f.bind(this), options);
    listen('pointerdown', this.down);
    listen('pointermove', this.move);
    listen('pointerup', this.up);
    listen('pointercancel', this.cancel);
    listen('pointerleave', this.out);
    listen('wheel', this.wheel, { passive: false });
    listen('keydown', this.key);
    listen('blur', () => on.leave());
    listen('dblclick', (event) => event.preventDefault());
  }

  place(event) {
    const { left, top } = this.element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  down(event) {
    if (event.button !== 0) return;
    this.byKeys = false;
    if (this.pressed.size === 0) this.moved = 0;
    this.pressed.set(event.pointerId, this.place(event));
    this.element.setPointerCapture(event.pointerId);
    this.on.point(...this.place(event), false);
  }

  move(event) {
    const before = this.pressed.get(event.pointerId);
    const now = this.place(event);
    this.byKeys = false;
    if (!before) {
      this.on.point(...now, false);
      return;
    }
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (this.pressed.size === 2) this.pinch(event.pointerId, before, now);
    else if (this.on.zoomed() && this.moved > still) this.on.pan(now[0] - before[0], now[1] - before[1]);
    this.pressed.set(event.pointerId, now);
    if (this.pressed.size === 1) this.on.point(...now, false);
  }

  // pinch zooms and pans by two fingers, of which one has moved.
  pinch(id, before, now) {
    const [, other] = [...this.pressed].find(([key]) => key !== id);
    const apart = (p) => Math.max(10, Math.hypot(p[0] - other[0], p[1] - other[1]));
    this.moved = Infinity;
    this.on.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.on.zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  up(event) {
    if (!this.pressed.delete(event.pointerId)) return;
    if (this.moved <= still || !this.on.zoomed() && this.moved !== Infinity) {
      this.on.point(...this.place(event), false);
      this.on.take();
    }
  }

  cancel(event) {
    this.pressed.delete(event.pointerId);
    this.on.leave();
  }

  out() {
    if (this.pressed.size === 0 && !this.byKeys) this.on.leave();
  }

  // wheel zooms with Ctrl, as pinching on a touchpad does, and where somebody
  // has put the focus on the map; otherwise the page scrolls.
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== this.element) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.on.zoom(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 300)), ...this.place(event));
  }

  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const others = {
      '+': () => this.on.zoom(1.5), '=': () => this.on.zoom(1.5), '-': () => this.on.zoom(1 / 1.5), 0: () => this.on.reset(),
      Enter: () => this.on.take(), ' ': () => this.on.take(), Escape: () => this.on.leave(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in arrows) {
      const step = keyStep / (event.shiftKey ? 5 : 1);
      this.byKeys = true;
      this.on.step(arrows[event.key][0] * step, arrows[event.key][1] * step);
    } else if (event.key in others) {
      others[event.key]();
    } else {
      return;
    }
    event.preventDefault();
  }
}

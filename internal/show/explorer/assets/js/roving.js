// Roving focus: of many alike buttons one takes the Tab key, and arrows go from
// one to the next.

export class Roving {
  // element holds the buttons.
  constructor(element) {
    this.element = element;
    this.buttons = [];
    this.at = 0;
    element.addEventListener('keydown', (event) => this.key(event));
    element.addEventListener('focusin', (event) => {
      const i = this.buttons.indexOf(event.target.closest('button'));
      if (i >= 0) this.select(i);
    });
  }

  show(buttons) {
    this.buttons = buttons;
    this.select(Math.min(this.at, buttons.length - 1));
  }

  select(i) {
    this.at = Math.max(0, i);
    this.buttons.forEach((button, j) => { button.tabIndex = j === this.at ? 0 : -1; });
  }

  key(event) {
    const to = moved(event.key, this.at, this.buttons.length, this.columns());
    if (to === null) return;
    event.preventDefault();
    this.select(to);
    this.buttons[to].focus();
  }

  // columns counts the buttons of the first row.
  columns() {
    const top = this.buttons[0]?.offsetTop;
    const next = this.buttons.findIndex((button) => button.offsetTop > top);
    return next < 0 ? this.buttons.length : next;
  }
}

// moved is where a key leads from one place in a grid; null for other keys.
export function moved(key, at, count, columns) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (!(key in steps)) return null;
  const to = at + steps[key];
  return to < 0 || to >= count ? at : to;
}

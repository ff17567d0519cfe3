// The label that a conditional model is asked for.

import { className } from './colors.js';
import { h } from './dom.js';

// Labels is the label to decode and to sample with, chosen at several places of
// the page that always show the same.
export class Labels {
  // changed is called when somebody chooses a label.
  constructor(changed) {
    this.changed = changed;
    this.classes = 0;
    this.names = [];
    this.chosen = 0;
    this.choosers = [];
  }

  // chooser makes one more place to choose at; what says what the label is for.
  chooser(what) {
    const select = h('select', { onchange: (event) => { this.choose(Number(event.target.value)); this.changed(); } });
    const element = h('label', { class: 'label-chooser', hidden: true }, h('span', {}, what), select);
    this.choosers.push({ element, select });
    return element;
  }

  // show offers the labels of a model; there are none to choose for one that is
  // not conditional.
  show(classes = 0, names = []) {
    if (classes === this.classes && names.join() === this.names.join()) return;
    Object.assign(this, { classes, names });
    for (const { element, select } of this.choosers) {
      element.hidden = classes === 0;
      select.replaceChildren(...options(classes, names));
    }
    this.choose(this.chosen < classes ? this.chosen : 0);
  }

  choose(label) {
    this.chosen = label;
    for (const { select } of this.choosers) select.value = String(label);
  }

  // given is what a request says: nothing for a model without labels.
  get given() { return this.classes > 0 ? this.chosen : undefined; }
}

// DrawnLabel is the label of a drawing: that of a test image, one that somebody
// names, or a guess.
export class DrawnLabel {
  constructor(changed) {
    this.classes = 0;
    this.names = [];
    this.named = null; // null to guess
    this.select = h('select', { onchange: (event) => { this.named = event.target.value === '' ? null : Number(event.target.value); changed(); } });
    this.found = h('output', { class: 'quiet' });
    this.element = h('div', { class: 'label-chooser', hidden: true }, h('label', {}, 'Label of the drawing ', this.select), this.found);
  }

  show(classes = 0, names = []) {
    this.element.hidden = classes === 0;
    if (classes === this.classes && names.join() === this.names.join()) return;
    Object.assign(this, { classes, names, named: null });
    this.select.replaceChildren(h('option', { value: '' }, 'guess it'), ...options(classes, names));
  }

  // asked is what a request says of the label, of a drawing whose label may be known.
  asked(known) {
    if (this.classes === 0) return {};
    const label = this.named ?? known;
    return label === undefined || label >= this.classes ? { guess: true } : { label };
  }

  // tell shows the label that an answer took.
  tell({ label, label_chances: chances = [] }, known) {
    if (this.classes === 0 || label === null) {
      this.found.textContent = '';
      return;
    }
    const name = className(label, this.names);
    if (chances.length > 0) this.found.textContent = `guessed ${name}, ${Math.round(100 * chances[label])} % likely`;
    else this.found.textContent = this.named === null && known !== undefined ? `${name}, as in the test set` : '';
  }
}

function options(classes, names) {
  return Array.from({ length: classes }, (_, label) => h('option', { value: label }, className(label, names)));
}

// The label that a conditional model is asked for, chosen at several places of
// the page that always show the same.

import { h } from './dom.js';

export class Labels {
  // changed is called when somebody chooses a label.
  constructor(changed) {
    this.changed = changed;
    this.classes = 0;
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
  show(classes = 0) {
    if (classes === this.classes) return;
    this.classes = classes;
    for (const { element, select } of this.choosers) {
      element.hidden = classes === 0;
      select.replaceChildren(...Array.from({ length: classes }, (_, label) => h('option', { value: label }, String(label))));
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

// The test images that the model finds least and most likely.

import { className } from './colors.js';
import { h } from './dom.js';
import { term } from './explain.js';
import { num, whole } from './format.js';
import { Picture } from './picture.js';
import { Roving } from './roving.js';

const count = 10;

export class Ranked {
  // taken is called with an image that somebody wants to look at, and its label.
  constructor(backend, taken) {
    this.backend = backend;
    this.taken = taken;
    this.body = h('div', { class: 'ranked' });
    this.roving = new Roving(this.body);
    this.element = this.body;
    this.waiting();
  }

  waiting() { this.body.replaceChildren(h('p', { class: 'quiet' }, 'Scoring the test images…')); }

  missing(trouble) {
    this.body.replaceChildren(h('div', { class: 'note' }, h('p', {}, `The test images cannot be ranked: ${trouble.message}.`), h('p', { class: 'quiet' }, trouble.hint ?? '')));
  }

  async load(run, model, format) {
    this.run = run;
    const answer = await this.backend.ranked(run, count);
    if (this.run !== run) return;
    const buttons = [];
    const strip = (title, images) => h('div', { class: 'strip' }, h('h3', {}, title), h('ol', {}, images.map((one) => {
      const name = one.label === null ? '' : className(one.label, model.class_names);
      const button = h('button', {
        type: 'button', class: 'scored', onclick: () => this.taken(one.image, one.label ?? undefined),
        'aria-label': `Test image ${one.index}${name && `, ${name}`}, ${num(one.neg_elbo_nats, 1)} nats: look at it`,
        title: `test image ${one.index}: reconstruction ${num(one.reconstruction_nats, 1)}, KL ${num(one.kl_nats, 1)} nats`,
      }, new Picture(format).show(one.image).element, new Picture(format).show(one.reconstruction).element,
      h('span', {}, num(one.neg_elbo_nats, 1)), h('small', {}, name));
      buttons.push(button);
      return h('li', {}, button);
    })));
    this.body.replaceChildren(
      h('p', { class: 'quiet' }, `${whole(answer.images)} ${answer.split} images of ${answer.dataset}, by `, term('their own loss in nats', 'negELBO'),
        ` (mean ${num(answer.mean_neg_elbo_nats, 1)}); above the image, below its reconstruction.`),
      strip('Most unusual', answer.unusual), strip('Most typical', answer.typical));
    this.roving.show(buttons);
  }
}

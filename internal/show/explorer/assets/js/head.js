// The head of a run: what it is and its figures.

import { h } from './dom.js';
import { term } from './explain.js';
import { duration, moment, num } from './format.js';

export class Head {
  constructor(slot) {
    this.element = h('div', { class: `part run-${slot} part-head` });
    this.open = false; // whether the remarks are
  }

  // show describes a run. All figures are of one evaluation; note says how the
  // images shown are not those of the training.
  show(d, note = '') {
    const facts = [
      d.model?.classes && `given one of ${d.model.classes} labels`, d.model?.lower_latents && `z above a layer of ${d.model.lower_latents}`,
      d.model && size(d.model), d.dataset, moment(d.started),
    ].filter(Boolean);
    this.element.replaceChildren(
      h('div', { class: 'head-name' }, h('h2', {}, d.name), statusMark(d)),
      h('p', { class: 'head-prior' }, h('span', {}, d.prior || 'prior not known yet'), facts.map((text) => h('span', { class: 'quiet' }, text))),
      ...(d.figures ? this.figures(d) : [h('p', { class: 'quiet' }, 'No figures before the first epoch ends.')]),
      ...[d.problem?.error, d.warning, note].filter(Boolean).map((text) => h('p', { class: 'note' }, text)),
      ...(d.remarks.length > 0 ? [this.remarks(d.remarks)] : []));
  }

  figures(d) {
    const f = d.figures;
    const figure = (value, text, key, title) => h('div', { class: 'figure', title }, h('dd', {}, value), h('dt', {}, term(text, key)));
    const bound = f.objective === 'iwae' ? 'negative importance-weighted bound' : 'negative ELBO';
    return [
      h('dl', { class: 'figures-row' },
        figure(num(f.loss_nats), 'loss, nats', 'loss', `${bound}, nats per image, on the ${f.split} images`),
        f.bits_per_dimension !== null && figure(num(f.bits_per_dimension, 3), 'bits/dim', 'bits'),
        figure(num(f.reconstruction_nats), 'reconstruction', 'reconstruction'),
        figure(num(f.kl_nats), 'KL', 'KL'),
        figure(`${f.active_units}/${d.model ? d.model.latents.length : '–'}`, 'active', 'active'),
        figure(duration(d.seconds), 'trained', 'trained')),
      h('p', { class: 'quiet head-epoch' }, `${bound} on the ${f.split} images after epoch ${f.epoch}`),
    ];
  }

  remarks(all) {
    return h('details', { open: this.open, ontoggle: (event) => { this.open = event.target.open; } },
      h('summary', {}, all.length === 1 ? 'A remark on these figures' : `${all.length} remarks on these figures`),
      h('ul', { class: 'quiet' }, all.map((text) => h('li', {}, text))));
  }
}

function size({ height, width, channels }) {
  return `${width}×${height}${channels === 3 ? ', colour' : ''}`;
}

// statusMark says how a run is: a dot, and words for those who do not see it.
function statusMark(d) {
  const words = {
    running: `training, epoch ${Math.min(d.epoch + 1, d.epochs)} of ${d.epochs}`,
    finished: `finished, ${d.epochs} ${d.epochs === 1 ? 'epoch' : 'epochs'}`,
    interrupted: `interrupted after epoch ${d.epoch} of ${d.epochs}`,
    paused: `paused after epoch ${d.epoch} of ${d.epochs}`,
    killed: `killed after epoch ${d.epoch} of ${d.epochs}`,
    diverged: `diverged after epoch ${d.epoch}`,
    failed: `failed after epoch ${d.epoch}`,
  };
  return h('span', { class: `status status-${d.status}` }, h('i', { 'aria-hidden': 'true' }), words[d.status] ?? d.status);
}

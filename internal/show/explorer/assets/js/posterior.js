// What a model makes of a drawing.

import * as api from './api.js';
import { h, s } from './dom.js';
import { fit, nats, num } from './format.js';
import { digit, paint } from './ink.js';
import { scale } from './chart.js';

const shownLatents = 8;
const neighbours = 8;

export class Posterior {
  // taken is called with the z of the drawing.
  constructor(taken) {
    this.taken = taken;
    this.element = h('div', { class: 'posterior' });
    this.clear();
  }

  clear() {
    this.answer = null;
    this.neighbours = null;
    this.element.replaceChildren(h('p', { class: 'note' }, 'Draw something, or take a test image.'));
  }

  // show encodes an image; the search for its neighbours waits until it is done.
  async show(run, model, pixels, done, label) {
    const answer = await api.encode(run, pixels, done ? neighbours : 0, label);
    this.model = model;
    this.answer = answer;
    if (done) this.neighbours = answer;
    this.render();
  }

  render() {
    const { answer, model } = this;
    const total = answer.kl_nats.reduce((sum, v) => sum + (v ?? 0), 0);
    const picture = (pixels, text) => {
      const canvas = digit(model.height, model.width, text);
      paint(canvas, pixels);
      return h('figure', { class: 'shot' }, canvas, h('figcaption', {}, text));
    };
    this.element.replaceChildren(
      h('div', { class: 'pair' },
        picture(answer.input, 'the model reads'),
        picture(answer.reconstruction, 'and gives back'),
        h('div', { class: 'pair-words' },
          h('p', {}, h('strong', {}, nats(total, 1)), h('br'), 'KL to the prior'),
          h('button', { type: 'button', onclick: () => this.taken(answer) }, 'Put in the sliders'))),
      this.bars(),
      this.near());
  }

  // bars shows mean and spread of the latents that say most about the image.
  bars() {
    const { answer, model } = this;
    const order = model.latents.map((l) => l.index).sort((a, b) => (answer.kl_nats[b] ?? 0) - (answer.kl_nats[a] ?? 0)).slice(0, shownLatents);
    const row = (d) => {
      const l = model.latents.find((other) => other.index === d);
      const reach = 0.15 * (l.high - l.low);
      const x = scale(l.low - reach, l.high + reach, 0, 300);
      const inside = (v) => Math.min(299, Math.max(1, x(v)));
      const low = inside(answer.z_low[d]);
      const high = inside(answer.z_high[d]);
      const mean = fit(answer.z[d], l.high - l.low);
      const spread = fit((answer.z_high[d] - answer.z_low[d]) / 2, l.high - l.low);
      return h('tr', {},
        h('th', { scope: 'row' }, `z${d}`),
        h('td', { class: 'bar-cell' }, s('svg', { viewBox: '0 0 300 18', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
          s('rect', { class: 'bar-range', x: x(l.low), width: x(l.high) - x(l.low), y: 8, height: 2 }),
          s('rect', { class: 'bar-spread', x: low, width: Math.max(2, high - low), y: 4, height: 10, rx: 2 }),
          s('rect', { class: 'bar-mean', x: inside(answer.z[d]) - 1.5, width: 3, y: 1, height: 16, rx: 1 }))),
        h('td', { class: 'bar-number' }, `${mean} ± ${spread}`),
        h('td', { class: 'bar-number' }, num(answer.kl_nats[d], 2)));
    };
    return h('table', { class: 'bars-table' },
      h('caption', { class: 'unseen' }, 'Posterior of the drawing'),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, h('span', { class: 'unseen' }, 'latent')), h('th', { scope: 'col' }, 'μ ± σ over the prior’s range'),
        h('th', { scope: 'col', class: 'bar-number' }, 'μ ± σ'), h('th', { scope: 'col', class: 'bar-number' }, 'KL'))),
      h('tbody', {}, order.map(row)));
  }

  near() {
    const { neighbours: found, model } = this;
    if (!found) return h('div', { class: 'near' }, h('p', { class: 'quiet' }, 'Nearest training images follow when you lift the pen.'));
    if (found.neighbours_problem) {
      return h('div', { class: 'near' }, h('p', { class: 'note' }, 'No nearest training images: ', found.neighbours_problem.error,
        h('span', { class: 'quiet' }, ` ${found.neighbours_problem.hint ?? ''}`)));
    }
    return h('div', { class: 'near' },
      h('h3', {}, 'Nearest training images'),
      h('ol', { class: 'thumbs' }, found.neighbours.map((n) => {
        const label = n.label === null ? '' : String(n.label);
        const canvas = digit(model.height, model.width, `training image ${n.index}${label && `, a ${label}`}`);
        paint(canvas, n.image);
        return h('li', { title: `training image ${n.index}, distance ${num(n.distance, 3)}` }, canvas, h('span', {}, label));
      })));
  }
}

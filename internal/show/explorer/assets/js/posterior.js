// What a model makes of a drawing.

import { scale } from './chart.js';
import { className } from './colors.js';
import { h, s } from './dom.js';
import { term } from './explain.js';
import { fit, nats, num } from './format.js';
import { Picture } from './picture.js';

const shownLatents = 8;
const neighbours = 8;
const smallest = 56; // pixels of the page that a training image takes at least

export class Posterior {
  // taken is called with what the model makes of the drawing.
  constructor(backend, taken) {
    this.backend = backend;
    this.taken = taken;
    this.element = h('div', { class: 'posterior' });
    this.clear();
  }

  clear() {
    this.answer = null;
    this.near = null;
    this.element.replaceChildren(h('p', { class: 'note' }, 'Draw something, or take a test image.'));
  }

  // show encodes an image; the search for its neighbours waits until it is done.
  async show(run, model, format, pixels, done, asked) {
    const answer = await this.backend.encode(run, pixels, { neighbours: done ? neighbours : 0, ...asked });
    Object.assign(this, { model, format, answer });
    if (done) this.near = answer;
    this.render();
    return answer;
  }

  render() {
    const { answer, format } = this;
    const total = answer.kl_nats.reduce((sum, v) => sum + (v ?? 0), 0);
    const picture = (pixels, text) => h('figure', { class: 'shot' }, new Picture(format, text).show(pixels).element, h('figcaption', {}, text));
    this.element.replaceChildren(
      h('div', { class: 'pair' },
        picture(answer.input, 'the model reads'),
        picture(answer.reconstruction, 'and gives back'),
        h('div', { class: 'pair-words' },
          h('p', {}, h('strong', {}, nats(total, 1)), h('br'), term('KL to the prior', 'klOfImage')),
          h('button', { type: 'button', onclick: () => this.taken(answer) }, 'Put in the sliders'))),
      this.bars(),
      this.nearest());
  }

  // bars shows mean and spread of the latents that say most about the image.
  bars() {
    const { answer, model } = this;
    const order = model.latents.map((l) => l.index).sort((a, b) => (answer.kl_nats[b] ?? 0) - (answer.kl_nats[a] ?? 0)).slice(0, shownLatents);
    if (model.latents.length <= 2) order.sort((a, b) => a - b);
    const row = (d) => {
      const l = model.latents.find((other) => other.index === d);
      const reach = 0.15 * (l.high - l.low);
      const x = scale(l.low - reach, l.high + reach, 0, 300);
      const inside = (v) => Math.min(299, Math.max(1, x(v)));
      const [low, high] = [inside(answer.z_low[d]), inside(answer.z_high[d])];
      const mean = fit(answer.z[d], l.high - l.low);
      const deviation = fit((answer.z_high[d] - answer.z_low[d]) / 2, l.high - l.low);
      return h('tr', {},
        h('th', { scope: 'row' }, `z${d}`),
        h('td', { class: 'bar-cell' }, s('svg', { viewBox: '0 0 300 18', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
          s('rect', { class: 'bar-range', x: x(l.low), width: x(l.high) - x(l.low), y: 8, height: 2 }),
          s('rect', { class: 'bar-spread', x: low, width: Math.max(2, high - low), y: 4, height: 10, rx: 2 }),
          s('rect', { class: 'bar-mean', x: inside(answer.z[d]) - 1.5, width: 3, y: 1, height: 16, rx: 1 }))),
        h('td', { class: 'bar-number' }, `${mean} ± ${deviation}`),
        h('td', { class: 'bar-number' }, num(answer.kl_nats[d], 2)));
    };
    return h('table', { class: 'bars-table' },
      h('caption', { class: 'unseen' }, 'Posterior of the drawing'),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, h('span', { class: 'unseen' }, 'latent')), h('th', { scope: 'col' }, 'over the prior’s range'),
        h('th', { scope: 'col', class: 'bar-number' }, term('μ ± σ', 'posterior')), h('th', { scope: 'col', class: 'bar-number' }, term('KL, nats', 'klOfImage')))),
      h('tbody', {}, order.map(row)));
  }

  nearest() {
    const { near, format, model } = this;
    if (!near) return h('div', { class: 'near' }, h('p', { class: 'quiet' }, 'Nearest training images follow when you lift the pen.'));
    if (near.neighbours_problem) {
      return h('div', { class: 'near' }, h('p', { class: 'note' }, 'No nearest training images: ', near.neighbours_problem.error,
        h('span', { class: 'quiet' }, ` ${near.neighbours_problem.hint ?? ''}`)));
    }
    const thumbs = h('ol', { class: 'thumbs' }, near.neighbours.map((n) => {
      const name = n.label === null ? '' : className(n.label, model.class_names);
      const picture = new Picture(format, `training image ${n.index}${name && `, ${name}`}, distance ${num(n.distance, 3)}`).show(n.image);
      return h('li', { title: `training image ${n.index}` }, picture.element, h('span', {}, name), h('small', {}, num(n.distance, 3)));
    }));
    thumbs.style.setProperty('--thumb-width', `${ownSize(format)}px`);
    return h('div', { class: 'near' }, h('h3', {}, 'Nearest training images, with their ', term('distance', 'distance')), thumbs);
  }
}

// ownSize is the width an image takes on the page: its own, or a whole multiple
// of it where that is too small to see.
export function ownSize({ width }) {
  return width * Math.max(1, Math.ceil(smallest / width));
}

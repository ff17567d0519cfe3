// The latents as sliders, the most active first.

import { num, fit } from './format.js';
import { h, s } from './dom.js';
import { scale } from './chart.js';
import { shapes } from './density.js';

const shownAtFirst = 10;
const shownAtMost = 64;
const steps = 400;

// Sliders holds z. A z set from outside may lie beyond a slider's range: the
// slider then stands at its end and the number tells the truth.
export class Sliders {
  constructor(moved) {
    this.moved = moved;
    this.list = h('ol', { class: 'sliders' });
    this.more = h('button', { type: 'button', class: 'more', hidden: true, onclick: () => this.showAll() });
    this.element = h('div', { class: 'sliders-box' }, this.list, this.more);
    this.rows = [];
    this.z = [];
    this.open = false;
  }

  get empty() { return this.rows.length === 0; }

  clear() {
    this.rows = [];
    this.z = [];
    this.list.replaceChildren();
  }

  // show makes the sliders of a model's latents; z stays where it fits. While
  // somebody holds one of them they stay as they are.
  show(latents) {
    const same = this.z.length === latents.length && latents.every((l) => {
      const row = this.rows.find((r) => r.latent.index === l.index);
      return !row || (row.latent.low === l.low && row.latent.high === l.high);
    });
    if (same && this.list.contains(document.activeElement)) return;
    const z = same ? this.z : null;
    const backs = new Map(same ? this.rows.map((row) => [row.latent.index, row.back]) : []);
    this.latents = latents;
    this.z = new Array(latents.length);
    for (const l of latents) this.z[l.index] = z ? z[l.index] : l.middle;
    const largest = Math.max(...latents.map((l) => l.kl_nats ?? l.activity ?? 0), 0.01);
    this.rows = latents.slice(0, shownAtMost).map((l) => this.row(l, largest, backs.get(l.index)));
    this.list.classList.toggle('few', latents.length <= 4);
    this.list.replaceChildren(...this.rows.map((row) => row.element));
    this.fold();
    this.set(this.z);
  }

  row(l, largest, former) {
    const id = `z${l.index}-${Math.random().toString(36).slice(2, 8)}`;
    const span = l.high - l.low;
    const input = h('input', {
      type: 'range', id, min: 0, max: steps, step: 1,
      oninput: () => {
        this.z[l.index] = l.low + (span * input.valueAsNumber) / steps;
        this.label(row);
        this.moved(this.z);
      },
    });
    const value = h('output', { class: 'value', htmlFor: id });
    const use = l.kl_nats ?? l.activity;
    const words = l.kl_nats === null ? `activity ${num(l.activity)}` : `KL ${num(l.kl_nats)} nats`;
    const why = l.kl_nats === null ? 'how much its mean varies over the images, 1 as the prior does' : 'how much of the image this latent carries';
    const kl = use === null ? null : h('span', { class: 'kl', title: `${words}: ${why}` },
      s('svg', { viewBox: '0 0 40 4', 'aria-hidden': 'true', preserveAspectRatio: 'none' },
        s('rect', { class: 'kl-bar', width: Math.max(1, (40 * use) / largest), height: 4, rx: 1 })),
      h('span', { class: 'unseen' }, words));
    const back = former ?? s('svg', { class: 'slider-back', viewBox: '0 0 300 34', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    const element = h('li', { class: use !== null && use < 0.01 ? 'asleep' : null },
      h('label', { htmlFor: id }, `z${l.index}`, kl),
      h('div', { class: 'slider' }, back, input),
      value);
    const row = { latent: l, input, value, back, element };
    return row;
  }

  // set puts z in the sliders without telling anybody.
  set(z) {
    this.z = Array.from(z);
    for (const row of this.rows) {
      const { low, high, index } = row.latent;
      row.input.value = Math.round((steps * (this.z[index] - low)) / (high - low));
      this.label(row);
    }
  }

  label(row) {
    const { low, high, index } = row.latent;
    const text = fit(this.z[index], high - low);
    row.value.textContent = text;
    row.input.setAttribute('aria-valuetext', text);
  }

  middle() {
    const z = new Array(this.latents.length);
    for (const l of this.latents) z[l.index] = l.middle;
    return z;
  }

  // back draws prior and posterior behind the sliders.
  back(matches) {
    for (const match of matches) {
      const row = this.rows.find((r) => r.latent.index === match.index);
      if (!row) continue;
      const x = scale(row.latent.low, row.latent.high, 0, 300);
      row.back.replaceChildren(...shapes(match, x, 300, 34));
    }
  }

  showAll() {
    this.open = !this.open;
    this.fold();
  }

  fold() {
    const hidden = this.rows.length - shownAtFirst;
    this.rows.forEach((row, i) => { row.element.hidden = !this.open && i >= shownAtFirst; });
    this.more.hidden = hidden <= 0;
    const rest = this.latents.length > shownAtMost ? `, the most active of ${this.latents.length}` : '';
    this.more.textContent = this.open ? `Show the ${shownAtFirst} most active` : `Show ${hidden} more${rest}`;
    this.more.setAttribute('aria-expanded', String(this.open));
  }
}

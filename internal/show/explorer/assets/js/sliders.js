// The latents as sliders.

import { scale } from './chart.js';
import { shapes } from './density.js';
import { h, s, say } from './dom.js';
import { explanation } from './words.js';
import { fit, num } from './format.js';
import { inOrder, middle, mostAsleep, readNumber, within } from './latents.js';
import { Player } from './player.js';

const shownAtFirst = 10;
const shownAtMost = 64;
const steps = 400;

// Sliders holds z. A z set from outside may lie beyond a slider's range: the
// slider then stands at its end and the number tells the truth.
export class Sliders {
  // moved is called with z when somebody moves a slider.
  constructor(moved) {
    this.moved = moved;
    this.player = new Player();
    this.list = h('ol', { class: 'sliders' });
    this.more = h('button', { type: 'button', class: 'more', hidden: true, onclick: () => { this.open = !this.open; this.fold(); } });
    this.element = h('div', { class: 'sliders-box' }, this.list, this.more);
    this.open = false;
    this.clear();
  }

  get empty() { return this.rows.length === 0; }

  clear() {
    this.player.stop();
    this.rows = [];
    this.latents = [];
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
    if (same && (this.player.who !== null || this.list.contains(document.activeElement))) return;
    const z = same ? this.z : middle(latents);
    const backs = new Map(same ? this.rows.map((row) => [row.latent.index, row.back]) : []);
    this.player.stop();
    this.latents = latents;
    const largest = Math.max(...latents.map((l) => l.kl_nats ?? l.activity ?? 0), mostAsleep);
    this.rows = inOrder(latents).slice(0, shownAtMost).map((l) => this.row(l, largest, backs.get(l.index)));
    this.list.classList.toggle('few', latents.length <= 4);
    this.list.replaceChildren(...this.rows.map((row) => row.element));
    this.fold();
    this.set(z);
  }

  row(latent, largest, former) {
    const id = `z${latent.index}-${Math.random().toString(36).slice(2, 8)}`;
    const name = `z${latent.index}`;
    const row = { latent, back: former ?? s('svg', { class: 'slider-back', viewBox: '0 0 300 34', preserveAspectRatio: 'none', 'aria-hidden': 'true' }) };
    row.input = h('input', { type: 'range', id, min: 0, max: steps, step: 1, oninput: () => this.slide(row, row.input.valueAsNumber / steps) });
    row.value = h('input', {
      class: 'value', type: 'text', inputMode: 'text', autocomplete: 'off', spellcheck: false, 'aria-label': `${name}, typed`, title: range(latent),
      onfocus: () => row.value.select(),
      onchange: () => this.type(row),
      onkeydown: (event) => this.nudge(event, row),
    });
    row.play = h('button', { type: 'button', class: 'play', 'aria-label': `Play ${name}`, 'aria-pressed': 'false', title: `Play ${name}`, onclick: () => this.play(row) },
      s('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { class: 'play-start', d: 'M4 2.5v11l9-5.5z' }), s('path', { class: 'play-stop', d: 'M4 3h3v10H4zM9 3h3v10H9z' })));
    const use = latent.kl_nats ?? latent.activity;
    row.element = h('li', { class: use !== null && use < mostAsleep ? 'asleep' : null },
      h('label', { htmlFor: id }, name, usage(latent, use, largest)),
      h('div', { class: 'slider' }, row.back, row.input),
      row.value, row.play);
    return row;
  }

  slide(row, position) {
    const { index, low, high } = row.latent;
    this.player.stop();
    this.z[index] = low + (high - low) * position;
    this.label(row);
    this.moved(this.z);
  }

  // type takes the number that was typed.
  type(row) {
    const typed = readNumber(row.value.value);
    this.player.stop();
    if (Number.isFinite(typed)) {
      const { latent } = row;
      const v = within(typed, latent);
      if (v !== typed) say(range(latent));
      this.z[latent.index] = v;
      this.place(row);
      this.moved(this.z);
    } else {
      say(`${row.value.value} is not a number.`);
    }
    this.label(row);
  }

  // nudge moves a typed number by arrow keys, as a field of numbers would.
  nudge(event, row) {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === 'Enter') this.type(row);
    if (event.key === 'Escape') this.label(row);
    if (way === undefined) return;
    event.preventDefault();
    const { low, high, index } = row.latent;
    row.value.value = this.z[index] + (way * (high - low)) / (event.shiftKey ? 1000 : 100);
    this.type(row);
  }

  // play moves one latent to and fro over its range until somebody stops it.
  play(row) {
    if (this.player.who === row) {
      this.player.stop();
      return;
    }
    const { low, high, index } = row.latent;
    row.play.setAttribute('aria-pressed', 'true');
    this.player.play(row, (this.z[index] - low) / (high - low), (position) => {
      this.z[index] = low + (high - low) * position;
      this.place(row);
      this.label(row);
      this.moved(this.z);
    }, () => row.play.setAttribute('aria-pressed', 'false'));
  }

  // set puts z in the sliders without telling anybody.
  set(z) {
    this.player.stop();
    this.z = Array.from(z);
    for (const row of this.rows) {
      this.place(row);
      this.label(row);
    }
  }

  place(row) {
    const { low, high, index } = row.latent;
    row.input.value = Math.round((steps * (this.z[index] - low)) / (high - low));
  }

  label(row) {
    const { low, high, index } = row.latent;
    const text = fit(this.z[index], high - low);
    row.value.value = text;
    row.input.setAttribute('aria-valuetext', text);
  }

  // back draws prior and posterior behind the sliders.
  back(matches) {
    for (const match of matches) {
      const row = this.rows.find((r) => r.latent.index === match.index);
      if (!row) continue;
      row.back.replaceChildren(...shapes(match, scale(row.latent.low, row.latent.high, 0, 300), 300, 34));
    }
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

// usage is a bar that says how much a latent says.
function usage(latent, use, largest) {
  if (use === null) return null;
  const byKL = latent.kl_nats !== null;
  const words = byKL ? `KL ${num(use)} nats` : `activity ${num(use)}`;
  return h('span', { class: 'kl', title: `${words}. ${explanation(byKL ? 'klOfLatent' : 'activity')}` },
    s('svg', { viewBox: '0 0 40 4', 'aria-hidden': 'true', preserveAspectRatio: 'none' },
      s('rect', { class: 'kl-bar', width: Math.max(1, (40 * use) / largest), height: 4, rx: 1 })),
    h('span', { class: 'unseen' }, words));
}

// range says what a latent may be.
function range({ index, low, high, lowest, highest }) {
  const span = high - low;
  if (lowest !== null && highest !== null) return `z${index} lies between ${fit(lowest, span)} and ${fit(highest, span)} under this prior`;
  return `Type a number for z${index}; 99 % of the prior lie between ${fit(low, span)} and ${fit(high, span)}`;
}

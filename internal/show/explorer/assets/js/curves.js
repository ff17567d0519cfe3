// Curves of the training of one run or two.

import { h, s } from './dom.js';
import { term } from './explain.js';
import { duration, num, whole } from './format.js';
import { bottomAxis, extent, labels, path, scale, sized, ticks } from './chart.js';

const height = 214;
const floor = height - 38;
const left = 46;

const panels = [
  { title: 'Loss', word: 'loss', test: 'loss', train: 'train_loss', step: 'loss' },
  { title: 'Reconstruction', word: 'reconstruction', test: 'reconstruction_nats', train: 'train_reconstruction_nats', step: 'reconstruction_nats' },
  { title: 'KL', word: 'KL', test: 'kl_nats', train: 'train_kl_nats', step: 'kl_nats' },
];

export class Curves {
  constructor() {
    this.metrics = new Map(); // by run: steps and epochs
    this.open = false; // whether the table is
    this.element = h('div', { class: 'curves' });
  }

  // add takes in the news of a run.
  add({ run, reset, steps, epochs }) {
    const known = reset ? undefined : this.metrics.get(run);
    this.metrics.set(run, { steps: [...(known?.steps ?? []), ...steps], epochs: [...(known?.epochs ?? []), ...epochs] });
    this.render();
  }

  forget() { this.metrics.clear(); }

  // show says which runs are drawn, with the class of their colour.
  show(runs) {
    this.runs = runs;
    this.render();
  }

  render() {
    const runs = (this.runs ?? []).map((run) => ({ ...run, ...(this.metrics.get(run.name) ?? { steps: [], epochs: [] }) }));
    if (runs.every((run) => run.epochs.length === 0 && run.steps.length === 0)) {
      const known = runs.every((run) => this.metrics.has(run.name));
      this.element.replaceChildren(h('p', { class: 'note' },
        known ? 'Nothing measured yet. The first figures come with the first epoch.' : 'Reading the figures\u2026'));
      return;
    }
    this.element.replaceChildren(
      h('div', { class: 'panels' }, panels.map((p) => this.panel(p, runs))),
      this.table(runs));
  }

  panel(p, runs) {
    const bySteps = runs.every((run) => run.epochs.length === 0);
    const series = runs.flatMap((run) => this.series(p, run, bySteps));
    const xs = series.flatMap((one) => one.points.map(([x]) => x));
    const { low, high, cut } = extent(series.map((one) => one.points.map(([, y]) => y)));
    const pad = (high - low || Math.abs(high) || 1) * 0.08;
    const y = scale(low - pad, high + pad, floor, 10);
    const levels = ticks(low - pad, high + pad, 4);
    const names = labels(levels);
    const last = runs.map((run) => run.epochs.at(-1)).filter(Boolean).map((e) => `${num(e[p.test])} (epoch ${e.epoch})`);
    const first = series.map((one) => one.points[0]?.[1] ?? low).reduce((a, b) => (Math.abs(b - low) > Math.abs(a - low) ? b : a), low);
    const clip = `clip-${p.title}`;
    const words = bySteps ? `${p.title} over the steps of the first epoch` : `${p.title} over epochs. ${runs.map((run) => `${run.name}: ${num(run.epochs.at(-1)?.[p.test])} nats after epoch ${run.epochs.at(-1)?.epoch ?? 0}`).join('; ')}`;
    return h('figure', { class: 'panel' },
      h('figcaption', {}, h('strong', {}, term(p.title, p.word)), h('span', { class: 'quiet' }, last.join(', '))),
      sized(height, words, (width) => {
        const x = scale(Math.min(1, ...xs), Math.max(2, ...xs), left, width - 12);
        return [
          levels.map((v, i) => [
            s('line', { class: 'grid', x1: left, x2: width - 12, y1: y(v), y2: y(v) }),
            s('text', { class: 'tick', x: left - 7, y: y(v) + 4, 'text-anchor': 'end' }, names[i]),
          ]),
          bottomAxis(x, ticks(x.from, x.to, width / 70, true), floor),
          s('text', { class: 'tick', x: (left + width - 12) / 2, y: height - 4, 'text-anchor': 'middle' }, bySteps ? 'step' : 'epoch'),
          cut > 0 && s('text', { class: 'tick', x: width - 12, y: 20, 'text-anchor': 'end' }, `begins off the scale, at ${num(first, 0)}`),
          s('clipPath', { id: clip }, s('rect', { x: left, y: 4, width: Math.max(0, width - 8 - left), height: floor - 2 })),
          s('g', { 'clip-path': `url(#${clip})` }, series.map((one) => [
            s('path', { class: `series ${one.kind} ${one.color}`, d: path(one.points.map(([a, b]) => [x(a), y(b)])) }),
            one.kind === 'test' && one.points.length > 0 && s('circle', { class: `dot ${one.color}`, cx: x(one.points.at(-1)[0]), cy: y(one.points.at(-1)[1]), r: 3.5 }),
          ])),
        ];
      }));
  }

  // series is what is drawn of a run: its epochs, or its steps while nobody has
  // ended an epoch.
  series(p, run, bySteps) {
    if (bySteps) return [{ kind: 'train', color: run.color, points: run.steps.map((one) => [one.step, one[p.step]]) }];
    const of = (key) => run.epochs.map((one) => [one.epoch, one[key]]);
    return [{ kind: 'train', color: run.color, points: of(p.train) }, { kind: 'test', color: run.color, points: of(p.test) }];
  }

  // table holds the same figures as text.
  table(runs) {
    return h('details', { open: this.open, ontoggle: (event) => { this.open = event.target.open; } }, h('summary', {}, 'Figures of every epoch'),
      h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Figures of every epoch' }, h('table', { class: 'figures' },
        h('thead', {}, h('tr', {}, ['run', 'epoch', 'step', 'loss', 'reconstruction', 'KL', 'training loss', 'active', 'time'].map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, runs.flatMap((run) => run.epochs.slice(-200).reverse().map((e) => h('tr', {},
          h('td', {}, run.name), h('td', {}, e.epoch), h('td', {}, whole(e.step)), h('td', {}, num(e.loss)), h('td', {}, num(e.reconstruction_nats)),
          h('td', {}, num(e.kl_nats)), h('td', {}, num(e.train_loss)), h('td', {}, e.active_units), h('td', {}, duration(e.seconds)))))))));
  }
}

// One run on the page: its part of every section.

import * as api from './api.js';
import { h, say } from './dom.js';
import { duration, moment, num, whole } from './format.js';
import { densityPlot } from './density.js';
import { digit, paint } from './ink.js';
import { latest } from './latest.js';
import { Labels } from './labels.js';
import { LatentMap } from './map.js';
import { Posterior } from './posterior.js';
import { Samples } from './samples.js';
import { Sliders } from './sliders.js';

// mapEvery is how long a map stays while a training renews the model under it:
// a new one costs the training a fraction of a second.
const mapEvery = 6000;

export class Panel {
  // slot is "a" or "b"; failed is told what went wrong.
  constructor(slot, failed) {
    this.slot = slot;
    this.failed = failed;
    this.seed = Math.floor(Math.random() * 2 ** 31);
    this.sliders = new Sliders((z) => this.ask(z));
    this.labels = new Labels(() => this.relabelled());
    this.map = new LatentMap((z, pixels, place) => this.take(z, pixels, place), failed, () => this.labels.given);
    this.posterior = new Posterior((answer) => this.take(answer.z, null, answer.map));
    this.samples = new Samples((z, pixels, place) => this.take(z, pixels, place));
    this.ask = latest((z) => this.decodeNow(z), failed);
    this.encode = latest((pad) => this.encodeNow(pad), failed);
    this.makeParts();
  }

  makeParts() {
    const part = (name, ...children) => h('div', { class: `part run-${this.slot} part-${name}` }, ...children);
    this.head = part('head');
    this.screen = h('div', { class: 'screen' });
    this.benchNote = h('div', { class: 'note', hidden: true });
    this.benchBody = h('div', { class: 'bench-body' },
      h('div', { class: 'bench-digit' }, this.screen,
        h('div', { class: 'bench-tools' },
          this.labels.chooser('Label to decode'),
          h('button', { type: 'button', onclick: () => this.drawOne() }, 'Draw z from the prior'),
          h('button', { type: 'button', onclick: () => this.toMiddle() }, 'Middle of the prior'))),
      this.sliders.element, this.map.element);
    this.priorBox = h('div', { class: 'priors' });
    this.parts = {
      head: this.head,
      bench: part('bench', this.benchNote, this.benchBody),
      posterior: part('posterior', this.labels.chooser('Label of the drawing'), this.posterior.element),
      samples: part('samples', this.labels.chooser('Label of the samples'), this.samples.element),
      prior: part('prior', this.priorBox),
    };
  }

  // name is the run's name above its part where two stand side by side.
  label(text) {
    for (const [key, element] of Object.entries(this.parts)) {
      element.querySelector(':scope > .part-name')?.remove();
      if (text && key !== 'head') element.prepend(h('p', { class: 'part-name' }, text));
    }
  }

  // show reads a run and everything about it.
  async show(name) {
    if (this.name !== name) {
      this.name = name;
      this.details = null;
      this.sliders.clear();
      this.map.waiting();
      this.priorBox.replaceChildren(h('p', { class: 'quiet' }, 'Reading the data set…'));
    }
    if (await this.showModel(name)) await this.showData(name);
  }

  // showModel shows what needs no data set, and says whether there is a model.
  async showModel(name) {
    const details = await api.getRun(name);
    if (this.name !== name) return false;
    this.details = details;
    this.model = details.model;
    this.renderHead();
    this.benchNote.hidden = this.model !== null;
    this.benchBody.hidden = this.model === null;
    this.benchBody.classList.toggle('few', this.model?.latents.length <= 4);
    if (this.model === null) {
      this.withoutModel(details.model_problem);
      return false;
    }
    this.makeScreen();
    this.labels.show(this.model.classes);
    const first = this.sliders.empty;
    this.sliders.show(this.model.latents);
    if (!first) this.ask(this.sliders.z);
    await this.samples.show(name, this.model, this.seed, this.labels.given);
    // A draw says more at first sight than the blur in the middle.
    if (first && this.name === name) this.samples.grid.firstChild.click();
    return this.name === name;
  }

  withoutModel(problem) {
    this.benchNote.replaceChildren(h('p', {}, problem?.error ?? 'The run has no model yet.'), h('p', { class: 'quiet' }, problem?.hint ?? ''));
    this.priorBox.replaceChildren(h('p', { class: 'note' }, 'The prior plot comes with the first checkpoint.'));
    this.samples.grid.replaceChildren(h('p', { class: 'note' }, 'Samples come with the first checkpoint.'));
    this.samples.note.textContent = '';
  }

  // showData shows what needs the images of the data set.
  async showData(name) {
    clearTimeout(this.later);
    this.mapped = performance.now();
    try {
      await this.map.load(name, this.model.height, this.model.width);
      const match = await api.getPrior(name, Math.min(64, this.model.latents.length));
      if (this.name !== name) return;
      this.showPrior(match);
      this.sliders.back(match.latents);
      this.ask(this.sliders.z); // now that it has a place on the map
      this.renderHead();
    } catch (trouble) {
      if (this.name !== name) return;
      this.map.missing(trouble);
      this.priorBox.replaceChildren(h('div', { class: 'note' }, h('p', {}, `There is no prior plot: ${trouble.message}.`), h('p', { class: 'quiet' }, trouble.hint)));
      if (!(trouble instanceof api.Trouble)) throw trouble;
    }
  }

  showPrior(match) {
    const shown = 12;
    const many = match.total_latents > shown ? h('p', { class: 'quiet' }, `The ${shown} most active of ${match.total_latents} latents.`) : null;
    const only = match.total_latents === 1;
    this.priorBox.replaceChildren(
      h('p', { class: 'quiet' }, `p(z) is ${match.prior}; z of ${whole(match.images)} test images`),
      ...(match.all ? [densityPlot(match.all, { large: true })] : []),
      h('div', { class: `densities${match.total_latents <= 4 ? ' few' : ''}` },
        match.latents.slice(0, shown).map((one) => densityPlot(one, { large: only, same: match.all !== null }))),
      ...(many ? [many] : []));
  }

  // renew follows a training that has written a new checkpoint: at once with
  // what is cheap, and now and then with the map.
  async renew() {
    const { name } = this;
    if (!(await this.showModel(name))) return;
    clearTimeout(this.later);
    const wait = (this.mapped ?? -Infinity) + mapEvery - performance.now();
    if (wait > 0) this.later = setTimeout(() => this.showData(name).catch(this.failed), wait);
    else await this.showData(name);
  }

  // status takes in what the list of runs says of this one.
  status(summary) {
    if (!this.details) return;
    Object.assign(this.details, summary);
    this.renderHead();
  }

  renderHead() {
    const d = this.details;
    const figure = (value, text, title) => h('div', { class: 'figure', title }, h('dd', {}, value), h('dt', {}, text));
    const f = d.figures;
    this.head.replaceChildren(
      h('div', { class: 'head-name' }, h('h2', {}, d.name), statusMark(d)),
      h('p', { class: 'head-prior' }, h('span', {}, d.prior || 'prior not known yet'),
        [d.model?.classes && `given one of ${d.model.classes} labels`, d.model?.lower_latents && `z above a layer of ${d.model.lower_latents}`, d.dataset, moment(d.started)].filter(Boolean).map((text) => h('span', { class: 'quiet' }, text))),
      f ? h('dl', { class: 'figures-row' },
        figure(num(d.loss_nats ?? f.loss_nats), 'loss, nats', `${f.objective === 'iwae' ? 'importance-weighted bound' : 'negative ELBO: reconstruction and KL together'}, nats per image, on the ${f.split} images`),
        figure(num(f.reconstruction_nats), 'reconstruction', 'nats per image'),
        figure(num(f.kl_nats), 'KL', 'nats per image, all latents together'),
        figure(`${f.active_units}/${d.model ? d.model.latents.length : '–'}`, 'active', 'latents whose mean varies over the images'),
        figure(duration(d.seconds), 'trained', 'time spent training')) : h('p', { class: 'quiet' }, 'No figures before the first epoch ends.'),
      ...[d.problem?.error, d.warning, this.map.points?.run === d.name && this.map.points.note].filter(Boolean).map((text) => h('p', { class: 'note' }, text)),
      ...d.remarks.slice(0, 1).map(() => h('details', { open: this.head.querySelector('details')?.open ?? false },
        h('summary', {}, d.remarks.length === 1 ? 'A remark on these figures' : `${d.remarks.length} remarks on these figures`),
        h('ul', { class: 'quiet' }, d.remarks.map((text) => h('li', {}, text))))));
  }

  makeScreen() {
    const { height, width } = this.model;
    if (this.canvas?.width === width && this.canvas?.height === height) return;
    this.canvas = digit(height, width, 'The image at the sliders’ z');
    this.screen.replaceChildren(this.canvas);
  }

  async decodeNow(z) {
    const { name } = this;
    if (!this.model || z.length !== this.model.latents.length) return;
    const answer = await api.decodeZ(name, z, this.labels.given);
    if (this.name !== name) return;
    paint(this.canvas, answer.images[0]);
    this.map.at(answer.map?.[0]);
  }

  // take puts a z in the sliders; its image may be known already.
  take(z, pixels, place) {
    this.sliders.set(z);
    if (pixels) paint(this.canvas, pixels);
    if (place?.length) this.map.at(place);
    this.ask(this.sliders.z);
  }

  async drawOne() {
    try {
      const answer = await api.sample(this.name, 1, undefined, this.labels.given);
      this.take(answer.z[0], answer.images[0], answer.map?.[0]);
      say('A z drawn from the prior is in the sliders.');
    } catch (trouble) {
      this.failed(trouble);
    }
  }

  toMiddle() {
    this.take(this.sliders.middle());
  }

  async sampleAgain(seed) {
    this.seed = seed;
    if (this.model) await this.samples.show(this.name, this.model, seed, this.labels.given);
  }

  // encodeNow asks the pad when it runs whether the pen was lifted: who called
  // it may have known less.
  async encodeNow(pad) {
    this.pad = pad;
    if (!this.model) return;
    if (pad.empty) {
      this.posterior.clear();
      return;
    }
    const pixels = pad.pixels(this.model.height, this.model.width);
    if (pixels) await this.posterior.show(this.name, this.model, pixels, !pad.busy, this.labels.given);
  }

  // relabelled shows everything for the label that was chosen.
  relabelled() {
    this.ask(this.sliders.z);
    this.map.relabel();
    this.sampleAgain(this.seed).catch(this.failed);
    if (this.pad) this.encode(this.pad);
  }

  // know takes the label of an image that is looked at.
  know(label) {
    if (label === undefined || label >= this.labels.classes || label === this.labels.chosen) return;
    this.labels.choose(label);
    this.relabelled();
  }
}

// statusMark says how a run is: a dot, and words for those who do not see it.
function statusMark(d) {
  const words = {
    running: `training, epoch ${Math.min(d.epoch + 1, d.epochs)} of ${d.epochs}`,
    finished: `finished, ${d.epochs} ${d.epochs === 1 ? 'epoch' : 'epochs'}`,
    interrupted: `interrupted after epoch ${d.epoch} of ${d.epochs}`,
    killed: `killed after epoch ${d.epoch} of ${d.epochs}`,
    diverged: `diverged after epoch ${d.epoch}`,
    failed: `failed after epoch ${d.epoch}`,
  };
  return h('span', { class: `status status-${d.status}` }, h('i', { 'aria-hidden': 'true' }), words[d.status] ?? d.status);
}

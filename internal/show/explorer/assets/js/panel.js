// One run on the page: its part of every section.

import { densityPlot } from './density.js';
import { h, say } from './dom.js';
import { whole } from './format.js';
import { Head } from './head.js';
import { DrawnLabel, Labels } from './labels.js';
import { fitting, inOrder, middle } from './latents.js';
import { latest } from './latest.js';
import { LatentMap } from './map.js';
import { Picture } from './picture.js';
import { darkShare, isInk, sameFormat } from './pixels.js';
import { Posterior } from './posterior.js';
import { Ranked } from './ranked.js';
import { sampleCount, Samples } from './samples.js';
import { save } from './save.js';
import { Sliders } from './sliders.js';
import { Trouble } from './trouble.js';

// mapEvery is how long a map stays while a training renews the model under it:
// a new one costs the training a fraction of a second.
const mapEvery = 6000;

const shownDensities = 12;

export class Panel {
  // slot is a letter from "a" to "d", of which the run has its colour. On is told
  // what happens: failed(trouble), described() when the run is known, changed()
  // when what the address holds has changed, look(pixels, format, label) when
  // somebody wants an image on the pad.
  constructor(slot, backend, on) {
    Object.assign(this, { slot, backend, on });
    this.seed = Math.floor(Math.random() * 2 ** 31);
    this.wanted = null; // the z and label of a link
    this.sliders = new Sliders((z) => this.ask(z));
    this.labels = new Labels(() => this.relabelled());
    this.drawnLabel = new DrawnLabel(() => { if (this.pad) this.encode(this.pad); });
    this.map = new LatentMap(backend, { taken: (...taken) => this.take(...taken), failed: on.failed, given: () => this.labels.given });
    this.posterior = new Posterior(backend, (answer) => this.take(answer.z, null, answer.map));
    this.samples = new Samples((...taken) => this.take(...taken));
    this.ranked = new Ranked(backend, (pixels, label) => on.look(pixels, this.format, label));
    this.head = new Head(slot);
    this.ask = latest((z) => this.decodeNow(z), on.failed);
    this.encode = latest((pad) => this.encodeNow(pad), on.failed);
    this.makeParts();
  }

  makeParts() {
    const part = (name, ...children) => h('div', { class: `part run-${this.slot} part-${name}` }, ...children);
    this.screen = h('div', { class: 'screen' });
    this.benchNote = h('div', { class: 'note', hidden: true });
    this.benchBody = h('div', { class: 'bench-body' },
      h('div', { class: 'bench-image' }, this.screen,
        h('div', { class: 'bench-tools' },
          this.labels.chooser('Label to decode'),
          h('button', { type: 'button', onclick: () => this.drawOne() }, 'Draw z from the prior'),
          h('button', { type: 'button', onclick: () => this.take(middle(this.model.latents)) }, 'Middle of the prior'),
          h('button', { type: 'button', onclick: () => this.savePicture() }, 'Save picture'))),
      this.sliders.element, this.map.element);
    this.priorBox = h('div', { class: 'priors' });
    this.parts = {
      head: this.head.element,
      bench: part('bench', this.benchNote, this.benchBody),
      posterior: part('posterior', this.drawnLabel.element, this.posterior.element),
      samples: part('samples', this.labels.chooser('Label of the samples'), this.samples.element),
      ranked: part('ranked', this.ranked.element),
      prior: part('prior', this.priorBox),
    };
    this.names = Object.fromEntries(Object.keys(this.parts).map((key) => [key, h('p', { class: 'part-name', hidden: true })]));
    for (const [key, element] of Object.entries(this.parts)) if (key !== 'head') element.prepend(this.names[key]);
  }

  // title is the run's name above its part where two stand side by side.
  title(text) {
    for (const element of Object.values(this.names)) {
      element.textContent = text;
      element.hidden = text === '';
    }
  }

  // address is what a link to this panel holds.
  get address() {
    return { run: this.name, z: this.sliders.z, label: this.labels.given ?? null };
  }

  // show reads a run and everything about it; wanted is what a link asks for.
  async show(name, wanted = null) {
    if (this.name !== name) {
      this.name = name;
      this.details = this.model = this.format = null;
      this.sliders.clear();
      this.map.waiting();
      this.ranked.waiting();
      this.priorBox.replaceChildren(h('p', { class: 'quiet' }, 'Reading the data set…'));
    }
    this.wanted = wanted;
    if (await this.showModel(name)) await this.showData(name);
  }

  // showModel shows what needs no data set, and says whether there is a model.
  async showModel(name) {
    const details = await this.backend.run(name);
    if (this.name !== name) return false;
    this.details = details;
    this.model = details.model;
    this.renderHead();
    this.benchNote.hidden = this.model !== null;
    this.benchBody.hidden = this.model === null;
    if (this.model === null) {
      this.withoutModel(details.model_problem);
      return false;
    }
    this.benchBody.classList.toggle('few', this.model.latents.length <= 4);
    this.labels.show(this.model.classes, this.model.class_names);
    this.drawnLabel.show(this.model.classes, this.model.class_names);
    if (this.wanted?.label !== null && this.wanted?.label < this.labels.classes) this.labels.choose(this.wanted.label);
    const first = this.sliders.empty;
    this.sliders.show(this.model.latents);
    const answer = await this.backend.sample(name, sampleCount, this.seed, this.labels.given);
    if (this.name !== name) return false;
    this.drawn = answer;
    // Until the data are there the model's own images say how to show them.
    this.suit(this.format?.ink ?? isInk(this.model.channels, darkShare(answer.images)));
    this.samples.show(name, this.model, this.format, answer);
    this.on.described();
    const z = fitting(this.wanted?.z, this.model.latents);
    this.wanted = null;
    // A draw says more at first sight than the blur in the middle.
    if (z) this.take(z);
    else if (first) this.samples.takeAt(0);
    else this.ask(this.sliders.z);
    return true;
  }

  // suit makes the places for the model's images, in ink or not, and says whether
  // there was something to do.
  suit(ink) {
    const { height, width, channels } = this.model;
    const format = { height, width, channels, ink };
    if (sameFormat(format, this.format)) return false;
    this.format = format;
    this.examples = this.drawn.images;
    this.picture = new Picture(format, 'The image at the sliders’ z');
    this.screen.replaceChildren(this.picture.element);
    return true;
  }

  withoutModel(problem) {
    this.benchNote.replaceChildren(h('p', {}, problem?.error ?? 'The run has no model yet.'), h('p', { class: 'quiet' }, problem?.hint ?? ''));
    this.priorBox.replaceChildren(h('p', { class: 'note' }, 'The prior plot comes with the first checkpoint.'));
    this.samples.without('Samples come with the first checkpoint.');
    this.ranked.missing(new Trouble('there is no checkpoint yet'));
  }

  // showData shows what needs the images of the data set.
  async showData(name) {
    clearTimeout(this.later);
    this.mapped = performance.now();
    try {
      const points = await this.backend.map(name);
      if (this.name !== name) return;
      this.nameClasses(points.class_names);
      if (this.suit(isInk(this.model.channels, points.dark_share))) this.samples.show(name, this.model, this.format, this.drawn);
      this.map.show(name, points, this.format);
      const match = await this.backend.prior(name, Math.min(64, this.model.latents.length));
      if (this.name !== name) return;
      this.showPrior(match);
      this.sliders.back(match.latents);
      this.ask(this.sliders.z); // now that it has a place on the map
      this.renderHead();
      await this.ranked.load(name, this.model, this.format);
    } catch (trouble) {
      if (this.name !== name) return;
      this.withoutData(trouble);
      if (!(trouble instanceof Trouble)) throw trouble;
    }
  }

  // nameClasses takes the names of the classes, which the data set knows.
  nameClasses(names) {
    if (names.length === 0) return;
    this.model.class_names = names;
    this.labels.show(this.model.classes, names);
    this.drawnLabel.show(this.model.classes, names);
  }

  withoutData(trouble) {
    this.map.missing(trouble);
    this.ranked.missing(trouble);
    this.priorBox.replaceChildren(h('div', { class: 'note' }, h('p', {}, `There is no prior plot: ${trouble.message}.`), h('p', { class: 'quiet' }, trouble.hint ?? '')));
  }

  showPrior(match) {
    const many = match.total_latents > shownDensities;
    const only = match.total_latents === 1;
    const shown = inOrder(match.latents.slice(0, shownDensities));
    this.priorBox.replaceChildren(
      h('p', { class: 'quiet' }, `p(z) is ${match.prior}; z of ${whole(match.images)} test images, encoded after epoch ${match.epoch}`),
      ...(match.all ? [densityPlot(match.all, { large: true })] : []),
      h('div', { class: `densities${match.total_latents <= 4 ? ' few' : ''}` },
        shown.map((one, i) => densityPlot(one, { large: only, same: match.all !== null, repeated: match.all !== null || i > 0 }))),
      ...(many ? [h('p', { class: 'quiet' }, `The ${shownDensities} most active of ${match.total_latents} latents.`)] : []));
  }

  // renew follows a training that has written a new checkpoint: at once with
  // what is cheap, and now and then with the map.
  async renew() {
    const { name } = this;
    if (!(await this.showModel(name))) return;
    clearTimeout(this.later);
    const wait = (this.mapped ?? -Infinity) + mapEvery - performance.now();
    if (wait > 0) this.later = setTimeout(() => this.showData(name).catch(this.on.failed), wait);
    else await this.showData(name);
  }

  // status takes in what the list of runs says of this one, figures excepted:
  // those come all together, with the next renew.
  status({ status, epoch, epochs, problem, version }) {
    if (!this.details) return false;
    const changed = version !== this.details.version || status !== this.details.status || epoch !== this.details.epoch;
    Object.assign(this.details, { status, epoch, epochs, problem, version });
    this.renderHead();
    return changed;
  }

  renderHead() {
    const { points } = this.map;
    this.head.show(this.details, points && this.map.run === this.details.name ? points.note : '');
  }

  async decodeNow(z) {
    const { name, format } = this;
    if (!this.model || z.length !== this.model.latents.length) return;
    const answer = await this.backend.decode(name, { z }, this.labels.given);
    if (this.name !== name || this.format !== format) return;
    this.picture?.show(answer.images[0]);
    this.map.at(answer.map?.[0]);
    this.on.changed();
  }

  // take puts a z in the sliders; its image may be known already.
  take(z, pixels = null, place = null) {
    this.sliders.set(z);
    if (pixels) this.picture.show(pixels);
    if (place?.length) this.map.at(place);
    this.ask(this.sliders.z);
  }

  async drawOne() {
    try {
      const answer = await this.backend.sample(this.name, 1, undefined, this.labels.given);
      this.take(answer.z[0], answer.images[0], answer.map?.[0]);
      say('A z drawn from the prior is in the sliders.');
    } catch (trouble) {
      this.on.failed(trouble);
    }
  }

  savePicture() {
    const z = this.sliders.z.slice(0, 4).map((v) => Number(v.toPrecision(3))).join('_');
    return save(`${this.name}-z_${z}`, this.format, [this.picture.pixels]);
  }

  async sampleAgain(seed) {
    this.seed = seed;
    if (!this.model) return;
    const { name } = this;
    const answer = await this.backend.sample(name, sampleCount, seed, this.labels.given);
    if (this.name !== name) return;
    this.drawn = answer;
    this.samples.show(name, this.model, this.format, answer);
    this.on.changed();
  }

  // encodeNow asks the pad when it runs whether the pen was lifted: who called
  // it may have known less.
  async encodeNow(pad) {
    this.pad = pad;
    if (!this.model || !this.format) return;
    if (pad.empty) {
      this.posterior.clear();
      return;
    }
    const pixels = pad.pixels(this.format);
    if (!pixels) return;
    const { label } = pad;
    const answer = await this.posterior.show(this.name, this.model, this.format, pixels, !pad.busy, this.drawnLabel.asked(label));
    this.drawnLabel.tell(answer, label);
  }

  // relabelled shows everything for the label that was chosen.
  relabelled() {
    this.ask(this.sliders.z);
    this.map.relabel();
    this.sampleAgain(this.seed).catch(this.on.failed);
  }
}

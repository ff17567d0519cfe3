// The page: which runs are shown, and news of them.

import { readAddress, writeAddress } from './address.js';
import { warning } from './comparison.js';
import { Curves } from './curves.js';
import { byId, h } from './dom.js';
import { Pad } from './pad.js';
import { Panel } from './panel.js';
import { showSettings } from './settings.js';
import { Trouble } from './trouble.js';

const addressEvery = 400; // milliseconds between changes of the address
const slots = ['a', 'b'];

export class App {
  // The page asks the backend for everything it shows; see http.js.
  constructor(backend) {
    this.backend = backend;
    this.banner = byId('banner');
    this.failed = (trouble) => this.fail(trouble);
    const on = { failed: this.failed, changed: () => this.remember(), look: (...image) => this.look(...image) };
    this.panels = { a: new Panel('a', backend, on), b: new Panel('b', backend, on) };
    this.curves = new Curves();
    this.pad = new Pad(() => this.drawn(), () => this.takeTestImage());
    this.shown = { a: null, b: null };
    this.list = [];
    this.choosers = {}; // what each chooser offers, so that it is made once
    this.stop = () => {};
    this.following = false; // whether the stream tells of the runs that are shown
    this.lost = 0;
  }

  start() {
    this.asked = readAddress(location.search);
    if (this.asked.seed !== null) for (const slot of slots) this.panels[slot].seed = this.asked.seed;
    byId('run-a').addEventListener('change', (event) => this.choose(event.target.value, this.shown.b).catch(this.failed));
    byId('run-b').addEventListener('change', (event) => this.choose(this.shown.a, event.target.value || null).catch(this.failed));
    byId('again').addEventListener('click', () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      for (const panel of this.showing) panel.sampleAgain(seed).catch(this.failed);
    });
    byId('pad').append(this.pad.element);
    byId('curves').append(this.curves.element);
    this.listen();
  }

  get showing() { return slots.filter((slot) => this.shown[slot]).map((slot) => this.panels[slot]); }

  fail(trouble) {
    if (trouble.name === 'AbortError') return;
    this.banner.replaceChildren(trouble.message, trouble.hint ? h('span', {}, ` ${trouble.hint}`) : '',
      h('button', { type: 'button', 'aria-label': 'Dismiss', onclick: () => { this.banner.hidden = true; } }, '×'));
    this.banner.hidden = false;
    if (!(trouble instanceof Trouble)) console.error(trouble);
  }

  drawn() {
    for (const panel of this.showing) panel.encode(this.pad);
  }

  async takeTestImage() {
    const [panel] = this.showing;
    const { points } = panel.map;
    const at = Math.floor(Math.random() * points.images.length);
    try {
      const { images } = await this.backend.images(panel.name, points.split, [points.images[at]]);
      this.pad.take(images[0], panel.format, points.labels[at]);
    } catch (trouble) {
      this.fail(trouble);
    }
  }

  // look puts an image on the pad and goes there.
  look(pixels, format, label) {
    this.pad.take(pixels, format, label);
    byId('draw').scrollIntoView();
  }

  // choose shows one run, or two side by side.
  async choose(a, b, asked = {}) {
    const before = { ...this.shown };
    this.shown = { a, b: b && b !== a ? b : null };
    this.banner.hidden = true;
    this.fillChoosers();
    for (const box of [byId('heads'), ...document.querySelectorAll('[data-part]')]) {
      box.replaceChildren(...this.showing.map((panel) => panel.parts[box.dataset.part ?? 'head']));
      box.classList.toggle('two', this.shown.b !== null);
    }
    this.panels.a.title(this.shown.b ? a : '');
    this.panels.b.title(this.shown.b ?? '');
    if (this.shown.a !== before.a || this.shown.b !== before.b) this.listen();
    this.drawCurves();
    if (this.shown.b && !before.b) this.panels.b.seed = this.panels.a.seed;
    this.remember();
    await Promise.all(slots.filter((slot) => this.shown[slot] && this.shown[slot] !== before[slot]).map((slot) =>
      this.panels[slot].show(this.shown[slot], asked[slot]).catch(this.failed)));
    this.showDetails();
    this.drawn();
  }

  showDetails() {
    const [first] = this.showing;
    if (first?.format) this.pad.suit(first.format, first.examples);
    this.pad.testable = Boolean(first?.map.points);
    const all = this.showing.map((panel) => panel.details).filter(Boolean);
    showSettings(all);
    const note = byId('comparison');
    note.textContent = all.length === 2 ? warning(...all) : '';
    note.hidden = note.textContent === '';
    this.remember();
  }

  drawCurves() {
    this.curves.show(slots.filter((slot) => this.shown[slot]).map((slot) => ({ name: this.shown[slot], color: `color-${slot}` })));
  }

  // remember puts what is shown in the address, now and then: browsers refuse
  // more changes than a few a second.
  remember() {
    if (this.remembering) return;
    this.remembering = setTimeout(() => {
      this.remembering = 0;
      if (!this.shown.a) return;
      const of = (slot) => (this.shown[slot] ? { ...this.panels[slot].address, run: this.shown[slot] } : null);
      history.replaceState(null, '', writeAddress({ a: of('a'), b: of('b'), seed: this.panels.a.seed }) + location.hash);
      document.title = `${[this.shown.a, this.shown.b].filter(Boolean).join(' and ')} – vaectl explorer`;
    }, addressEvery);
  }

  fillChoosers() {
    const offer = (id, selected, except, none) => {
      const offered = [
        ...(none ? [{ value: '', text: none, disabled: false }] : []),
        ...this.list.filter((run) => run.name !== except).map((run) =>
          ({ value: run.name, text: run.status === 'running' ? `${run.name} (training)` : run.name, disabled: Boolean(run.problem) })),
      ];
      const key = JSON.stringify(offered);
      if (this.choosers[id] !== key) byId(id).replaceChildren(...offered.map(({ value, text, disabled }) => h('option', { value, disabled }, text)));
      this.choosers[id] = key;
      byId(id).value = selected ?? '';
    };
    offer('run-a', this.shown.a, null);
    offer('run-b', this.shown.b, this.shown.a, 'no other run');
  }

  // listen follows the runs that are shown. Where they cannot be followed, for
  // being gone or broken, the list of runs is, which tells what there is instead.
  listen(runs = [this.shown.a, this.shown.b].filter(Boolean)) {
    this.stop();
    this.curves.forget();
    this.following = runs.length > 0;
    const away = () => {
      this.lost++;
      if (this.lost === 2) this.fail(new Trouble('The explorer does not answer.', 'The page goes on when vaectl serve runs again.'));
    };
    let later = 0;
    const end = this.backend.watch(runs, {
      open: () => { if (this.lost > 1) this.banner.hidden = true; this.lost = 0; this.curves.forget(); },
      lost: away,
      refused: () => { away(); later = setTimeout(() => this.listen([]), 2000); },
      runs: (news) => this.takeRuns(news),
      metrics: (news) => this.curves.add(news),
    });
    this.stop = () => { clearTimeout(later); end(); };
  }

  // gone tells of a run that was asked for, or shown until now.
  gone(name) {
    const problem = this.list.find((run) => run.name === name)?.problem;
    this.fail(problem ? new Trouble(problem.error, problem.hint) : new Trouble(`Run ${name} is not there.`, `Shown is ${this.shown.a}.`));
  }

  takeRuns(news) {
    this.list = news.runs;
    this.showFolder(news);
    const known = (name) => this.list.some((run) => run.name === name && !run.problem);
    if (!this.list.some((run) => !run.problem)) {
      this.banner.hidden = true;
      this.shown = { a: null, b: null };
      return;
    }
    if (!known(this.shown.a)) {
      this.begin(news.selected, known);
      return;
    }
    if (this.shown.b && !known(this.shown.b)) {
      const missing = this.shown.b;
      this.choose(this.shown.a, null).catch(this.failed);
      this.gone(missing);
      return;
    }
    if (!this.following) this.listen();
    this.fillChoosers();
    for (const panel of this.showing) {
      const summary = this.list.find((run) => run.name === panel.name);
      if (summary && panel.status(summary)) panel.renew().then(() => this.showDetails()).catch(this.failed);
    }
  }

  // begin shows what the address asks for, as far as it is there.
  begin(selected, known) {
    const { a, b } = this.asked;
    const first = [a.run, selected].find(known);
    const beside = known(b.run) ? b.run : null;
    const missing = [a.run, b.run].find((name) => name && !known(name));
    this.choose(first, beside, { a: first === a.run ? a : null, b: beside ? b : null }).catch(this.failed);
    if (missing) this.gone(missing);
    this.asked = { a: { run: '' }, b: { run: '' }, seed: null };
  }

  showFolder({ program_version: version, folder }) {
    byId('foot').replaceChildren(
      h('span', {}, `vaectl ${version}`), h('span', {}, folder), h('a', { href: '/api/openapi.yaml' }, 'JSON interface (OpenAPI)'));
    const any = this.list.some((run) => !run.problem);
    byId('empty').hidden = any;
    byId('empty-title').textContent = this.list.length > 0 ? 'No run can be read' : 'No runs yet';
    byId('empty-folder').textContent = folder;
    byId('empty-broken').replaceChildren(...this.list.map((run) => h('li', {}, run.problem?.error ?? run.name)));
    for (const id of ['explorer', 'choosers', 'sections']) byId(id).hidden = !any;
  }
}

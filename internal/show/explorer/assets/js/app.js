// The page: which runs are shown, and news of them.

import { mostRuns, readAddress, writeAddress } from './address.js';
import { list, warning } from './comparison.js';
import { Curves } from './curves.js';
import { byId, h } from './dom.js';
import { Pad } from './pad.js';
import { Panel } from './panel.js';
import { showSettings } from './settings.js';
import { Trouble } from './trouble.js';

const addressEvery = 400; // milliseconds between changes of the address
const slots = Array.from({ length: mostRuns }, (_, i) => 'abcd'[i]); // places for runs, with a colour each

export class App {
  // The page asks the backend for everything it shows; see http.js. Where the
  // page has a name of its own, title is it.
  constructor(backend, { title = 'vaectl explorer' } = {}) {
    Object.assign(this, { backend, title });
    this.banner = byId('banner');
    this.failed = (trouble) => this.fail(trouble);
    const on = { failed: this.failed, described: () => this.showDetails(), changed: () => this.remember(), look: (...image) => this.look(...image) };
    this.panels = slots.map((slot) => new Panel(slot, backend, on));
    this.curves = new Curves();
    this.pad = new Pad(() => this.drawn(), () => this.takeTestImage());
    this.shown = []; // names of runs, one for each panel that is shown
    this.list = [];
    this.stop = () => {};
    this.following = false; // whether the stream tells of the runs that are shown
    this.lost = 0;
    this.choosers = slots.map((slot, i) => {
      const select = h('select', { id: `run-${slot}`, onchange: (event) => this.chosen(i, event.target.value) });
      return { select, offered: '', element: h('label', { class: `chooser chooser-${slot}`, hidden: i > 1 }, h('span', {}, i === 0 ? 'Run' : 'beside'), select) };
    });
  }

  start() {
    this.asked = readAddress(location.search);
    if (this.asked.seed !== null) for (const panel of this.panels) panel.seed = this.asked.seed;
    byId('choosers').replaceChildren(...this.choosers.map(({ element }) => element));
    byId('again').addEventListener('click', () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      for (const panel of this.showing) panel.sampleAgain(seed).catch(this.failed);
    });
    byId('pad').append(this.pad.element);
    byId('curves').append(this.curves.element);
    this.listen();
  }

  get showing() { return this.panels.slice(0, this.shown.length); }

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
    const [panel] = this.panels;
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

  // chosen shows another run in one place; '' closes the place.
  chosen(i, name) {
    const names = [...this.shown];
    if (name === '') names.splice(i, 1);
    else names[i] = name;
    this.choose(names).catch(this.failed);
  }

  // choose shows runs side by side. Asked is what a link wants of each.
  async choose(names, asked = []) {
    const before = this.shown;
    this.shown = names.filter((name, i) => name && names.indexOf(name) === i);
    this.banner.hidden = true;
    this.fillChoosers();
    for (const box of [byId('heads'), ...document.querySelectorAll('[data-part]')]) {
      box.replaceChildren(...this.showing.map((panel) => panel.parts[box.dataset.part ?? 'head']));
      ['two', 'three', 'four'].forEach((word, i) => box.classList.toggle(word, this.shown.length === i + 2));
    }
    this.panels.forEach((panel, i) => panel.title(this.shown.length > 1 ? this.shown[i] ?? '' : ''));
    if (this.shown.join('\n') !== before.join('\n')) this.listen();
    this.drawCurves();
    for (const panel of this.panels.slice(Math.max(1, before.length), this.shown.length)) panel.seed = this.panels[0].seed;
    this.remember();
    await Promise.all(this.showing.map((panel, i) => (this.shown[i] === before[i] ? null : panel.show(this.shown[i], asked[i]).catch(this.failed))));
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
    note.textContent = warning(all);
    note.hidden = note.textContent === '';
    this.remember();
  }

  drawCurves() {
    this.curves.show(this.shown.map((name, i) => ({ name, color: `color-${slots[i]}` })));
  }

  // remember puts what is shown in the address, now and then: browsers refuse
  // more changes than a few a second.
  remember() {
    if (this.remembering) return;
    this.remembering = setTimeout(() => {
      this.remembering = 0;
      if (this.shown.length === 0) return;
      const runs = this.showing.map((panel, i) => ({ ...panel.address, run: this.shown[i] }));
      history.replaceState(null, '', writeAddress({ runs, seed: this.panels[0].seed }) + location.hash);
      document.title = `${list(this.shown)} – ${this.title}`;
    }, addressEvery);
  }

  // fillChoosers offers in each place the runs that no other place shows, and one
  // more place than there are runs.
  fillChoosers() {
    this.choosers.forEach((chooser, i) => {
      chooser.element.hidden = i > Math.max(1, this.shown.length) || i > this.list.length - 1;
      const taken = this.shown.filter((_, j) => j !== i);
      const offered = [
        ...(i > 0 ? [{ value: '', text: 'no other run', disabled: false }] : []),
        ...this.list.filter((run) => !taken.includes(run.name)).map((run) =>
          ({ value: run.name, text: run.status === 'running' ? `${run.name} (training)` : run.name, disabled: Boolean(run.problem) })),
      ];
      const key = JSON.stringify(offered);
      if (chooser.offered !== key) chooser.select.replaceChildren(...offered.map(({ value, text, disabled }) => h('option', { value, disabled }, text)));
      chooser.offered = key;
      chooser.select.value = this.shown[i] ?? '';
    });
  }

  // listen follows the runs that are shown. Where they cannot be followed, for
  // being gone or broken, the list of runs is, which tells what there is instead.
  listen(runs = this.shown) {
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
    this.fail(problem ? new Trouble(problem.error, problem.hint) : new Trouble(`Run ${name} is not there.`, `Shown is ${list(this.shown)}.`));
  }

  takeRuns(news) {
    this.list = news.runs;
    this.showFolder(news);
    const known = (name) => this.list.some((run) => run.name === name && !run.problem);
    if (!this.list.some((run) => !run.problem)) {
      this.banner.hidden = true;
      this.shown = [];
      return;
    }
    if (this.shown.length === 0 || !known(this.shown[0])) {
      this.begin(news.selected, known);
      return;
    }
    const missing = this.shown.find((name) => !known(name));
    if (missing) {
      this.choose(this.shown.filter(known)).catch(this.failed);
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

  // begin shows what the address asks for, as far as it is there, or what the
  // backend selects.
  begin(selected, known) {
    const wanted = this.asked.runs.filter(({ run }) => run);
    const there = wanted.filter(({ run }) => known(run));
    const asked = there.length > 0 && there[0] === wanted[0] ? there : [...[].concat(selected).map((run) => ({ run })), ...there];
    const missing = wanted.find(({ run }) => !known(run)) ?? (this.shown[0] && !known(this.shown[0]) ? { run: this.shown[0] } : null);
    this.asked = { runs: [], seed: null };
    this.choose(asked.map(({ run }) => run), asked).catch(this.failed);
    if (missing) this.gone(missing.run);
  }

  showFolder({ program_version: version, folder, about }) {
    byId('foot').replaceChildren(
      h('span', {}, `vaectl ${version}`), ...(about ?? [h('span', {}, folder), h('a', { href: '/api/openapi.yaml' }, 'JSON interface (OpenAPI)')]));
    const any = this.list.some((run) => !run.problem);
    byId('empty').hidden = any;
    byId('empty-title').textContent = this.list.length > 0 ? 'No run can be read' : 'No runs yet';
    byId('empty-folder').textContent = folder;
    byId('empty-broken').replaceChildren(...this.list.map((run) => h('li', {}, run.problem?.error ?? run.name)));
    for (const id of ['explorer', 'choosers', 'sections']) byId(id).hidden = !any;
  }
}

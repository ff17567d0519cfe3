// The page: which runs are shown, and news of them.

import * as api from './api.js';
import { Curves } from './curves.js';
import { byId, h } from './dom.js';
import { Pad } from './pad.js';
import { Panel } from './panel.js';
import { showSettings } from './settings.js';

const banner = byId('banner');
const panels = { a: new Panel('a', failed), b: new Panel('b', failed) };
const curves = new Curves();
const pad = new Pad(drawn, takeTestImage);
const shown = { a: null, b: null };
let list = [];
let stop = () => {};
let following = false; // whether the stream tells of the runs that are shown
let lost = 0;

function failed(trouble) {
  if (trouble.name === 'AbortError') return;
  banner.replaceChildren(trouble.message, trouble.hint ? h('span', {}, ` ${trouble.hint}`) : '',
    h('button', { type: 'button', 'aria-label': 'Dismiss', onclick: () => { banner.hidden = true; } }, '×'));
  banner.hidden = false;
  if (!(trouble instanceof api.Trouble)) console.error(trouble);
}

function drawn() {
  for (const panel of showing()) panel.encode(pad);
}

async function takeTestImage() {
  const [panel] = showing();
  const points = panel.map.points;
  try {
    const at = Math.floor(Math.random() * points.images.length);
    const index = points.images[at];
    for (const one of showing()) one.know(points.labels[at]);
    pad.take(await api.getImage(panel.name, points.split, index), panel.model.height, panel.model.width);
  } catch (trouble) {
    failed(trouble);
  }
}

const showing = () => ['a', 'b'].filter((slot) => shown[slot]).map((slot) => panels[slot]);

// choose shows one run, or two side by side.
async function choose(a, b) {
  const changed = a !== shown.a || b !== shown.b;
  const before = { ...shown };
  shown.a = a;
  shown.b = b && b !== a ? b : null;
  banner.hidden = true;
  fillChoosers();
  remember();
  for (const box of [byId('heads'), ...document.querySelectorAll('[data-part]')]) {
    const part = box.dataset.part ?? 'head';
    box.replaceChildren(...showing().map((panel) => panel.parts[part]));
    box.classList.toggle('two', shown.b !== null);
  }
  panels.a.label(shown.b ? shown.a : '');
  panels.b.label(shown.b ?? '');
  if (changed) listen();
  drawCurves();
  if (shown.b && !before.b) panels.b.seed = panels.a.seed;
  await Promise.all(['a', 'b'].filter((slot) => shown[slot] && shown[slot] !== before[slot]).map(async (slot) => {
    try {
      await panels[slot].show(shown[slot]);
      showDetails();
    } catch (trouble) {
      failed(trouble);
    }
  }));
  showDetails();
  drawn();
}

function showDetails() {
  pad.test.disabled = !showing()[0]?.map.points;
  showSettings(showing().map((panel) => panel.details).filter(Boolean));
}

function drawCurves() {
  curves.show(['a', 'b'].filter((slot) => shown[slot]).map((slot) => ({ name: shown[slot], color: `color-${slot}` })));
}

function remember() {
  const query = new URLSearchParams({ run: shown.a ?? '' });
  if (shown.b) query.set('beside', shown.b);
  history.replaceState(null, '', `?${query}${location.hash}`);
  document.title = `${[shown.a, shown.b].filter(Boolean).join(' and ')} – vaectl explorer`;
}

function fillChoosers() {
  const options = (selected, except, none) => [
    ...(none ? [h('option', { value: '', selected: !selected }, none)] : []),
    ...list.filter((run) => run.name !== except).map((run) =>
      h('option', { value: run.name, selected: run.name === selected, disabled: Boolean(run.problem) }, run.status === 'running' ? `${run.name} (training)` : run.name)),
  ];
  const fill = (select, entries) => {
    const text = entries.map((option) => option.outerHTML).join('');
    if (select.made !== text) select.replaceChildren(...entries);
    select.made = text;
  };
  fill(byId('run-a'), options(shown.a, null));
  fill(byId('run-b'), options(shown.b, shown.a, 'no other run'));
  byId('run-a').value = shown.a ?? '';
  byId('run-b').value = shown.b ?? '';
}

// listen follows the runs that are shown. Where they cannot be followed, for
// being gone or broken, the list of runs is, which tells what there is instead.
function listen(runs = [shown.a, shown.b].filter(Boolean)) {
  stop();
  curves.forget();
  following = runs.length > 0;
  const away = () => {
    lost++;
    if (lost === 2) failed(new api.Trouble('The explorer does not answer.', 'The page goes on when vaectl serve runs again.'));
  };
  let later = 0;
  const end = api.watch(runs, {
    open: () => { if (lost > 1) banner.hidden = true; lost = 0; curves.forget(); },
    lost: away,
    refused: () => { away(); later = setTimeout(listen, 2000, []); },
    runs: (news) => takeRuns(news),
    metrics: (news) => curves.add(news),
  });
  stop = () => { clearTimeout(later); end(); };
}

// gone tells of a run that was asked for, or shown until now.
function gone(name) {
  const problem = list.find((run) => run.name === name)?.problem;
  return problem ? new api.Trouble(problem.error, problem.hint) : new api.Trouble(`Run ${name} is not there.`, `Shown is ${shown.a}.`);
}

function takeRuns(news) {
  list = news.runs;
  byId('foot').replaceChildren(
    h('span', {}, `vaectl ${news.program_version}`), h('span', {}, news.folder), h('a', { href: '/api/openapi.yaml' }, 'JSON interface (OpenAPI)'));
  const known = (name) => list.some((run) => run.name === name && !run.problem);
  const any = list.some((run) => !run.problem);
  byId('empty').hidden = any;
  byId('empty-title').textContent = list.length > 0 ? 'No run can be read' : 'No runs yet';
  byId('empty-folder').textContent = news.folder;
  byId('empty-broken').replaceChildren(...list.map((run) => h('li', {}, run.problem?.error ?? run.name)));
  for (const id of ['explorer', 'choosers', 'sections']) byId(id).hidden = !any;
  if (!any) {
    banner.hidden = true;
    shown.a = shown.b = null;
    return;
  }
  if (!known(shown.a)) {
    const asked = new URLSearchParams(location.search);
    const first = [asked.get('run'), news.selected].find(known);
    const beside = known(asked.get('beside')) ? asked.get('beside') : null;
    const missing = [asked.get('run'), asked.get('beside')].find((name) => name && !known(name));
    choose(first, beside).catch(failed);
    if (missing) failed(gone(missing));
    return;
  }
  if (shown.b && !known(shown.b)) {
    const missing = shown.b;
    choose(shown.a, null).catch(failed);
    failed(gone(missing));
    return;
  }
  if (!following) listen();
  fillChoosers();
  for (const panel of showing()) {
    const summary = list.find((run) => run.name === panel.name);
    if (!summary || !panel.details) continue;
    const before = panel.details.version;
    const status = panel.details.status;
    panel.status(summary);
    if (before !== summary.version || status !== summary.status) panel.renew().then(showDetails).catch(failed);
  }
}

byId('run-a').addEventListener('change', (event) => choose(event.target.value, shown.b).catch(failed));
byId('run-b').addEventListener('change', (event) => choose(shown.a, event.target.value || null).catch(failed));
byId('again').addEventListener('click', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  for (const panel of showing()) panel.sampleAgain(seed).catch(failed);
});
byId('pad').append(pad.element);
byId('curves').append(curves.element);
listen();

// The settings of the runs that are shown, differences first.

import { byId, h } from './dom.js';

export function showSettings(runs) {
  const note = byId('settings-note');
  const known = runs.filter((run) => run.settings.length > 0);
  const [a] = known;
  if (!a) {
    note.textContent = 'This run has no readable settings.';
    byId('settings-table').replaceChildren();
    return;
  }
  const alone = known.length === 1;
  const rows = a.settings.map((setting) => ({
    ...setting,
    values: known.map((run) => run.settings.find((other) => other.key === setting.key)?.value ?? ''),
    decides: known.some((run) => run.settings.find((other) => other.key === setting.key)?.effect),
  }));
  const differs = (row) => row.decides && (alone ? row.value !== row.default : row.values.some((value) => value !== row.values[0]));
  const first = rows.filter(differs);
  const rest = rows.filter((row) => !differs(row));
  note.textContent = alone
    ? `${first.length === 1 ? 'One setting is' : `${first.length} settings are`} not at the default.`
    : `${first.length === 1 ? 'One setting differs' : `${first.length} settings differ`} between these runs.`;
  const shown = (value) => (value === '' ? '–' : value);
  const line = (row) => h('tr', { class: differs(row) ? 'differs' : null },
    h('th', { scope: 'row', title: row.doc }, row.key),
    row.values.map((value) => h('td', {}, shown(value))),
    alone && h('td', { class: 'quiet' }, shown(row.default)),
    h('td', { class: 'quiet' }, row.unit));
  const heads = ['setting', ...known.map((run) => run.name), ...(alone ? ['default'] : []), 'unit'];
  const table = (lines) => h('div', { class: 'scroll' }, h('table', { class: 'settings' },
    h('thead', {}, h('tr', {}, heads.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, lines.map(line))));
  byId('settings-table').replaceChildren(
    ...(first.length > 0 ? [table(first)] : []),
    h('details', {}, h('summary', {}, `The other ${rest.length} settings`), table(rest)));
}

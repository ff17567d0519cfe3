// The settings of one run or two, differences first.

import { byId, h } from './dom.js';

export function showSettings(runs) {
  const note = byId('settings-note');
  const [a, b] = runs;
  if (!a || a.settings.length === 0) {
    note.textContent = 'This run has no readable settings.';
    byId('settings-table').replaceChildren();
    return;
  }
  const other = new Map((b?.settings ?? []).map((setting) => [setting.key, setting.value]));
  const rows = a.settings.map((setting) => ({ ...setting, other: other.get(setting.key) }));
  const decides = new Set(runs.flatMap((run) => run.settings.filter((setting) => setting.effect).map((setting) => setting.key)));
  const differs = (row) => decides.has(row.key) && (b ? row.value !== row.other : row.value !== row.default);
  const first = rows.filter(differs);
  const rest = rows.filter((row) => !differs(row));
  note.textContent = b
    ? `${first.length === 1 ? 'One setting differs' : `${first.length} settings differ`} between ${a.name} and ${b.name}.`
    : `${first.length === 1 ? 'One setting is' : `${first.length} settings are`} not at the default.`;
  const line = (row) => h('tr', { class: differs(row) ? 'differs' : null },
    h('th', { scope: 'row', title: row.doc }, row.key),
    h('td', {}, row.value === '' ? '–' : row.value),
    b ? h('td', {}, row.other || '–') : h('td', { class: 'quiet' }, row.default === '' ? '–' : row.default),
    h('td', { class: 'quiet' }, row.unit));
  const table = (lines) => h('div', { class: 'scroll' }, h('table', { class: 'settings' },
    h('thead', {}, h('tr', {}, ['setting', a.name, b ? b.name : 'default', 'unit'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, lines.map(line))));
  byId('settings-table').replaceChildren(
    ...(first.length > 0 ? [table(first)] : []),
    h('details', {}, h('summary', {}, `The other ${rest.length} settings`), table(rest)));
}

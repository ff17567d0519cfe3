import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { differences, list, warning } from '../../assets/js/comparison.js';
import { extent } from '../../assets/js/chart.js';
import { duration, fit, num } from '../../assets/js/format.js';
import { moved } from '../../assets/js/roving.js';
import { explanation } from '../../assets/js/words.js';

const js = new URL('../../assets/js/', import.meta.url);

test('every term that the page uses is explained, in one or two sentences', () => {
  const used = new Set();
  for (const file of readdirSync(js)) {
    const text = readFileSync(new URL(file, js), 'utf8');
    for (const [, key] of text.matchAll(/(?:term|explained)\([^()]*(?:\([^()]*\)[^()]*)*, '(\w+)'/g)) used.add(key);
    for (const [, key] of text.matchAll(/word: '(\w+)'/g)) used.add(key);
  }
  assert.ok(used.size > 8, `${used.size} terms are used`);
  for (const key of used) assert.match(explanation(key), /^[^]{30,220}$/);
  assert.throws(() => explanation('nothing'));
});

test('runs that cannot be compared are told with what they differ in', () => {
  const run = (name, data, bound) => ({ name, measured: [{ what: 'the images', value: data }, { what: 'the bound', value: bound }] });
  const [a, b] = [run('a', 'mnist', 'ELBO'), run('b', 'mnist', 'IWAE')];
  assert.deepEqual(differences([a, b]), [{ what: 'the bound', values: [{ name: 'a', value: 'ELBO' }, { name: 'b', value: 'IWAE' }] }]);
  assert.equal(warning([a, b]), 'The losses of a and b cannot be compared. They differ in the bound (a: ELBO; b: IWAE).');
  assert.equal(warning([a, b, run('c', 'mnist', 'ELBO')]), 'The losses of a, b and c cannot be compared. They differ in the bound (a and c: ELBO; b: IWAE).');
  assert.equal(warning([a, run('c', 'mnist', 'ELBO')]), '');
  assert.equal(warning([a]), '');
  assert.equal(warning([a, { name: 'new', measured: [] }]), '');
  assert.equal(list(['x', 'y', 'z']), 'x, y and z');
});

test('arrows move in a grid and stop at its ends', () => {
  assert.equal(moved('ArrowRight', 0, 10, 4), 1);
  assert.equal(moved('ArrowDown', 1, 10, 4), 5);
  assert.equal(moved('ArrowDown', 7, 10, 4), 7);
  assert.equal(moved('ArrowLeft', 0, 10, 4), 0);
  assert.equal(moved('Home', 7, 10, 4), 0);
  assert.equal(moved('End', 7, 10, 4), 9);
  assert.equal(moved('x', 7, 10, 4), null);
});

test('the first epochs do not flatten the rest', () => {
  assert.deepEqual(extent([[20000, 500, 400, 300, 250]]), { low: 250, high: 500, cut: 1 });
  assert.deepEqual(extent([[120, 110, 106, 105]]), { low: 105, high: 120, cut: 0 });
  assert.deepEqual(extent([[9e9, 10], [5, 4]]), { low: 4, high: 9e9, cut: 0 });
  assert.deepEqual(extent([[NaN, 1, 2], []]), { low: 1, high: 2, cut: 0 });
  assert.deepEqual(extent([]), { low: 0, high: 1, cut: 0 });
});

test('numbers are written as people read them', () => {
  assert.equal(num(-0.001), '0.00');
  assert.equal(num(-1.5, 1), '\u22121.5');
  assert.equal(num(NaN), '–');
  assert.equal(fit(0.123456, 4), '0.12');
  assert.equal(fit(1234.5, 5000), '1235');
  assert.equal(duration(59.6), '60 s');
});

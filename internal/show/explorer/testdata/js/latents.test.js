import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitting, inOrder, middle, readNumber } from '../../assets/js/latents.js';

const latent = (index, more = {}) => ({ index, low: -2, high: 2, middle: index, lowest: null, highest: null, ...more });

test('two latents stand by index, more by activity', () => {
  assert.deepEqual(inOrder([latent(1), latent(0)]).map((l) => l.index), [0, 1]);
  assert.deepEqual(inOrder([latent(2), latent(0), latent(1)]).map((l) => l.index), [2, 0, 1]);
});

test('z goes by index', () => assert.deepEqual(middle([latent(2), latent(0), latent(1)]), [0, 1, 2]));

test('z is moved into the support and no further', () => {
  const latents = [latent(1, { lowest: -1, highest: 1 }), latent(0)];
  assert.deepEqual(fitting([9, 1.0001], latents), [9, 1]);
  assert.deepEqual(fitting([0, -3], latents), [0, -1]);
  assert.equal(fitting([0], latents), null);
  assert.equal(fitting(null, latents), null);
});

test('numbers are read as people type them', () => {
  for (const [text, want] of [['1.5', 1.5], [' \u22122 ', -2], ['0,25', 0.25], ['-1e-3', -0.001], ['+4', 4]]) assert.equal(readNumber(text), want, text);
  for (const text of ['', ' ', 'x', '1,2,3', '1 2', '--1']) assert.ok(Number.isNaN(readNumber(text)), text);
});

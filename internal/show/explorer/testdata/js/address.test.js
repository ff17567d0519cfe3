import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress, writeAddress } from '../../assets/js/address.js';

test('an address leads back to what it was made of', () => {
  const state = {
    runs: [{ run: 'first & best', z: [0.5, -1.25, 0], label: 3 }, { run: 'ü/2', z: [1e-7], label: null }, { run: 'x', z: null, label: 0 }, { run: '', z: null, label: null }],
    seed: 7,
  };
  assert.deepEqual(readAddress(writeAddress(state)), state);
});

test('z is short and stays readable', () => {
  assert.equal(writeAddress({ runs: [{ run: 'r', z: [1 / 3, -2, 1e-9], label: null }], seed: null }), '?run=r&z=0.3333,-2,1e-9');
});

test('what is no address of ours is left out', () => {
  for (const search of ['?z=1,x', '?z=1,,2', '?z=NaN', '?z=Infinity', '?z=', `?z=${'0,'.repeat(600)}0`]) assert.equal(readAddress(search).runs[0].z, null, search);
  for (const search of ['?seed=-1', '?seed=1.5', '?seed=x']) assert.equal(readAddress(search).seed, null, search);
  for (const search of ['?label=-1', '?label=1e2', '?label=', '?label=12345']) assert.equal(readAddress(search).runs[0].label, null, search);
  assert.equal(readAddress('?seed=0').seed, 0);
});

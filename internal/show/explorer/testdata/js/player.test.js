import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Player, swing } from '../../assets/js/player.js';

function clock() {
  const frames = new Map();
  let next = 0;
  return {
    frame: (f) => { frames.set(++next, f); return next; },
    cancel: (id) => frames.delete(id),
    tick: (now) => { const due = [...frames.values()]; frames.clear(); due.forEach((f) => f(now)); },
    get waiting() { return frames.size; },
  };
}

test('a swing goes there and back', () => {
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1, 1.5].map(swing), [0, 0.5, 1, 0.5, 0, 1]);
});

test('playing begins where the value is and ends when it is stopped', () => {
  const time = clock();
  const player = new Player(time);
  const seen = [];
  let ended = 0;
  player.play('z0', 0.5, (v) => seen.push(v), () => ended++);
  time.tick(1000);
  time.tick(1000 + 1250);
  time.tick(1000 + 2500);
  assert.deepEqual(seen, [0.5, 1, 0.5]);
  player.stop();
  assert.equal(ended, 1);
  assert.equal(time.waiting, 0);
  player.stop();
  assert.equal(ended, 1);
});

test('one thing plays at a time', () => {
  const time = clock();
  const player = new Player(time);
  let first = 0;
  player.play('z0', 0, () => first++, () => {});
  player.play('z1', 0, () => {}, () => {});
  time.tick(0);
  assert.equal(first, 0);
  assert.equal(player.who, 'z1');
});

test('a move that stops the player ends it', () => {
  const time = clock();
  const player = new Player(time);
  player.play('z0', 0, () => player.stop(), () => {});
  time.tick(0);
  assert.equal(time.waiting, 0);
});

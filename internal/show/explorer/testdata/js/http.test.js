import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HTTPBackend } from '../../assets/js/http.js';
import { latest } from '../../assets/js/latest.js';
import { Trouble } from '../../assets/js/trouble.js';

// answering replaces the network for one call.
async function answering(response, work) {
  const before = globalThis.fetch;
  const calls = [];
  globalThis.fetch = async (path, options) => {
    calls.push({ path, ...options, body: options?.body && JSON.parse(options.body) });
    if (response instanceof Error) throw response;
    return response;
  };
  try {
    return { result: await work(new HTTPBackend()).catch((error) => error), calls };
  } finally {
    globalThis.fetch = before;
  }
}

const json = (value, status = 200) => new Response(JSON.stringify(value), { status });

test('images come as bytes', async () => {
  const { result, calls } = await answering(json({ images: ['AAH/'] }), (b) => b.decode('r', { z: [[0]] }, 3));
  assert.deepEqual([...result.images[0]], [0, 1, 255]);
  assert.deepEqual(calls[0].body, { run: 'r', z: [[0]], label: 3 });
});

test('several images are asked for at once', async () => {
  const { calls } = await answering(json({ images: [] }), (b) => b.images('a b', 'test', [3, 1]));
  assert.equal(calls[0].path, '/api/images?run=a+b&split=test&index=3&index=1');
});

test('what the explorer refuses is trouble with its hint', async () => {
  const { result } = await answering(json({ error: 'no run x', hint: 'name another' }, 404), (b) => b.run('x'));
  assert.ok(result instanceof Trouble);
  assert.deepEqual([result.message, result.hint, result.status], ['no run x', 'name another', 404]);
});

test('an explorer that is gone is trouble too', async () => {
  const { result } = await answering(new TypeError('failed'), (b) => b.run('x'));
  assert.ok(result instanceof Trouble && result.hint.includes('vaectl serve'));
  const proxy = await answering(new Response('<html>', { status: 502 }), (b) => b.run('x'));
  assert.equal(proxy.result.message, 'status 502');
});

test('the latest wins and the others are dropped', async () => {
  const done = [];
  let release;
  const run = latest(async (n) => { done.push(n); if (n === 1) await new Promise((r) => { release = r; }); if (n === 4) throw new Error('four'); }, (e) => done.push(e.message));
  const first = run(1);
  run(2);
  run(3);
  await Promise.resolve();
  release();
  await first;
  await run(4);
  assert.deepEqual(done, [1, 3, 4, 'four']);
});

// The interface behind the page; /api/openapi.yaml describes it.

// Trouble is what the explorer says is wrong, with what to do about it.
export class Trouble extends Error {
  constructor(message, hint, status) {
    super(message);
    this.hint = hint ?? '';
    this.status = status;
  }
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (cause) {
    if (cause.name === 'AbortError') throw cause;
    throw new Trouble('the explorer does not answer', 'is vaectl serve still running?', 0);
  }
  if (response.ok) return response;
  let told = {};
  try { told = await response.json(); } catch { /* not ours */ }
  throw new Trouble(told.error ?? `status ${response.status}`, told.hint, response.status);
}

const get = async (path, values = {}) => {
  const query = new URLSearchParams(values).toString();
  return (await call(query ? `${path}?${query}` : path)).json();
};

const post = async (path, body) =>
  (await call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();

export const getRun = (name) => get(`/api/runs/${encodeURIComponent(name)}`);
export const getMap = (run) => get('/api/map', { run });
export const getPrior = (run, latents) => get('/api/prior', { run, latents });

// A label is for a conditional model and undefined for any other.
export const decodeZ = async (run, z, label) => readImages(await post('/api/decode', { run, z, label }));
export const decodeMap = async (run, places, label) => readImages(await post('/api/decode', { run, map: places, label }));
export const sample = async (run, count, seed, label) => readImages(await post('/api/sample', { run, count, seed, label }));

export async function encode(run, pixels, neighbours, label) {
  const answer = await post('/api/encode', { run, pixels: toBase64(pixels), neighbours, label });
  answer.input = fromBase64(answer.input);
  answer.reconstruction = fromBase64(answer.reconstruction);
  for (const neighbour of answer.neighbours) neighbour.image = fromBase64(neighbour.image);
  return answer;
}

// getImage reads an image of the data set, a byte a pixel.
export async function getImage(run, split, index) {
  const response = await call(`/api/image?${new URLSearchParams({ run, split, index })}`);
  const bitmap = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
}

// watch listens for news of the list of runs and of the metrics of some runs. A
// stream that breaks comes back by itself; one that is refused does not.
export function watch(runs, on) {
  const query = new URLSearchParams(runs.map((run) => ['run', run])).toString();
  const source = new EventSource(query ? `/api/events?${query}` : '/api/events');
  source.addEventListener('open', () => on.open());
  source.addEventListener('error', () => (source.readyState === EventSource.CLOSED ? on.refused() : on.lost()));
  source.addEventListener('runs', (event) => on.runs(JSON.parse(event.data)));
  source.addEventListener('metrics', (event) => on.metrics(JSON.parse(event.data)));
  return () => source.close();
}

function readImages(answer) {
  answer.images = answer.images.map(fromBase64);
  return answer;
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function toBase64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

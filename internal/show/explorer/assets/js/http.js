// The backend of a page that vaectl serves: its JSON interface, which
// /api/openapi.yaml describes.
//
// A backend is what the page asks for everything it shows. All of its methods
// but watch return promises; what goes wrong is a Trouble. Images are bytes, as
// pixels.js has them.
//
//   watch(runs, on)                    news of the list of runs and of the metrics of some; returns what ends it
//   run(name)                          a run with its settings, figures and latents
//   map(run), prior(run, latents)      the test images as points; z beside its prior
//   ranked(run, count)                 the least and the most likely test images
//   decode(run, {z} or {map}, label)   images at rows of z, or at places of the map
//   sample(run, count, seed, label)
//   encode(run, pixels, {neighbours, label, guess})
//   images(run, split, indices)        images of the data set

import { fromBase64, toBase64 } from './bytes.js';
import { Trouble } from './trouble.js';

export class HTTPBackend {
  constructor(base = '') {
    this.base = base;
  }

  async call(path, options) {
    let response;
    try {
      response = await fetch(this.base + path, options);
    } catch (cause) {
      if (cause.name === 'AbortError') throw cause;
      throw new Trouble('the explorer does not answer', 'is vaectl serve still running?');
    }
    if (response.ok) return response.json();
    let told = {};
    try { told = await response.json(); } catch { /* somebody else answered */ }
    throw new Trouble(told.error ?? `status ${response.status}`, told.hint, response.status);
  }

  get(path, values) {
    return this.call(values ? `${path}?${new URLSearchParams(values)}` : path);
  }

  post(path, body) {
    return this.call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  }

  // watch: a stream that breaks comes back by itself; one that is refused does not.
  watch(runs, on) {
    const query = new URLSearchParams(runs.map((run) => ['run', run])).toString();
    const source = new EventSource(`${this.base}/api/events${query ? `?${query}` : ''}`);
    source.addEventListener('open', () => on.open());
    source.addEventListener('error', () => (source.readyState === EventSource.CLOSED ? on.refused() : on.lost()));
    source.addEventListener('runs', (event) => on.runs(JSON.parse(event.data)));
    source.addEventListener('metrics', (event) => on.metrics(JSON.parse(event.data)));
    return () => source.close();
  }

  run(name) { return this.get(`/api/runs/${encodeURIComponent(name)}`); }

  map(run) { return this.get('/api/map', { run }); }

  prior(run, latents) { return this.get('/api/prior', { run, latents }); }

  async ranked(run, count) {
    const answer = await this.get('/api/ranked', { run, count });
    for (const one of [...answer.unusual, ...answer.typical]) {
      one.image = fromBase64(one.image);
      one.reconstruction = fromBase64(one.reconstruction);
    }
    return answer;
  }

  async decode(run, { z, map }, label) { return readImages(await this.post('/api/decode', { run, z, map, label })); }

  async sample(run, count, seed, label) { return readImages(await this.post('/api/sample', { run, count, seed, label })); }

  async encode(run, pixels, { neighbours = 0, label, guess } = {}) {
    const answer = await this.post('/api/encode', { run, pixels: toBase64(pixels), neighbours, label, guess });
    answer.input = fromBase64(answer.input);
    answer.reconstruction = fromBase64(answer.reconstruction);
    for (const neighbour of answer.neighbours) neighbour.image = fromBase64(neighbour.image);
    return answer;
  }

  async images(run, split, indices) {
    return readImages(await this.get('/api/images', [['run', run], ['split', split], ...indices.map((index) => ['index', index])]));
  }
}

function readImages(answer) {
  answer.images = answer.images.map(fromBase64);
  return answer;
}

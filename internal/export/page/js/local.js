// The backend of a page with its models inside: what was recorded of the
// explorer is given again, and models compute here. http.js says what a backend is.

import { fromBase64 } from '../../../show/explorer/assets/js/bytes.js';
import { h } from '../../../show/explorer/assets/js/dom.js';
import { Trouble } from '../../../show/explorer/assets/js/trouble.js';
import { bytesOf, Model, valuesOf } from './model.js';
import { random } from './random.js';

const patience = 40; // milliseconds of computing after which the page gets a turn

export class LocalBackend {
  // Archive is what archive.js reads.
  constructor({ header, array }) {
    this.header = header;
    this.runs = new Map(header.runs.map((run) => {
      const own = (name, optional) => (optional && !header.arrays[`${run.key}/${name}`] ? undefined : array(`${run.key}/${name}`));
      return [run.name, { ...run, array: own, model: new Model(run.model, own) }];
    }));
  }

  // of returns what a run recorded, or its trouble.
  of(name, what) {
    const found = this.runs.get(name)?.recorded[what];
    if (!found) throw new Trouble(`this page holds no ${what} of ${name}`, 'vaectl serve shows it');
    if (found.error) throw new Trouble(found.error, found.hint);
    return structuredClone(found);
  }

  watch(runs, on) {
    const { program_version, title } = this.header;
    const later = setTimeout(() => {
      on.open();
      on.runs({
        program_version, folder: '', selected: [...this.runs.keys()].slice(0, 4), runs: [...this.runs.keys()].map((name) => this.of(name, 'summary')),
        about: [h('span', {}, title), h('span', {}, 'one file: the models compute in this page, nothing is sent anywhere')],
      });
      for (const run of runs) if (this.runs.get(run)?.recorded.metrics) on.metrics(this.of(run, 'metrics'));
    });
    return () => clearTimeout(later);
  }

  async run(name) { return this.of(name, 'run'); }

  async map(name) { return this.of(name, 'map'); }

  async prior(name) { return this.of(name, 'prior'); }

  async ranked(name) {
    const answer = this.of(name, 'ranked');
    for (const one of [...answer.unusual, ...answer.typical]) {
      one.image = fromBase64(one.image);
      one.reconstruction = fromBase64(one.reconstruction);
    }
    return answer;
  }

  async images(name, split, indices) {
    const { held, array, model } = this.runs.get(name);
    const size = model.image.height * model.image.width * model.image.channels;
    return {
      images: indices.map((index) => {
        const at = held.indexOf(index);
        if (at < 0) throw new Trouble(`this page holds no image ${index}`);
        return array('images').subarray(at * size, (at + 1) * size);
      }),
    };
  }

  async decode(name, { z, map }, label) {
    const run = this.runs.get(name);
    const rows = map ? map.map(([x, y]) => this.lift(run, x, y)) : [].concat(z).some(Array.isArray) ? z : [z];
    return this.answer(run, rows, (row) => run.model.decode(row, label));
  }

  async sample(name, count, seed = Math.floor(Math.random() * 2 ** 31), label) {
    const run = this.runs.get(name);
    const draw = random(seed);
    const rows = Array.from({ length: count }, () => run.model.prior.sample(draw));
    return { ...await this.answer(run, rows, (row) => run.model.decode(row, label, draw)), seed };
  }

  // answer decodes rows of z and lets the page breathe while it does.
  async answer(run, rows, decode) {
    const images = [];
    let turn = performance.now();
    for (const row of rows) {
      images.push(bytesOf(decode(row), run.model.image.channels));
      if (performance.now() - turn > patience) {
        await new Promise((done) => setTimeout(done));
        turn = performance.now();
      }
    }
    return { images, z: rows, map: run.plane ? rows.map((row) => this.place(run, row.map((v, d) => run.model.prior.toBase(d, v)))) : null };
  }

  async encode(name, pixels, { label, guess } = {}) {
    const { model, plane } = this.runs.get(name);
    const x = valuesOf(pixels, model.image.channels, model.binary);
    const chances = guess ? this.guess(model, x) : [];
    const given = guess ? chances.indexOf(Math.max(...chances)) : label;
    const { mean, std } = model.encode(x, given);
    const of = (shift) => mean.map((u, d) => model.prior.fromBase(d, u + shift * std[d]));
    const z = of(0);
    return {
      mean, std, z, z_low: of(-1), z_high: of(1), kl_nats: mean.map((m, d) => model.prior.divergence(d, m, std[d])),
      input: bytesOf(x, model.image.channels), reconstruction: bytesOf(model.decode(z, given), model.image.channels),
      map: plane ? this.place(this.runs.get(name), mean) : [], label: given ?? null, label_chances: chances,
      neighbours: [], neighbours_problem: { error: 'this page holds no training images.', hint: 'vaectl serve finds them.' },
    };
  }

  // guess is how likely each label is.
  guess(model, x) {
    const scores = Array.from({ length: model.classes }, (_, label) => model.score(x, label));
    if (scores.includes(null)) throw new Trouble(`the label of a drawing cannot be guessed with the likelihood ${model.likelihood.name}`, 'choose it');
    const least = Math.min(...scores);
    const weights = scores.map((score) => Math.exp(least - score));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => w / sum);
  }

  // lift is the z at a place of the map, and place where a u lies on it.
  lift({ plane, model }, x, y) {
    if (!plane) throw new Trouble('this page has no map');
    const within = (v, { lowest, highest }) => Math.min(Math.max(v, lowest ?? -Infinity), highest ?? Infinity);
    if (plane.direct) return [x, y].slice(0, model.prior.latents).map((v, d) => within(v, plane.support[d]));
    return plane.center.map((c, d) => model.prior.fromBase(d, plane.mean[d] + plane.std[d] * (c + x * plane.across[d] + y * plane.up[d])));
  }

  place({ plane, model }, u) {
    if (plane.direct) return [model.prior.fromBase(0, u[0]), u.length > 1 ? model.prior.fromBase(1, u[1]) : 0];
    let [x, y] = [0, 0];
    u.forEach((v, d) => {
      const s = (v - plane.mean[d]) / plane.std[d] - plane.center[d];
      x += s * plane.across[d];
      y += s * plane.up[d];
    });
    return [x, y];
  }
}

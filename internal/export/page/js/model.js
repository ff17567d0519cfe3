// A model that computes.

import { run } from './layers.js';
import { logProb, means } from './likelihood.js';
import { normal, Prior } from './prior.js';

const logVarianceLimit = 20; // of the head, either way

export class Model {
  // Description is what model.go writes; array returns arrays by name, or with a
  // second true undefined where there is none.
  constructor(description, array) {
    Object.assign(this, description);
    this.array = array;
    this.prior = new Prior(description.prior, array);
  }

  // gaussian reads means and standard deviations from what a head puts out.
  gaussian(head, shift, scale) {
    const n = head.length / 2;
    return {
      mean: Array.from({ length: n }, (_, d) => shift[d] + scale[d] * head[d]),
      std: Array.from({ length: n }, (_, d) => scale[d] * Math.exp(Math.min(Math.max(head[n + d], -logVarianceLimit), logVarianceLimit) / 2)),
    };
  }

  plain(n) { return [new Array(n).fill(0), new Array(n).fill(1)]; }

  // encode computes the Gaussian q(u|x) of an image, planes of values in [0, 1].
  encode(x, label) {
    let q = null;
    this.levels.forEach((level, i) => {
      const top = i === this.levels.length - 1;
      const head = run(level.up, q ? Float32Array.from(q.mean) : x, label, this.array);
      q = this.gaussian(head, ...(top ? [this.head_shift, this.head_scale] : this.plain(level.size)));
    });
    return q;
  }

  // outputs is what the decoder puts out for a z; random, where it is given,
  // draws the levels below z, which stand at their means otherwise.
  outputs(z, label, random = null) {
    let input = Float32Array.from(z, (v, d) => this.prior.input(d, v));
    for (let i = this.levels.length - 1; i > 0; i--) {
      const { mean, std } = this.gaussian(run(this.levels[i].down, input, label, this.array), ...this.plain(this.levels[i - 1].size));
      input = Float32Array.from(mean, (m, d) => (random ? m + std[d] * normal(random) : m));
    }
    return run(this.levels[0].down, input, label, this.array);
  }

  decode(z, label, random = null) {
    return means(this.likelihood, this.outputs(z, label, random), this.image);
  }

  // score is the negative ELBO of an image at its posterior's mean, up to a
  // constant; null where the likelihood has none here.
  score(x, label) {
    const { mean, std } = this.encode(x, label);
    const z = mean.map((u, d) => this.prior.fromBase(d, u));
    const fit = logProb(this.likelihood, this.outputs(z, label), x);
    return fit === null ? null : mean.reduce((sum, m, d) => sum + (this.prior.divergence(d, m, std[d]) ?? 0), -fit);
  }
}

// bytesOf writes planes of values in [0, 1] as pixels of bytes, and valuesOf
// reads them; where a model reads black and white, pixels are cut at one half.
export function bytesOf(planes, channels) {
  const size = planes.length / channels;
  const out = new Uint8Array(planes.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) out[i * channels + c] = Math.floor(Math.min(Math.max(planes[c * size + i], 0), 1) * 255 + 0.5);
  }
  return out;
}

export function valuesOf(bytes, channels, binary) {
  const size = bytes.length / channels;
  const out = new Float32Array(bytes.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) {
      const v = bytes[i * channels + c];
      out[c * size + i] = binary ? Number(v >= 128) : v / 255;
    }
  }
  return out;
}

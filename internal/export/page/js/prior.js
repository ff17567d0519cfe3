// The prior of a model: draws, the variable behind z, what the decoder reads of
// z, and the divergence of a posterior.

// normal is a standard normal draw (Box and Muller) from uniform ones.
export const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const halfLog2Pi = 0.9189385332046727;

// families of one dimension with a location and a scale: a draw, and the log
// density in standard units.
const families = {
  normal: { draw: normal, logDensity: (x) => -halfLog2Pi - (x * x) / 2 },
  uniform: { draw: (random) => random(), logDensity: (x) => (x >= 0 && x <= 1 ? 0 : -Infinity) },
  laplace: { draw: (random) => { const u = random() - 0.5; return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u)); }, logDensity: (x) => -Math.LN2 - Math.abs(x) },
  logistic: { draw: (random) => { const u = (random() * (1 - 2 ** -30)) + 2 ** -31; return Math.log(u / (1 - u)); }, logDensity: (x) => -Math.abs(x) - 2 * Math.log1p(Math.exp(-Math.abs(x))) },
  'student-t': {
    draw: (random, dof) => normal(random) / Math.sqrt(gamma(dof / 2, random) / (dof / 2)),
    logDensity: (x, dof) => logGamma((dof + 1) / 2) - logGamma(dof / 2) - 0.5 * Math.log(dof * Math.PI) - ((dof + 1) / 2) * Math.log1p((x * x) / dof),
  },
};

// gamma draws from Gamma(shape, 1) (Marsaglia and Tsang 2000).
function gamma(shape, random) {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

// logGamma is Lanczos' approximation with seven terms.
export function logGamma(x) {
  const terms = [676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const t = y + 7.5;
  return halfLog2Pi + (y + 0.5) * Math.log(t) - t + Math.log(terms.reduce((sum, c, i) => sum + c / (y + i + 1), 0.9999999999998099));
}

// phi is the standard normal distribution function, by the complementary error
// function of Numerical Recipes (erfccheb), to 1e-12.
export function phi(x) {
  return x < 0 ? 0.5 * erfc(-x / Math.SQRT2) : 1 - 0.5 * erfc(x / Math.SQRT2);
}

function erfc(z) {
  const c = [-1.3026537197817094, 6.4196979235649026e-1, 1.9476473204185836e-2, -9.561514786808631e-3, -9.46595344482036e-4, 3.66839497852761e-4,
    4.2523324806907e-5, -2.0278578112534e-5, -1.624290004647e-6, 1.303655835580e-6, 1.5626441722e-8, -8.5238095915e-8, 6.529054439e-9, 5.059343495e-9,
    -9.91364156e-10, -2.27365122e-10, 9.6467911e-11, 2.394038e-12, -6.886027e-12, 8.94487e-13, 3.13092e-13, -1.12708e-13, 3.81e-16, 7.106e-15];
  const t = 2 / (2 + z);
  const ty = 4 * t - 2;
  let [d, dd] = [0, 0];
  for (let j = c.length - 1; j > 0; j--) [d, dd] = [ty * d - dd + c[j], d];
  return t * Math.exp(-z * z + 0.5 * (c[0] + ty * d) - dd);
}

// quantile is the inverse of phi (Acklam's approximation and one step of Halley's
// method).
export function quantile(p) {
  const q = Math.min(Math.max(p, 2 ** -53), 1 - 2 ** -53);
  let x;
  const tail = (t) => ((((( -7.784894002430293e-3 * t - 0.3223964580411365) * t - 2.400758277161838) * t - 2.549732539343734) * t + 4.374664141464968) * t + 2.938163982698783)
    / ((((7.784695709041462e-3 * t + 0.3224671290700398) * t + 2.445134137142996) * t + 3.754408661907416) * t + 1);
  if (q < 0.02425) x = tail(Math.sqrt(-2 * Math.log(q)));
  else if (q > 1 - 0.02425) x = -tail(Math.sqrt(-2 * Math.log(1 - q)));
  else {
    const [s, r] = [q - 0.5, (q - 0.5) ** 2];
    x = ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r + 2.506628277459239) * s)
      / (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1);
  }
  const e = (phi(x) - q) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2);
  return x - e / (1 + (x * e) / 2);
}

export class Prior {
  // Description is what prior.go writes; array returns its arrays by name.
  constructor(description, array) {
    Object.assign(this, description);
    this.array = array;
    this.family = families[description.family];
    this.components = description.family ? array('prior.weights').length : 0;
  }

  // sample draws one z.
  sample(random) {
    if (this.flow) return this.sampleFlow(random);
    if (this.radius) {
      const z = Array.from({ length: this.latents }, () => normal(random));
      const length = Math.hypot(...z);
      return z.map((v) => (this.radius * v) / length);
    }
    const [locations, scales] = [this.array('prior.locations'), this.array('prior.scales')];
    const together = this.pick(random);
    return Array.from({ length: this.latents }, (_, d) => {
      const at = (this.joint ? together : this.pick(random)) * this.latents + d;
      return locations[at] + scales[at] * this.family.draw(random, this.dof?.[d]);
    });
  }

  pick(random) {
    const weights = this.array('prior.weights');
    let left = random();
    for (let k = 0; k < weights.length; k++) if ((left -= weights[k]) < 0) return k;
    return weights.length - 1;
  }

  // sampleFlow turns noise back through the coupling layers.
  sampleFlow(random) {
    const first = Math.floor(this.latents / 2);
    const halves = [Array.from({ length: first }, () => normal(random)), Array.from({ length: this.latents - first }, () => normal(random))];
    for (let l = this.flow - 1; l >= 0; l--) {
      const [fixed, moved] = [halves[l % 2], halves[1 - (l % 2)]];
      const map = (name, x) => {
        const [w, b] = [this.array(`prior.${l}.${name}.weight`), this.array(`prior.${l}.${name}.bias`)];
        return Array.from(b, (v, j) => x.reduce((sum, one, i) => sum + w[j * x.length + i] * one, v));
      };
      const out = map('output', map('hidden', fixed).map(Math.tanh));
      for (let i = 0; i < moved.length; i++) moved[i] = (moved[i] - out[moved.length + i]) * Math.exp(-2 * Math.tanh(out[i] / 2));
    }
    return halves.flat();
  }

  // fromBase is the z of a dimension that belongs to u, and toBase its inverse.
  fromBase(d, u) {
    return this.interval ? this.interval.low[d] + (this.interval.high[d] - this.interval.low[d]) * phi(u) : u;
  }

  toBase(d, z) {
    return this.interval ? quantile((z - this.interval.low[d]) / (this.interval.high[d] - this.interval.low[d])) : z;
  }

  // input is what the decoder reads of z.
  input(d, z) {
    if (!this.scores) return (z - this.input_shift[d]) / this.input_scale[d];
    const size = this.scores.length;
    const [from, to] = [d * size, (d + 1) * size - 1];
    const [zs, scores] = [this.array('prior.score_z'), this.array('prior.scores')];
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (zs[middle] <= z) low = middle;
      else high = middle;
    }
    const part = (z - zs[low]) / (zs[high] - zs[low]);
    return scores[low] + Math.min(Math.max(part, -1), 2) * (scores[high] - scores[low]);
  }

  // divergence is KL(N(mean, std^2) || p) of dimension d in nats, of u and the u
  // that the prior is the image of; null where there is no such density.
  divergence(d, mean, std) {
    if (!this.family) return null;
    const closed = (m, s) => Math.log(s / std) + (std * std + (mean - m) ** 2) / (2 * s * s) - 0.5;
    if (this.interval) return closed(0, 1);
    const [weights, locations, scales] = [this.array('prior.weights'), this.array('prior.locations'), this.array('prior.scales')];
    if (this.family === families.normal && weights.length === 1) return closed(locations[d], scales[d]);
    const logDensity = (z) => {
      const terms = Array.from(weights, (w, k) => {
        const at = k * this.latents + d;
        return Math.log(w) - Math.log(scales[at]) + this.family.logDensity((z - locations[at]) / scales[at], this.dof?.[d]);
      });
      const largest = Math.max(...terms);
      return largest + Math.log(terms.reduce((sum, t) => sum + Math.exp(t - largest), 0));
    };
    // The trapezoidal rule, whose error on a Gaussian times a smooth function is
    // below anything that is shown; the log density of a laplace has a corner, and that
    // of a mixture bends between its components.
    const [n, reach] = [this.family === families.laplace ? 1600 : weights.length > 1 ? 400 : 96, 8];
    let expected = 0;
    for (let i = 0; i <= n; i++) {
      const x = reach * ((2 * i) / n - 1);
      expected += ((2 * reach) / n) * Math.exp(-halfLog2Pi - (x * x) / 2) * logDensity(mean + std * x);
    }
    return -Math.log(std) - halfLog2Pi - 0.5 - expected;
  }
}

// The means of pixels given what the decoder puts out, and for some likelihoods
// the log probability of an image.

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x) => Math.min(Math.max(x, 0), 1);

// means turns outputs into means in [0, 1], planes of channels.
export function means({ name, components }, outputs, { height, width, channels }) {
  switch (name) {
    case 'bernoulli': return outputs.map(sigmoid);
    case 'continuous-bernoulli': return outputs.map(continuousBernoulliMean);
    case 'gaussian':
    case 'logistic': return outputs.map(clamp);
    case 'logistic-mixture': return logisticMixtureMeans(outputs, components, height * width, channels);
    default: throw new Error(`likelihood ${name}`);
  }
}

function continuousBernoulliMean(l) {
  return Math.abs(l) < 1e-3 ? 0.5 + l / 12 - l ** 3 / 720 : 1 / -Math.expm1(-l) - 1 / l;
}

// logisticMixtureMeans: each channel at the means of those before it.
function logisticMixtureMeans(outputs, components, pixels, channels) {
  const per = 2 * channels + (channels * (channels - 1)) / 2;
  const out = new Float32Array(channels * pixels);
  const weights = new Float64Array(components);
  const y = new Float64Array(channels);
  for (let p = 0; p < pixels; p++) {
    const at = (plane) => outputs[plane * pixels + p];
    let [largest, sum] = [-Infinity, 0];
    for (let k = 0; k < components; k++) largest = Math.max(largest, at(k));
    for (let k = 0; k < components; k++) sum += weights[k] = Math.exp(at(k) - largest);
    for (let k = 0; k < components; k++) {
      const first = components + k * per;
      for (let c = 0; c < channels; c++) {
        let mean = at(first + c);
        for (let j = 0; j < c; j++) mean += Math.tanh(at(first + 2 * channels + (c * (c - 1)) / 2 + j)) * y[j];
        const scale = Math.exp(Math.max(-7, at(first + channels + c)));
        y[c] = -1 + scale * (softplus((mean + 1) / scale) - softplus((mean - 1) / scale));
        out[c * pixels + p] += ((weights[k] / sum) * (y[c] + 1)) / 2;
      }
    }
  }
  return out.map(clamp);
}

// logProb is log p(x|z) up to a constant, null for a likelihood without one here.
export function logProb({ name, std }, outputs, x) {
  let sum = 0;
  if (name === 'bernoulli') {
    for (let i = 0; i < x.length; i++) sum += x[i] * outputs[i] - softplus(outputs[i]);
    return sum;
  }
  if (name === 'gaussian') {
    for (let i = 0; i < x.length; i++) sum -= ((x[i] - outputs[i]) / std) ** 2 / 2;
    return sum;
  }
  return null;
}

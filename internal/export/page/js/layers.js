// The arithmetic of a network, one image at a time. Maps are planes of channels,
// and weights are in PyTorch's order.

const functions = {
  relu: (x) => (x > 0 ? x : 0),
  'leaky-relu': (x) => (x > 0 ? x : 0.01 * x),
  silu: (x) => x / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  softplus: (x) => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x))),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

// run puts x through operations, each as layers.go describes it; array returns a
// weight by its name. No operation changes its input.
export function run(operations, x, label, array) {
  for (const o of operations) x = kinds[o.kind](o, x, label, array);
  return x;
}

const kinds = {
  linear,
  convolution,
  'transposed-convolution': transposed,
  'batch-norm': batchNorm,
  'group-norm': groupNorm,
  activation: ({ function: name }, x) => x.map(functions[name]),
  upsampling,
  gate({ body, gate }, x, label, array) {
    const factor = run(gate, x, label, array);
    return run(body, x, label, array).map((v, i) => v * factor[i]);
  },
  sum: ({ body }, x, label, array) => run(body, x, label, array).map((v, i) => v + x[i]),
};

// labelled adds the label's row of a table to the outputs, a number a channel.
function labelled({ labelled: is, name, out: shape }, out, label, array) {
  if (!is) return out;
  const { channels } = shape;
  const table = array(`${name}.label.weight`);
  const pixels = out.length / channels;
  for (let c = 0; c < channels; c++) {
    const v = table[label * channels + c];
    for (let p = c * pixels; p < (c + 1) * pixels; p++) out[p] += v;
  }
  return out;
}

// linear is x W^T + b.
function linear(o, x, label, array) {
  const weight = array(`${o.name}.weight`);
  const out = Float32Array.from(array(`${o.name}.bias`));
  const n = x.length;
  for (let j = 0; j < out.length; j++) {
    const from = j * n;
    let [a, b, c, d] = [0, 0, 0, 0];
    let i = 0;
    for (; i + 3 < n; i += 4) {
      a += weight[from + i] * x[i];
      b += weight[from + i + 1] * x[i + 1];
      c += weight[from + i + 2] * x[i + 2];
      d += weight[from + i + 3] * x[i + 3];
    }
    for (; i < n; i++) a += weight[from + i] * x[i];
    out[j] += a + b + c + d;
  }
  return labelled(o, out, label, array);
}

// biased is maps that hold the bias of their channel.
function biased({ name, out: { height, width, channels } }, array) {
  const bias = array(`${name}.bias`);
  const out = new Float32Array(height * width * channels);
  for (let c = 0; c < channels; c++) out.fill(bias[c], c * height * width, (c + 1) * height * width);
  return out;
}

// taps calls use for every place of a window over small maps, with the range of
// their columns for which the large map has the pixel: large = stride * small + offset.
function taps({ kernel, stride, padding }, small, large, use) {
  for (let k = 0; k < kernel; k++) {
    const dy = k - padding;
    const rows = inside(dy, stride, small.height, large.height);
    for (let l = 0; l < kernel; l++) use(k * kernel + l, dy, l - padding, rows, inside(l - padding, stride, small.width, large.width));
  }
}

// inside is the range [from, to) of small places whose large one exists.
function inside(offset, stride, small, large) {
  return [Math.max(0, Math.ceil(-offset / stride)), Math.min(small, Math.floor((large - 1 - offset) / stride) + 1)];
}

// convolution is nn.Conv2d: weights [out, in, kernel, kernel].
function convolution(o, x, label, array) {
  const out = biased(o, array);
  const weight = array(`${o.name}.weight`);
  const window = o.kernel * o.kernel;
  const { in: large, out: small, stride } = o;
  taps(o, small, large, (tap, dy, dx, [r0, r1], [c0, c1]) => {
    for (let to = 0; to < small.channels; to++) {
      for (let from = 0; from < large.channels; from++) {
        const w = weight[(to * large.channels + from) * window + tap];
        for (let r = r0; r < r1; r++) {
          let at = (to * small.height + r) * small.width + c0;
          let source = (from * large.height + r * stride + dy) * large.width + c0 * stride + dx;
          for (let c = c0; c < c1; c++, at++, source += stride) out[at] += w * x[source];
        }
      }
    }
  });
  return labelled(o, out, label, array);
}

// transposed is nn.ConvTranspose2d: weights [in, out, kernel, kernel].
function transposed(o, x, label, array) {
  const out = biased(o, array);
  const weight = array(`${o.name}.weight`);
  const window = o.kernel * o.kernel;
  const { in: small, out: large, stride } = o;
  taps(o, small, large, (tap, dy, dx, [r0, r1], [c0, c1]) => {
    for (let from = 0; from < small.channels; from++) {
      for (let to = 0; to < large.channels; to++) {
        const w = weight[(from * large.channels + to) * window + tap];
        for (let r = r0; r < r1; r++) {
          let source = (from * small.height + r) * small.width + c0;
          let at = (to * large.height + r * stride + dy) * large.width + c0 * stride + dx;
          for (let c = c0; c < c1; c++, source++, at += stride) out[at] += w * x[source];
        }
      }
    }
  });
  return labelled(o, out, label, array);
}

// normalised scales each channel after mean and deviation were taken off: of(c) is
// both for a channel.
function normalised({ name, in: { channels } }, x, array, of) {
  const [weight, bias] = [array(`${name}.weight`), array(`${name}.bias`)];
  const pixels = x.length / channels;
  const out = new Float32Array(x.length);
  for (let c = 0; c < channels; c++) {
    const [mean, deviation] = of(c);
    const scale = weight[c] / deviation;
    for (let p = c * pixels; p < (c + 1) * pixels; p++) out[p] = (x[p] - mean) * scale + bias[c];
  }
  return out;
}

function batchNorm(o, x, label, array) {
  const [mean, variance] = [array(`${o.name}.running_mean`), array(`${o.name}.running_var`)];
  return normalised(o, x, array, (c) => [mean[c], Math.sqrt(variance[c] + o.eps)]);
}

function groupNorm(o, x, label, array) {
  const size = x.length / o.groups;
  const moments = Array.from({ length: o.groups }, (_, g) => {
    let [mean, square] = [0, 0];
    for (let i = g * size; i < (g + 1) * size; i++) mean += x[i] / size;
    for (let i = g * size; i < (g + 1) * size; i++) square += (x[i] - mean) ** 2 / size;
    return [mean, Math.sqrt(square + o.eps)];
  });
  return normalised(o, x, array, (c) => moments[Math.floor((c * o.groups) / o.in.channels)]);
}

function upsampling({ in: { height, width, channels }, factor }, x) {
  const out = new Float32Array(x.length * factor * factor);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < height * factor; r++) {
      const row = (c * height + Math.floor(r / factor)) * width;
      for (let column = 0; column < width * factor; column++) out[at++] = x[row + Math.floor(column / factor)];
    }
  }
  return out;
}

// The arithmetic of layers, one image at a time. Images are planes of channels,
// as weights are in PyTorch's order.

const activations = {
  '': (x) => x,
  relu: (x) => (x > 0 ? x : 0),
  tanh: Math.tanh,
  softplus: (x) => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x))),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  'leaky-relu': (x) => (x > 0 ? x : 0.01 * x),
  silu: (x) => x / (1 + Math.exp(-x)),
};

export function activate(x, name) {
  if (name === '' || name === undefined) return x;
  const f = activations[name];
  for (let i = 0; i < x.length; i++) x[i] = f(x[i]);
  return x;
}

// run puts x through layers, each as layers.go describes it; array returns a
// weight by its name.
export function run(layers, x, label, array) {
  for (const layer of layers) x = kinds[layer.kind](layer, x, label, array);
  return x;
}

const kinds = { dense, gated };

function dense(layer, x, label, array) {
  return activate(linear(layer.name, x, label, array), layer.activation);
}

function gated(layer, x, label, array) {
  const out = linear(layer.name, x, label, array);
  const gate = activate(linear(`${layer.name}.gate`, x, label, array), 'sigmoid');
  for (let i = 0; i < out.length; i++) out[i] *= gate[i];
  return out;
}

// linear is x W^T + b and, where the layer reads a label, the label's row.
function linear(name, x, label, array) {
  const weight = array(`${name}.weight`);
  const out = Float32Array.from(array(`${name}.bias`));
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
  const table = array(`${name}.label.weight`, true);
  if (table) for (let j = 0; j < out.length; j++) out[j] += table[label * out.length + j];
  return out;
}

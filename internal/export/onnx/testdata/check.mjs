// Runs exported graphs in ONNX Runtime Web and compares them with reference arrays, as
// check.py does in ONNX Runtime: the largest difference of each output of each case, where
// it is no preset as a part of the range of its values if that is above 1, goes back to
// the server as JSON.

import * as ort from '/ort/ort.wasm.min.mjs';

// More threads want headers of the server.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/ort/';

// What each graph puts out, and the array it is compared with.
const graphs = {
  encoder: { mean: 'mean', log_variance: 'log_variance', z: 'z_of_mean' },
  decoder: { pixels: 'pixels' },
  sampler: { z: 'sample_z', pixels: 'sample_pixels' },
};

const bytes = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.arrayBuffer();
};

// array reads an NPY file.
const array = async (path) => {
  const content = await bytes(path);
  const length = new DataView(content).getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(content, 10, length));
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').filter((n) => n.trim()).map(Number);
  const whole = header.includes("'<i8'");
  const values = new (whole ? BigInt64Array : Float32Array)(content.slice(10 + length));
  return new ort.Tensor(whole ? 'int64' : 'float32', values, shape);
};

const difference = (name, got, want) => {
  if (got.dims.join() !== want.dims.join()) throw new Error(`shape ${got.dims}, not ${want.dims}`);
  let [largest, low, high] = [0, Infinity, -Infinity];
  for (let i = 0; i < want.data.length; i++) {
    const d = Math.abs(got.data[i] - want.data[i]);
    if (!(d <= largest)) largest = d; // NaN too
    low = Math.min(low, want.data[i]);
    high = Math.max(high, want.data[i]);
  }
  const scale = name.startsWith('preset-') ? 1 : Math.max(1, high - low);
  return Number.isFinite(largest) ? largest / scale : 1e9;
};

const check = async (name) => {
  const differences = {};
  for (const [graph, outputs] of Object.entries(graphs)) {
    const session = await ort.InferenceSession.create(new Uint8Array(await bytes(`/cases/${name}/${graph}.onnx`)));
    const inputs = {};
    for (const input of session.inputNames) inputs[input] = await array(`/cases/${name}/${input}.npy`);
    const got = await session.run(inputs);
    for (const [output, reference] of Object.entries(outputs)) {
      differences[`${graph}.${output}`] = difference(name, got[output], await array(`/cases/${name}/${reference}.npy`));
    }
    await session.release();
  }
  return differences;
};

const all = {};
let trouble = '';
try {
  for (const name of await (await fetch('/names')).json()) {
    all[name] = await check(name).catch((e) => {
      throw new Error(`${name}: ${e.message}`);
    });
  }
} catch (e) {
  trouble = String(e);
}
await fetch('/result', { method: 'POST', body: JSON.stringify({ trouble, all }) });

// The data of a page: a gzipped archive in base64, of a JSON header and arrays.
//
//   bytes 0-3    length of the header, little-endian
//   header       {..., arrays: {name: {at, shape, bits, planes}}}; at counts from its end
//   arrays       integers and float32, as weights.go packs them

import { fromBase64 } from '../../../show/explorer/assets/js/bytes.js';

// open unpacks an archive.
export async function open(base64) {
  const packed = new Blob([fromBase64(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return read(await new Response(packed).arrayBuffer());
}

// read takes an archive apart: its header and a function to its arrays.
export function read(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const first = 4 + length;
  const known = new Map();
  return {
    header,
    array(name) {
      if (!known.has(name)) known.set(name, unpack(buffer, first, header.arrays[name]));
      return known.get(name);
    },
  };
}

// unpack returns an array: bytes as they are, numbers as float32.
function unpack(buffer, first, { at, shape, bits }) {
  const size = shape.reduce((n, d) => n * d, 1);
  const from = first + at;
  if (bits === 0) return new Uint8Array(buffer, from, size);
  if (bits === 32) return new Float32Array(buffer.slice(from, from + 4 * size));
  // Rows of integers, each with the size of its step: the steps, then the low
  // bytes of all numbers, then the high ones.
  const rows = shape[0];
  const width = size / rows;
  const steps = new Float32Array(buffer.slice(from, from + 4 * rows));
  const low = new Uint8Array(buffer, from + 4 * rows, size);
  const high = bits > 8 ? new Int8Array(buffer, from + 4 * rows + size, size) : null;
  const out = new Float32Array(size);
  for (let r = 0; r < rows; r++) {
    for (let i = r * width; i < (r + 1) * width; i++) {
      out[i] = steps[r] * (high ? 256 * high[i] + low[i] : (low[i] << 24) >> 24);
    }
  }
  return out;
}

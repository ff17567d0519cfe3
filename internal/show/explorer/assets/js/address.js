// What is shown, as the query of the page's address: a link shows what its
// sender saw.
//
//   run, z, label, seed               the run, where its sliders are, its label, the seed of the samples
//   beside, beside-z, beside-label    the same of the run beside it

// mostLatents is the length of a z that still goes into an address.
const mostLatents = 512;

export function readAddress(search) {
  const query = new URLSearchParams(search);
  const seed = Number(query.get('seed'));
  return {
    a: readRun(query, 'run', ''),
    b: readRun(query, 'beside', 'beside-'),
    seed: query.has('seed') && Number.isInteger(seed) && seed >= 0 ? seed : null,
  };
}

function readRun(query, key, prefix) {
  const label = query.get(`${prefix}label`);
  return {
    run: query.get(key) ?? '',
    z: readZ(query.get(`${prefix}z`)),
    label: /^\d{1,3}$/.test(label ?? '') ? Number(label) : null,
  };
}

function readZ(text) {
  if (!text) return null;
  const z = text.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
  return z.length <= mostLatents && z.every(Number.isFinite) ? z : null;
}

export function writeAddress({ a, b, seed }) {
  const parts = [];
  const add = (key, value) => parts.push(`${key}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%20', '+')}`);
  const addRun = (one, key, prefix) => {
    if (!one?.run) return;
    add(key, one.run);
    if (one.z?.length > 0 && one.z.length <= mostLatents) add(`${prefix}z`, one.z.map((v) => Number(v.toPrecision(4))).join(','));
    if (one.label !== null && one.label !== undefined) add(`${prefix}label`, one.label);
  };
  addRun(a, 'run', '');
  addRun(b, 'beside', 'beside-');
  if (seed !== null && seed !== undefined) add('seed', seed);
  return `?${parts.join('&')}`;
}

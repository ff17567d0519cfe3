// What is shown, as the query of the page's address: a link shows what its
// sender saw.
//
//   run, z, label                     a run, where its sliders are, and its label
//   beside, beside-z, beside-label    the same of the run beside it, then of third and fourth
//   seed                              of the samples

const keys = [['run', ''], ['beside', 'beside-'], ['third', 'third-'], ['fourth', 'fourth-']];

// mostRuns is the number of runs that an address holds.
export const mostRuns = keys.length;

// mostLatents is the length of a z that still goes into an address.
const mostLatents = 512;

// readAddress returns {runs: [{run, z, label}], seed}; what is missing is ''
// or null.
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const seed = Number(query.get('seed'));
  return {
    runs: keys.map(([key, prefix]) => {
      const label = query.get(`${prefix}label`) ?? '';
      return { run: query.get(key) ?? '', z: readZ(query.get(`${prefix}z`)), label: /^\d{1,3}$/.test(label) ? Number(label) : null };
    }),
    seed: query.has('seed') && Number.isInteger(seed) && seed >= 0 ? seed : null,
  };
}

function readZ(text) {
  if (!text) return null;
  const z = text.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
  return z.length <= mostLatents && z.every(Number.isFinite) ? z : null;
}

export function writeAddress({ runs, seed }) {
  const parts = [];
  const add = (key, value) => parts.push(`${key}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%20', '+')}`);
  runs.forEach(({ run, z, label }, i) => {
    const [key, prefix] = keys[i];
    if (!run) return;
    add(key, run);
    if (z?.length > 0 && z.length <= mostLatents) add(`${prefix}z`, z.map((v) => Number(v.toPrecision(4))).join(','));
    if (label !== null) add(`${prefix}label`, label);
  });
  if (seed !== null) add('seed', seed);
  return `?${parts.join('&')}`;
}

// The latents of a model, and what a reader may type for one.

// inOrder lists latents as they are shown: the most active first, but one or two
// by their index, as the map's axes have them.
export function inOrder(latents) {
  return latents.length > 2 ? latents : [...latents].sort((a, b) => a.index - b.index);
}

// mostAsleep is the KL in nats, or the activity, below which a latent says nothing.
export const mostAsleep = 0.01;

// middle is the z of the prior's medians.
export function middle(latents) {
  const z = new Array(latents.length);
  for (const l of latents) z[l.index] = l.middle;
  return z;
}

// fitting is z moved into the prior's support, into which rounding and links can
// miss; null where it is of another model.
export function fitting(z, latents) {
  if (!z || z.length !== latents.length) return null;
  const out = Array.from(z);
  for (const l of latents) out[l.index] = within(out[l.index], l);
  return out;
}

// within is the nearest number to v that the prior of a latent allows.
export function within(v, { lowest, highest }) {
  return Math.min(Math.max(v, lowest ?? -Infinity), highest ?? Infinity);
}

// readNumber reads a number as people type it, NaN where it is none.
export function readNumber(text) {
  const plain = text.trim().replace('\u2212', '-').replace(/^([-+]?\d*),(\d+)$/, '$1.$2');
  return plain === '' ? NaN : Number(plain);
}

// Numbers and times as people read them.

export function num(value, digits = 2) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

// fit writes a number with as many decimals as an axis of this span needs.
export function fit(value, span) {
  const digits = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.max(span, 1e-9)))));
  return num(value, digits);
}

export const nats = (value, digits = 2) => `${num(value, digits)} nats`;

export function whole(value) {
  return value.toLocaleString('en-US').replaceAll(',', '\u2009');
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 10) return `${num(seconds, 1)} s`;
  if (seconds < 90) return `${num(seconds, 0)} s`;
  if (seconds < 5400) return `${num(seconds / 60, 0)} min`;
  return `${num(seconds / 3600, 1)} h`;
}

export function moment(iso) {
  const when = new Date(iso);
  return Number.isNaN(when.getTime()) || when.getFullYear() < 2000 ? '' : when.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

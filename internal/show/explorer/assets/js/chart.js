// What charts share: room, scales, ticks and axes in SVG.

import { num } from './format.js';
import { s } from './dom.js';

// sized is a drawing as wide as its place and as high as it is told. It is made
// anew for every width, so that its text keeps its size; draw(width) returns
// its elements.
export function sized(height, words, draw) {
  const drawing = s('svg', { role: 'img', 'aria-label': words, height });
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.round(drawing.getBoundingClientRect().width);
    if (width === 0 || width === drawn) return;
    drawn = width;
    drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
    drawing.replaceChildren(...draw(width).flat(Infinity).filter(Boolean));
  }).observe(drawing);
  return drawing;
}

// scale maps [from, to] to [low, high].
export function scale(from, to, low, high) {
  const ratio = (high - low) / ((to - from) || 1);
  const map = (value) => low + (value - from) * ratio;
  map.inverse = (place) => from + (place - low) / ratio;
  map.from = from;
  map.to = to;
  return map;
}

// ticks are round numbers in [from, to], about as many as wanted.
export function ticks(from, to, wanted, wholeOnly = false) {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough * 0.999) ?? 10 * power;
  if (wholeOnly) step = Math.max(1, Math.round(step));
  const out = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9 * span; i++) out.push(i * step);
  return out;
}

// labels writes ticks with as few decimals as tell them apart.
export function labels(values) {
  const span = Math.max(...values.map(Math.abs)) || 1;
  for (let digits = 0; ; digits++) {
    if (digits === 6 || values.every((v) => Math.abs(v - Number(v.toFixed(digits))) < 1e-9 * span)) return values.map((v) => num(v, digits));
  }
}

// extent is the range of an axis for series of numbers. Where their beginnings,
// up to a quarter of each, would squeeze the rest into less than a third of it,
// they are left out: cut says how many numbers are.
export function extent(series) {
  const finite = series.map((values) => values.filter(Number.isFinite)).filter((values) => values.length > 0);
  if (finite.length === 0) return { low: 0, high: 1, cut: 0 };
  const of = (from) => {
    const all = finite.flatMap((values) => values.slice(Math.min(from, values.length - 1)));
    return [Math.min(...all), Math.max(...all)];
  };
  let [low, high] = of(0);
  let cut = 0;
  for (let from = 1; 4 * from <= Math.max(...finite.map((values) => values.length)); from++) {
    const [l, h] = of(from);
    if (3 * (h - l) >= high - low) continue;
    [low, high, cut] = [l, h, from];
  }
  return { low, high, cut };
}

// path joins points, leaving gaps where one is missing.
export function path(points) {
  let text = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = 'M'; continue; }
    text += `${pen}${x.toFixed(2)} ${y.toFixed(2)}`;
    pen = 'L';
  }
  return text;
}

// bottomAxis draws the numbers of an x axis below y.
export function bottomAxis(x, values, y) {
  const texts = labels(values);
  return s('g', { class: 'axis' }, values.map((v, i) => [
    s('line', { x1: x(v), x2: x(v), y1: y, y2: y + 4 }),
    s('text', { x: x(v), y: y + 16, 'text-anchor': 'middle' }, texts[i]),
  ]));
}

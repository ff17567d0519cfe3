// The aggregate posterior of a latent under its prior, as SVG.

import { num } from './format.js';
import { h, s } from './dom.js';
import { bottomAxis, path, scale, ticks } from './chart.js';

// shapes draws bars and curve of an aggregate into a box. x maps z to the box.
export function shapes(match, x, width, height) {
  const top = Math.max(...match.heights, ...match.density.filter(Number.isFinite)) || 1;
  const y = scale(0, top, height, 2);
  const bin = (match.high - match.low) / match.heights.length;
  let bars = '';
  match.heights.forEach((value, i) => {
    const left = Math.max(0, x(match.low + i * bin));
    const right = Math.min(width, x(match.low + (i + 1) * bin));
    if (value > 0 && right > left) bars += `M${left.toFixed(2)} ${height}V${y(value).toFixed(2)}H${right.toFixed(2)}V${height}Z`;
  });
  const points = match.x.map((value, i) => [x(value), y(match.density[i])]);
  const first = points[0];
  const last = points[points.length - 1];
  // A prior that ends abruptly has an edge.
  const curve = `M${first[0].toFixed(2)} ${height}L${path(points).slice(1)}L${last[0].toFixed(2)} ${height}`;
  return [s('path', { class: 'bars', d: bars }), s('path', { class: 'curve', d: curve })];
}

// densityPlot is a panel with an axis and what there is to say about the match.
export function densityPlot(match, large) {
  const width = large ? 520 : 240;
  const height = large ? 190 : 96;
  const x = scale(match.low, match.high, 8, width - 8);
  const name = match.index < 0 ? 'All latents' : `z${match.index}`;
  const moments = `mean ${num(match.mean)}, std ${num(match.std)}`;
  const expected = match.prior_std === null ? '' : `prior ${num(match.prior_mean)}, ${num(match.prior_std)}`;
  const words = `${name}: ${moments}; ${expected}; KS ${num(match.ks, 3)}`;
  return h('figure', { class: large ? 'density density-large' : 'density' },
    h('figcaption', {}, h('strong', {}, name), h('span', {}, `KS ${num(match.ks, 3)}`)),
    s('svg', { viewBox: `0 0 ${width} ${height + 22}`, role: 'img', 'aria-label': words },
      s('g', {}, shapes(match, x, width, height)),
      s('line', { class: 'base', x1: 0, x2: width, y1: height, y2: height }),
      bottomAxis(x, ticks(match.low, match.high, large ? 7 : 4), height)),
    h('p', { class: 'quiet' }, moments, expected && h('span', {}, ` (${expected})`)));
}

// The aggregate posterior of a latent under its prior, as SVG.

import { bottomAxis, path, scale, sized, ticks } from './chart.js';
import { h, s } from './dom.js';
import { term } from './explain.js';
import { fit, num } from './format.js';

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
  const points = match.x.map((value, i) => [x(value), y(match.density[i])]).filter(([at]) => at > -0.5 && at < width + 0.5);
  if (points.length === 0) return [s('path', { class: 'bars', d: bars })];
  const [first, last] = [points[0], points[points.length - 1]];
  // A prior that ends abruptly has an edge.
  const curve = `M${first[0].toFixed(2)} ${height}L${path(points).slice(1)}L${last[0].toFixed(2)} ${height}`;
  return [s('path', { class: 'bars', d: bars }), s('path', { class: 'curve', d: curve })];
}

// densityPlot is a panel with an axis and what there is to say about the match.
// Beside others of the same prior it need not repeat the prior's moments; only
// one of several panels needs terms for the Tab key.
export function densityPlot(match, { large = false, same = false, repeated = false } = {}) {
  const height = large ? 190 : 74;
  const value = (v) => fit(v, match.high - match.low);
  const name = match.index < 0 ? 'All latents' : `z${match.index}`;
  const expected = match.prior_std === null ? '' : `prior ${value(match.prior_mean)}, ${value(match.prior_std)}`;
  const words = `${name}: mean ${value(match.mean)}, std ${value(match.std)}; ${expected}; KS ${num(match.ks, 3)}`;
  const draw = (width) => {
    const x = scale(match.low, match.high, 8, width - 8);
    return [
      s('g', {}, shapes(match, x, width, height)),
      s('line', { class: 'base', x1: 0, x2: width, y1: height, y2: height }),
      bottomAxis(x, ticks(match.low, match.high, Math.min(8, width / 35)), height),
    ];
  };
  const explained = (text, key) => term(text, key, { repeated });
  return h('figure', { class: large ? 'density density-large' : 'density' },
    h('figcaption', {}, h('strong', {}, name), explained(`KS ${num(match.ks, 3)}`, 'KS')),
    sized(height + 22, words, draw),
    h('p', { class: 'moments' }, explained(`mean ${value(match.mean)}`, 'mean'), explained(`std ${value(match.std)}`, 'std'),
      !same && expected && explained(expected, 'priorMoments')));
}

// Places of points and names on the map.

// nearest is the point nearest to a place, and its distance in pixels.
export function nearest({ x, y }, view, px, py, seen = () => true) {
  let index = -1;
  let least = Infinity;
  for (let i = 0; i < x.length; i++) {
    if (!seen(i)) continue;
    const d = (view.x(x[i]) - px) ** 2 + (view.y(y[i]) - py) ** 2;
    if (d < least) { least = d; index = i; }
  }
  return { index, pixels: Math.sqrt(least) };
}

// medians are the middles of the classes: {label, x, y}.
export function medians({ x, y, labels }, seen = () => true) {
  const by = new Map();
  labels.forEach((label, i) => {
    if (!seen(i)) return;
    if (!by.has(label)) by.set(label, []);
    by.get(label).push(i);
  });
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return [...by].sort(([a], [b]) => a - b).map(([label, own]) => ({ label, x: median(own.map((i) => x[i])), y: median(own.map((i) => y[i])) }));
}

// apart moves boxes, {x, y, width, height} about their middles, until none
// covers another, as little as it finds, and keeps them in a frame.
export function apart(boxes, { left, right, top, bottom }, gap = 2) {
  const placed = boxes.map((box) => ({ ...box }));
  for (let round = 0; round < 200; round++) {
    let moved = false;
    for (let i = 0; i < placed.length; i++) {
      for (let j = i + 1; j < placed.length; j++) moved = push(placed[i], placed[j], gap) || moved;
    }
    for (const box of placed) {
      box.x = Math.min(Math.max(box.x, left + box.width / 2), right - box.width / 2);
      box.y = Math.min(Math.max(box.y, top + box.height / 2), bottom - box.height / 2);
    }
    if (!moved) break;
  }
  return placed;
}

// push moves two boxes that overlap away from each other, along the axis where
// less is missing, and says whether they did.
function push(a, b, gap) {
  const across = (a.width + b.width) / 2 + gap - Math.abs(a.x - b.x);
  const up = (a.height + b.height) / 2 + gap - Math.abs(a.y - b.y);
  if (across <= 1e-6 || up <= 1e-6) return false;
  const [axis, missing] = across < up ? ['x', across] : ['y', up];
  const way = a[axis] < b[axis] || (a[axis] === b[axis] && a.label < b.label) ? 1 : -1;
  a[axis] -= (way * missing) / 2;
  b[axis] += (way * missing) / 2;
  return true;
}

// spaced picks points that can be shown as pictures of a size without covering
// each other: of each cell of a grid the one nearest to its middle. The grid
// belongs to the map, not to the view, so that panning does not reshuffle it.
export function spaced({ x, y }, view, size, seen = () => true) {
  const cells = new Map();
  const [wide, high] = [size / Math.abs(view.x(1) - view.x(0)), size / Math.abs(view.y(1) - view.y(0))];
  for (let i = 0; i < x.length; i++) {
    if (!seen(i) || !view.holds(x[i], y[i])) continue;
    const [column, row] = [Math.floor(x[i] / wide), Math.floor(y[i] / high)];
    const off = (x[i] / wide - column - 0.5) ** 2 + (y[i] / high - row - 0.5) ** 2;
    const key = `${column} ${row}`;
    const known = cells.get(key);
    if (!known || off < known.off) cells.set(key, { i, off, x: (column + 0.5) * wide, y: (row + 0.5) * high });
  }
  return [...cells.values()].map(({ i, x: cx, y: cy }) => ({ index: i, x: cx, y: cy }));
}

// spread gives the points of a single latent a row for each class, so that they
// do not hide each other.
export function spread({ x, labels }) {
  return x.map((_, i) => (labels[i] ?? 0) + 0.7 * (((i * 0.618034) % 1) - 0.5));
}

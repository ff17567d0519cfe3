// Drawing the map.

import { classColor, className } from './colors.js';
import { labels as written, ticks } from './chart.js';
import { apart, medians } from './map-places.js';
import { margin } from './map-view.js';
import { inkOf } from './picture.js';
import { writeRGBA } from './pixels.js';
import { isDark } from './theme.js';

const numerals = '700 17px system-ui, sans-serif';

// context empties a canvas as large as its frame and draws in the frame's pixels.
export function context(canvas, { width, height }) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  c.clearRect(0, 0, width, height);
  return c;
}

// box is the part of the frame within the axes.
export function box({ x, y }) {
  return { left: x(x.from), right: x(x.to), top: y(y.to), bottom: y(y.from) };
}

// within draws what is clipped to the part within the axes.
export function within(c, view, draw) {
  const { left, right, top, bottom } = box(view);
  c.save();
  c.beginPath();
  c.rect(left, top, right - left, bottom - top);
  c.clip();
  draw();
  c.restore();
}

// drawAxes draws a grid with its numbers, and the names of the axes; in lanes
// the names of the classes stand beside their rows.
export function drawAxes(c, view, style, names, rows = null) {
  const { x, y } = view;
  const { left, right, top, bottom } = box(view);
  c.strokeStyle = style.getPropertyValue('--line');
  c.fillStyle = style.getPropertyValue('--muted');
  c.font = `11px ${style.fontFamily}`;
  c.lineWidth = 1;
  const line = (x0, y0, x1, y1) => { c.beginPath(); c.moveTo(x0, y0); c.lineTo(x1, y1); c.stroke(); };
  const across = ticks(x.from, x.to, 6);
  c.textAlign = 'center';
  c.textBaseline = 'top';
  written(across).forEach((text, i) => { line(x(across[i]), bottom, x(across[i]), top); c.fillText(text, x(across[i]), bottom + 6); });
  c.textAlign = 'right';
  c.textBaseline = 'middle';
  const up = rows ? [] : ticks(y.from, y.to, 6);
  written(up).forEach((text, i) => { line(left, y(up[i]), right, y(up[i])); c.fillText(text, left - 6, y(up[i])); });
  for (const [label, name] of rows ?? []) c.fillText(shortened(c, name, margin.left - 10), left - 6, y(label));
  c.fillStyle = style.getPropertyValue('--ink');
  c.font = `600 12px ${style.fontFamily}`;
  c.textAlign = 'center';
  c.textBaseline = 'bottom';
  c.fillText(names[0], (left + right) / 2, view.size.height - 2);
  if (rows) return;
  c.save();
  c.translate(11, (top + bottom) / 2);
  c.rotate(-Math.PI / 2);
  c.textBaseline = 'middle';
  c.fillText(names[1], 0, 0);
  c.restore();
}

// shortened cuts a text to a width.
function shortened(c, text, width) {
  let out = text;
  while (out.length > 1 && c.measureText(out).width > width) out = `${out.slice(0, -2)}…`;
  return out;
}

export function drawDots(c, view, { x, y, labels }, seen) {
  const size = (x.length > 4000 ? 2.2 : 3) * Math.min(2, view.zoom ** 0.4);
  c.globalAlpha = isDark() ? 0.62 : 0.55;
  for (let i = 0; i < x.length; i++) {
    if (!seen(i) || !view.holds(x[i], y[i])) continue;
    c.fillStyle = classColor(labels[i]);
    c.fillRect(view.x(x[i]) - size / 2, view.y(y[i]) - size / 2, size, size);
  }
  c.globalAlpha = 1;
}

// drawNames writes each class at the median of its points, moved where two
// would cover each other.
export function drawNames(c, view, points, style, seen) {
  const names = points.class_names;
  c.font = numerals;
  c.textAlign = 'center';
  c.textBaseline = 'middle';
  c.lineJoin = 'round';
  c.lineWidth = 5;
  c.strokeStyle = style.getPropertyValue('--surface');
  const boxes = medians(points, seen).filter(({ x, y }) => view.holds(x, y)).map(({ label, x, y }) => {
    const text = shortened(c, className(label, names), 140);
    return { label, text, x: view.x(x), y: view.y(y), width: c.measureText(text).width + 4, height: 20 };
  });
  for (const { text, label, x, y } of apart(boxes, box(view))) {
    c.strokeText(text, x, y);
    c.fillStyle = classColor(label);
    c.fillText(text, x, y);
  }
}

// drawPictures shows images in place of dots. Pictures is of {x, y, pixels,
// label}, whose middles are x and y.
export function drawPictures(c, view, format, pictures, size, style) {
  const tile = new OffscreenCanvas(format.width, format.height);
  const t = tile.getContext('2d');
  const image = t.createImageData(format.width, format.height);
  const times = (size - 4) / Math.max(format.width, format.height);
  const [wide, high] = [format.width * times, format.height * times];
  for (const { x, y, pixels, label } of pictures) {
    const [left, top] = [view.x(x) - wide / 2, view.y(y) - high / 2];
    c.fillStyle = style.getPropertyValue('--surface');
    c.fillRect(left, top, wide, high);
    if (pixels) {
      writeRGBA(image.data, pixels, format.channels, inkOf(format));
      t.putImageData(image, 0, 0);
      c.imageSmoothingEnabled = times < 1;
      c.drawImage(tile, left, top, wide, high);
    }
    c.strokeStyle = classColor(label);
    c.lineWidth = 1.5;
    c.strokeRect(left - 0.75, top - 0.75, wide + 1.5, high + 1.5);
  }
}

// drawPlane fills the part within the axes with a grid of decoded images.
export function drawPlane(c, view, format, { side, images }, style) {
  const { height, width } = format;
  const sheet = new OffscreenCanvas(side * width, side * height);
  const s = sheet.getContext('2d');
  const tile = s.createImageData(width, height);
  images.forEach((pixels, i) => {
    writeRGBA(tile.data, pixels, format.channels, inkOf(format));
    s.putImageData(tile, (i % side) * width, Math.floor(i / side) * height);
  });
  const { left, right, top, bottom } = box(view);
  c.fillStyle = style.getPropertyValue('--surface');
  c.fillRect(left, top, right - left, bottom - top);
  c.imageSmoothingQuality = 'high';
  c.drawImage(sheet, left, top, right - left, bottom - top);
}

// drawMarks shows where the sliders are and where somebody points.
export function drawMarks(c, view, style, { place, cursor, lanes }) {
  const { left, right, top, bottom } = box(view);
  const inside = (v, from, to) => Math.min(Math.max(v, from), to);
  const ring = ([x, y], radius, color, width) => {
    for (const [stroke, w] of [[style.getPropertyValue('--surface'), width + 3], [color, width]]) {
      c.beginPath();
      c.arc(x, y, radius, 0, 2 * Math.PI);
      c.lineWidth = w;
      c.strokeStyle = stroke;
      c.stroke();
    }
  };
  if (place && lanes) {
    c.fillStyle = style.getPropertyValue('--run');
    c.fillRect(inside(view.x(place[0]), left, right) - 1.5, top, 3, bottom - top);
  } else if (place) {
    ring([inside(view.x(place[0]), left, right), inside(view.y(place[1]), top, bottom)], 8, style.getPropertyValue('--run'), 3);
  }
  if (cursor) ring([view.x(cursor[0]), view.y(cursor[1])], 5, style.getPropertyValue('--ink'), 1.5);
}

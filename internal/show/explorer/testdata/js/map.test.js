import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart, medians, nearest, spaced, spread } from '../../assets/js/map-places.js';
import { homeOf, margin, View } from '../../assets/js/map-view.js';

const size = { width: 500, height: 500 };
const home = { x: [-4, 4], y: [-4, 4] };
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test('zooming keeps the place under the pointer', () => {
  const view = new View(size, home);
  const [px, py] = [200, 300];
  const before = [view.x.inverse(px), view.y.inverse(py)];
  view.at(3, px, py);
  close(view.x.inverse(px), before[0]);
  close(view.y.inverse(py), before[1]);
  close(view.span, 8 / 3);
});

test('the view never leaves the map', () => {
  const view = new View(size, home);
  view.at(4, 100, 100);
  for (const [dx, dy] of [[1e4, 0], [0, 1e4], [-1e5, -1e5]]) {
    view.pan(dx, dy);
    assert.ok(view.x.from >= -4 - 1e-9 && view.x.to <= 4 + 1e-9 && view.y.from >= -4 - 1e-9 && view.y.to <= 4 + 1e-9);
    close(view.span, 2);
  }
  view.at(1e-9, 50, 50);
  close(view.x.from, -4);
  close(view.y.to, 4);
  assert.equal(view.zoomed, false);
});

test('panning follows the finger', () => {
  const view = new View(size, home);
  view.at(4, 276, 235);
  const x = view.x.inverse(250);
  const y = view.y.inverse(250);
  view.pan(20, -12);
  close(view.x.inverse(270), x);
  close(view.y.inverse(238), y);
});

test('a place out of view is brought in', () => {
  const view = new View(size, home);
  view.at(8, 276, 235);
  view.reveal(3, -3);
  assert.ok(view.holds(3 - 1e-9, -3 + 1e-9));
  close(view.span, 1);
});

test('another size of the frame keeps the zoom and the middle', () => {
  const view = new View(size, home);
  view.at(4, 300, 200);
  const middle = (view.x.from + view.x.to) / 2;
  view.resize({ width: 300, height: 300 }, home);
  close(view.zoom, 4);
  close((view.x.from + view.x.to) / 2, middle);
});

test('the home holds nearly all points, as long across as up', () => {
  const x = Array.from({ length: 1000 }, (_, i) => i / 1000);
  const y = x.map((v) => 2 * v);
  x[0] = 1e6;
  const fitted = homeOf({ x, y }, size, false);
  const view = new View(size, fitted);
  assert.ok(view.x(0.999) < size.width - margin.right + 1e-9 && view.y(1.99) > margin.top - 1e-9);
  close(view.x(1) - view.x(0), view.y(0) - view.y(1));
});

test('names move until none covers another', () => {
  const frame = { left: 0, right: 200, top: 0, bottom: 200 };
  const boxes = Array.from({ length: 9 }, (_, label) => ({ label, x: 100, y: 100 + label / 10, width: 20, height: 20 }));
  const placed = apart(boxes, frame);
  for (const [i, a] of placed.entries()) {
    for (const b of placed.slice(i + 1)) {
      assert.ok(Math.abs(a.x - b.x) >= 19.9 || Math.abs(a.y - b.y) >= 19.9, `${a.label} covers ${b.label}`);
    }
    assert.ok(a.x >= 10 && a.x <= 190 && a.y >= 10 && a.y <= 190);
  }
  const alone = [{ label: 0, x: 50, y: 50, width: 20, height: 20 }, { label: 1, x: 150, y: 50, width: 20, height: 20 }];
  assert.deepEqual(apart(alone, frame), alone);
});

test('the nearest point is found among those that are seen', () => {
  const view = new View(size, home);
  const points = { x: [0, 1, 2], y: [0, 0, 0] };
  assert.equal(nearest(points, view, view.x(0.9), view.y(0)).index, 1);
  assert.equal(nearest(points, view, view.x(0.9), view.y(0), (i) => i !== 1).index, 0);
  assert.equal(nearest({ x: [], y: [] }, view, 0, 0).index, -1);
});

test('medians go by class', () => {
  const points = { x: [0, 5, 1, 9, 2], y: [0, 5, 1, 9, 2], labels: [7, 0, 7, 0, 7] };
  assert.deepEqual(medians(points), [{ label: 0, x: 9, y: 9 }, { label: 7, x: 1, y: 1 }]);
});

test('pictures of points do not cover each other, and panning does not reshuffle them', () => {
  const view = new View(size, home);
  const random = (() => { let s = 1; return () => { s = (s * 16807) % 2147483647; return s / 2147483647; }; })();
  const points = { x: Array.from({ length: 2000 }, () => 8 * random() - 4), y: Array.from({ length: 2000 }, () => 8 * random() - 4) };
  view.at(3, 276, 235);
  const shown = spaced(points, view, 40);
  assert.ok(shown.length > 50);
  for (const [i, a] of shown.entries()) {
    for (const b of shown.slice(i + 1)) {
      assert.ok(Math.abs(view.x(a.x) - view.x(b.x)) > 39.9 || Math.abs(view.y(a.y) - view.y(b.y)) > 39.9);
    }
  }
  view.pan(7, 5);
  const before = new Set(shown.map(({ index }) => index));
  const after = spaced(points, view, 40);
  assert.ok(after.filter(({ index }) => before.has(index)).length > 0.8 * shown.length);
});

test('points of one latent lie in the rows of their classes', () => {
  const y = spread({ x: [0, 1, 2], labels: [3, 0, 3] });
  assert.ok(Math.abs(y[0] - 3) < 0.5 && Math.abs(y[1]) < 0.5);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drawing } from '../../assets/js/drawing.js';

const style = { color: '#f00', width: 0.1 };

test('strokes are drawn, taken back and cleared', () => {
  const drawing = new Drawing();
  assert.ok(drawing.empty && !drawing.busy);
  drawing.begin({ x: 0, y: 0 }, style);
  drawing.add({ x: 1, y: 1 });
  assert.ok(drawing.busy);
  assert.equal(drawing.end(), true);
  assert.equal(drawing.end(), false);
  drawing.add({ x: 2, y: 2 });
  assert.deepEqual(drawing.strokes, [{ points: [{ x: 0, y: 0 }, { x: 1, y: 1 }], ...style }]);
  drawing.begin({ x: 0.5, y: 0.5 }, style);
  drawing.undo();
  assert.ok(!drawing.busy);
  assert.equal(drawing.strokes.length, 1);
  drawing.clear();
  assert.ok(drawing.empty);
});

test('an image takes the place of strokes, and strokes that of an image', () => {
  const drawing = new Drawing();
  drawing.begin({ x: 0, y: 0 }, style);
  drawing.take(new Uint8Array(4), { height: 2, width: 2 }, 7);
  assert.ok(!drawing.empty && !drawing.busy);
  assert.equal(drawing.strokes.length, 0);
  assert.equal(drawing.image.label, 7);
  drawing.begin({ x: 0, y: 0 }, style);
  assert.equal(drawing.image, null);
  drawing.take(new Uint8Array(4), { height: 2, width: 2 });
  drawing.undo();
  assert.ok(drawing.empty);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../../assets/js/bytes.js';
import { darkShare, isInk, readRGBA, writeRGBA } from '../../assets/js/pixels.js';
import { boxed, boxOf, middle, shrink } from '../../assets/js/raster.js';

test('strokes are told from photographs', () => {
  const digit = Uint8Array.from({ length: 100 }, (_, i) => (i < 20 ? 255 : 0));
  const photo = Uint8Array.from({ length: 100 }, (_, i) => 40 + i);
  assert.equal(darkShare([digit]), 0.8);
  assert.equal(isInk(1, darkShare([digit])), true);
  assert.equal(isInk(1, darkShare([photo, photo, digit])), false);
  assert.equal(isInk(3, darkShare([digit])), false);
  assert.equal(isInk(1, darkShare([])), false);
});

test('colours, greys and ink become what a canvas wants', () => {
  const rgba = new Uint8ClampedArray(8);
  writeRGBA(rgba, [1, 2, 3, 4, 5, 6], 3);
  assert.deepEqual([...rgba], [1, 2, 3, 255, 4, 5, 6, 255]);
  assert.deepEqual([...readRGBA(rgba, 3)], [1, 2, 3, 4, 5, 6]);
  writeRGBA(rgba, [9, 200], 1);
  assert.deepEqual([...rgba], [9, 9, 9, 255, 200, 200, 200, 255]);
  writeRGBA(rgba, [9, 200], 1, [7, 8, 9]);
  assert.deepEqual([...rgba], [7, 8, 9, 9, 7, 8, 9, 200]);
});

test('a fine drawing shrinks to means, in colour or to luma', () => {
  const rgba = new Uint8ClampedArray(4 * 4);
  rgba.set([255, 0, 0, 255, 255, 0, 0, 255, 0, 0, 255, 255, 0, 0, 255, 255]);
  assert.deepEqual([...shrink(rgba, { height: 1, width: 1, channels: 3 }, 2)], [128, 0, 128]);
  assert.deepEqual([...shrink(rgba, { height: 1, width: 1, channels: 1 }, 2)], [Math.round(0.299 * 127.5 + 0.114 * 127.5)]);
});

test('a centred drawing takes the share of the image that it is to take', () => {
  const format = { height: 28, width: 28 };
  const place = boxed([{ x: 0.1, y: 0.4 }, { x: 0.2, y: 0.6 }], 2, format, 20 / 28);
  const [[x0, y0], [x1, y1]] = [place({ x: 0.1, y: 0.4 }), place({ x: 0.2, y: 0.6 })];
  assert.ok(Math.abs(y1 - y0 - 18) < 1e-9 && Math.abs((x0 + x1) / 2 - 14) < 1e-9 && Math.abs((y0 + y1) / 2 - 14) < 1e-9);
  const dot = boxed([{ x: 0.3, y: 0.3 }], 2, format, 0.7);
  assert.deepEqual(dot({ x: 0.3, y: 0.3 }), [14, 14]);
});

test('how much of an image its ink takes is found out', () => {
  const image = new Uint8Array(100);
  for (let y = 2; y < 8; y++) image[y * 10 + 4] = 255;
  assert.equal(boxOf([image], { height: 10, width: 10 }), 0.6);
  assert.deepEqual(middle(image, { height: 10, width: 10 }), [4.5, 5]);
  assert.equal(boxOf([new Uint8Array(100)], { height: 10, width: 10 }), 0.8);
});

test('base64 keeps all bytes', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
});

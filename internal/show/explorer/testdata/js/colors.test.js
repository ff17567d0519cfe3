import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classColor, className, onDark, onLight } from '../../assets/js/colors.js';

const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const rgb = (hex) => [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255));

// Vienot, Brettel and Mollon 1999, "Digital video colourmaps for checking the
// legibility of displays by dichromats".
const sights = {
  all: ([r, g, b]) => [r, g, b],
  protan: ([r, g, b]) => [0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b],
  deutan: ([r, g, b]) => [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b],
};

function oklab([r, g, b]) {
  const [l, m, s] = [0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b, 0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
    0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b].map((v) => Math.cbrt(Math.max(0, v)));
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

const apart = (a, b, sight) => {
  const [p, q] = [a, b].map((hex) => oklab(sights[sight](rgb(hex))));
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

const luminance = (hex) => { const [r, g, b] = rgb(hex); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };

for (const [name, colors, paper] of [['light', onLight, '#ffffff'], ['dark', onDark, '#181b21']]) {
  test(`on a ${name} page the ten colours are told apart`, () => {
    for (let i = 0; i < 10; i++) {
      assert.ok(contrast(colors[i], paper) >= 2.9, `class ${i}, ${colors[i]}, stands out by ${contrast(colors[i], paper).toFixed(2)}`);
      for (let j = 0; j < i; j++) {
        assert.ok(apart(colors[i], colors[j], 'all') > 0.12, `${j} and ${i}: ${apart(colors[i], colors[j], 'all').toFixed(3)}`);
        for (const sight of ['protan', 'deutan']) {
          assert.ok(apart(colors[i], colors[j], sight) > 0.05, `${j} and ${i} for ${sight} eyes: ${apart(colors[i], colors[j], sight).toFixed(3)}`);
        }
      }
    }
  });

  test(`on a ${name} page the digits that lie together are far apart`, () => {
    for (const group of [[3, 5, 8], [4, 7, 9]]) {
      for (const a of group) {
        for (const b of group) {
          if (a < b) assert.ok(apart(colors[a], colors[b], 'all') > 0.2, `${a} and ${b}: ${apart(colors[a], colors[b], 'all').toFixed(3)}`);
        }
      }
    }
  });
}

test('there is a colour for any number of classes', () => {
  const all = new Set(Array.from({ length: 60 }, (_, label) => classColor(label, false)));
  assert.equal(all.size, 60);
  assert.equal(classColor(undefined, false), classColor(-1, false));
});

test('classes go by their names where they have some', () => {
  assert.equal(className(1, ['cat', 'dog']), 'dog');
  assert.equal(className(4, ['cat', 'dog']), '4');
  assert.equal(className(0), '0');
});

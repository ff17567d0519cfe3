// Colours for classes.

import { isDark } from './theme.js';

// Ten colours, found by a search for the largest least distance in OKLab, also as
// colour-blind eyes see them, with more distance between classes that a map of
// digits mixes: 3, 5 and 8; 4, 7 and 9.
export const onLight = ['#b8284d', '#6594a9', '#622aa1', '#381704', '#bf45cb', '#336cfa', '#33a73a', '#170a62', '#116b1a', '#ea6a09'];
export const onDark = ['#1b6ab6', '#bcf8fe', '#916559', '#29c1f6', '#c41788', '#9a57f0', '#d5ba40', '#159425', '#ff4f17', '#6bfb70'];

const golden = 0.618033988749895;

// classColor is the colour of a class. Past the ten, hues go round by the golden
// section, in three lightnesses. An image without a class is grey.
export function classColor(label, dark = isDark()) {
  if (label === undefined || label === null || label < 0) return dark ? '#7d808a' : '#8b8e97';
  const ten = dark ? onDark : onLight;
  if (label < ten.length) return ten[label];
  const hue = (360 * ((label * golden) % 1)).toFixed(0);
  const lightness = (dark ? [78, 66, 86] : [46, 58, 36])[label % 3];
  return `oklch(${lightness}% 0.14 ${hue})`;
}

// className is what a class is called.
export const className = (label, names = []) => names[label] || String(label);

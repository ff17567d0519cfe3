// Ten colours for ten digits that colour-blind eyes tell apart by lightness and
// hue (after Tol, "Colour Schemes", 2021); on a dark page lightened, in the
// same order.

import { isDark } from './ink.js';

const onLight = ['#332288', '#c9a227', '#117733', '#cc6677', '#55a9d6', '#882255', '#8a8a1f', '#2f9c8b', '#aa4499', '#111111'];
const onDark = ['#8b83ff', '#f2d56b', '#3fae5f', '#f08a98', '#8fd3f7', '#d6498a', '#a8a83c', '#4fd1bd', '#d58be0', '#ffffff'];

export const classes = 10;

// classColor is the colour of a digit; anything else is grey.
export function classColor(label) {
  return (isDark() ? onDark : onLight)[label] ?? (isDark() ? '#7d808a' : '#8b8e97');
}

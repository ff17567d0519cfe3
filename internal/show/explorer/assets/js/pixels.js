// Images as bytes: rows from the top, and for each pixel one value (grey) or
// three (red, green, blue). A format is the size of an image and how it is
// shown: {height, width, channels, ink}.

// inkShare is the share of nearly black values from which grey images count as
// strokes on nothing.
const inkShare = 0.5;
const nearlyBlack = 32;

// isInk tells strokes on an empty ground, such as digits, from photographs, by
// the share of values that are nearly black. Strokes are drawn in the colour of
// the page's text, so that they suit a light page as well as a dark one;
// photographs are shown as they are.
export const isInk = (channels, dark) => channels === 1 && dark > inkShare;

// darkShare is that share in some images.
export function darkShare(images) {
  let dark = 0;
  let all = 0;
  for (const pixels of images) {
    all += pixels.length;
    for (const value of pixels) if (value < nearlyBlack) dark++;
  }
  return all > 0 ? dark / all : 0;
}

export const sameFormat = (a, b) => Boolean(a && b)
  && a.height === b.height && a.width === b.width && a.channels === b.channels && a.ink === b.ink;

// writeRGBA writes an image as the canvas wants it. With an ink, a colour as
// [red, green, blue], the values of a grey image are its opacity.
export function writeRGBA(rgba, pixels, channels, ink = null) {
  const count = pixels.length / channels;
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    if (ink) {
      [rgba[at], rgba[at + 1], rgba[at + 2]] = ink;
      rgba[at + 3] = pixels[i];
      continue;
    }
    for (let c = 0; c < 3; c++) rgba[at + c] = pixels[i * channels + (channels === 3 ? c : 0)];
    rgba[at + 3] = 255;
  }
}

// readRGBA takes the values of an image from what a canvas holds.
export function readRGBA(rgba, channels) {
  const pixels = new Uint8Array((rgba.length / 4) * channels);
  for (let i = 0; 4 * i < rgba.length; i++) {
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = rgba[4 * i + c];
  }
  return pixels;
}

// Images are ink: a pixel of 1 is the colour of the text, one of 0 is the page.
// So they suit a light page as well as a dark one.

const dark = window.matchMedia('(prefers-color-scheme: dark)');

export const isDark = () => dark.matches;

// onTheme calls back when the page turns light or dark.
export function onTheme(repaint) {
  dark.addEventListener('change', repaint);
}

function ink() {
  return dark.matches ? [240, 243, 248] : [18, 21, 27];
}

// digit makes a canvas for images of the given size.
export function digit(height, width, label) {
  const canvas = document.createElement('canvas');
  canvas.className = 'ink';
  canvas.width = width;
  canvas.height = height;
  if (label) {
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', label);
  } else {
    canvas.setAttribute('aria-hidden', 'true');
  }
  return canvas;
}

// paint draws an image, a byte a pixel, and draws it again when the theme changes.
export function paint(canvas, pixels) {
  canvas.pixels = pixels;
  draw(canvas);
}

function draw(canvas) {
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  inkInto(image.data, canvas.pixels);
  context.putImageData(image, 0, 0);
}

// inkInto writes pixels as ink of their opacity.
export function inkInto(rgba, pixels) {
  const [red, green, blue] = ink();
  for (let i = 0; i < pixels.length; i++) {
    rgba[4 * i] = red;
    rgba[4 * i + 1] = green;
    rgba[4 * i + 2] = blue;
    rgba[4 * i + 3] = pixels[i];
  }
}

onTheme(() => {
  for (const canvas of document.querySelectorAll('canvas.ink')) {
    if (canvas.pixels) draw(canvas);
  }
});

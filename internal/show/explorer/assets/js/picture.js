// An image on the page.

import { writeRGBA } from './pixels.js';
import { isDark, onTheme } from './theme.js';

const drawn = new Set(); // weak references to the pictures that there are

// inkOf is the colour of a format's strokes; null where images have colours of
// their own.
export function inkOf(format) {
  if (!format.ink) return null;
  return isDark() ? [240, 243, 248] : [18, 21, 27];
}

export class Picture {
  // A picture with a label is named by it; one without is decoration.
  constructor(format, label) {
    this.format = format;
    this.pixels = null;
    this.element = document.createElement('canvas');
    this.element.className = format.ink ? 'picture ink' : 'picture';
    this.element.width = format.width;
    this.element.height = format.height;
    if (label) {
      this.element.setAttribute('role', 'img');
      this.element.setAttribute('aria-label', label);
    } else {
      this.element.setAttribute('aria-hidden', 'true');
    }
    if (format.ink) drawn.add(new WeakRef(this));
  }

  show(pixels) {
    this.pixels = pixels;
    this.draw();
    return this;
  }

  draw() {
    if (!this.pixels) return;
    const context = this.element.getContext('2d');
    const image = context.createImageData(this.format.width, this.format.height);
    writeRGBA(image.data, this.pixels, this.format.channels, inkOf(this.format));
    context.putImageData(image, 0, 0);
  }
}

onTheme(() => {
  for (const reference of drawn) {
    const picture = reference.deref();
    if (picture) picture.draw();
    else drawn.delete(reference);
  }
});

// From strokes of a pen to an image such as the data set holds.

const fine = 6; // drawing pixels a pixel of the image

// raster draws strokes as an image of a format. Ink is drawn in white on black,
// other images in the colours of the strokes on a ground. With a box the drawing
// is scaled until its longer side takes that share of the image, and moved until
// the middle of its ink is the middle of the image.
export function raster(strokes, format, { ground = '#ffffff', box = null } = {}) {
  const { height, width } = format;
  const points = strokes.flatMap((stroke) => stroke.points);
  if (points.length === 0) return new Uint8Array(height * width * format.channels);
  const side = Math.min(height, width);
  let place = (p) => [p.x * width, p.y * height];
  if (box !== null) place = boxed(points, Math.max(...strokes.map((stroke) => stroke.width)) * side, format, box);
  const first = rasterAt(strokes, format, ground, place);
  if (box === null) return first;
  const [mx, my] = middle(first, format);
  return rasterAt(strokes, format, ground, (p) => {
    const [x, y] = place(p);
    return [x + width / 2 - mx, y + height / 2 - my];
  });
}

// boxed scales points so that the strokes through them fill a share of the image.
export function boxed(points, thick, { height, width }, box) {
  const xs = points.map((p) => p.x * width);
  const ys = points.map((p) => p.y * height);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = Math.max(1, Math.min(height, width) * box - thick);
  const ratio = Math.min(room / Math.max(right - left, bottom - top, 1e-6), 4);
  return (p) => [
    width / 2 + (p.x * width - (left + right) / 2) * ratio,
    height / 2 + (p.y * height - (top + bottom) / 2) * ratio,
  ];
}

function rasterAt(strokes, format, ground, place) {
  const { height, width, channels } = format;
  const canvas = new OffscreenCanvas(width * fine, height * fine);
  const c = canvas.getContext('2d', { willReadFrequently: true });
  c.fillStyle = format.ink ? '#000' : ground;
  c.fillRect(0, 0, canvas.width, canvas.height);
  trace(c, strokes, (p) => place(p).map((v) => v * fine), Math.min(height, width) * fine, format.ink ? '#fff' : null);
  return shrink(c.getImageData(0, 0, canvas.width, canvas.height).data, format, fine);
}

// shrink averages squares of so many pixels a side; grey is the luma of colours.
export function shrink(rgba, { height, width, channels }, times) {
  const out = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0];
      for (let v = 0; v < times; v++) {
        for (let u = 0; u < times; u++) {
          const at = 4 * ((y * times + v) * width * times + x * times + u);
          for (let i = 0; i < 3; i++) sum[i] += rgba[at + i];
        }
      }
      const [r, g, b] = sum.map((s) => s / (times * times));
      const at = (y * width + x) * channels;
      if (channels === 3) out.set([Math.round(r), Math.round(g), Math.round(b)], at);
      else out[at] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    }
  }
  return out;
}

// trace draws strokes as smooth lines; a single point is a dot. Widths are
// shares of side. Without a color each stroke has its own.
export function trace(c, strokes, place, side, color = null) {
  c.lineCap = 'round';
  c.lineJoin = 'round';
  for (const stroke of strokes) {
    const points = stroke.points.map(place);
    c.strokeStyle = color ?? stroke.color;
    c.lineWidth = stroke.width * side;
    c.beginPath();
    c.moveTo(...points[0]);
    for (let i = 1; i < points.length - 1; i++) {
      const [x, y] = points[i];
      c.quadraticCurveTo(x, y, (x + points[i + 1][0]) / 2, (y + points[i + 1][1]) / 2);
    }
    const [x, y] = points[points.length - 1];
    c.lineTo(x + 1e-3, y);
    c.stroke();
  }
}

// middle is the middle of the mass of a grey image, in pixels.
export function middle(pixels, { height, width }) {
  let mass = 0;
  let mx = 0;
  let my = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const v = pixels[y * width + x];
      mass += v;
      mx += v * (x + 0.5);
      my += v * (y + 0.5);
    }
  }
  return mass > 0 ? [mx / mass, my / mass] : [width / 2, height / 2];
}

// boxOf is the share of an image that the longer side of its ink usually takes:
// the median over some images.
export function boxOf(images, { height, width }) {
  const shares = images.map((pixels) => {
    let [left, right, top, bottom] = [width, -1, height, -1];
    pixels.forEach((value, i) => {
      if (value < 128) return;
      const [x, y] = [i % width, Math.floor(i / width)];
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    });
    return Math.max(right - left, bottom - top) + 1;
  }).filter((side) => side > 0).sort((a, b) => a - b);
  if (shares.length === 0) return 0.8;
  return shares[Math.floor(shares.length / 2)] / Math.min(height, width);
}

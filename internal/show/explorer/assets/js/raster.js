// From strokes of a pen to an image such as the data set holds.

const fine = 6; // drawing pixels a pixel of the image
const pen = 2.3; // pixels of an image 28 high
const box = 20 / 28; // of the height, which the longer side of a digit fills

// raster draws strokes, lists of points in [0, 1], as an image, a byte a pixel.
// With centred the digit is scaled and then moved so that the middle of its
// mass is the middle of the image, as the digits of MNIST were.
export function raster(strokes, height, width, centred) {
  const points = strokes.flat();
  if (points.length === 0) return new Uint8Array(height * width);
  const side = Math.min(height, width);
  const thick = (pen * side) / 28;
  let place = (p) => [p.x * width, p.y * height];
  if (centred) {
    const xs = points.map((p) => p.x * width);
    const ys = points.map((p) => p.y * height);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const room = side * box - thick;
    const ratio = Math.min(room / Math.max(right - left, bottom - top, 1e-6), 4);
    place = (p) => [
      width / 2 + (p.x * width - (left + right) / 2) * ratio,
      height / 2 + (p.y * height - (top + bottom) / 2) * ratio,
    ];
  }
  const first = rasterAt(strokes, height, width, thick, place);
  if (!centred) return first;
  const [mx, my] = middle(first, height, width);
  return rasterAt(strokes, height, width, thick, (p) => {
    const [x, y] = place(p);
    return [x + width / 2 - mx, y + height / 2 - my];
  });
}

function rasterAt(strokes, height, width, thick, place) {
  const canvas = new OffscreenCanvas(width * fine, height * fine);
  const c = canvas.getContext('2d', { willReadFrequently: true });
  c.scale(fine, fine);
  c.strokeStyle = '#000';
  c.lineWidth = thick;
  trace(c, strokes, place);
  const { data } = c.getImageData(0, 0, canvas.width, canvas.height);
  const out = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let v = 0; v < fine; v++) {
        for (let u = 0; u < fine; u++) sum += data[4 * ((y * fine + v) * canvas.width + x * fine + u) + 3];
      }
      out[y * width + x] = Math.round(sum / (fine * fine));
    }
  }
  return out;
}

// trace draws strokes as smooth lines; a single point is a dot.
export function trace(c, strokes, place) {
  c.lineCap = 'round';
  c.lineJoin = 'round';
  for (const stroke of strokes) {
    const points = stroke.map(place);
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

// middle is the middle of an image's mass, in pixels.
function middle(pixels, height, width) {
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

// Saving images as files.

import { writeRGBA } from './pixels.js';

const least = 512; // a saved picture is at least so wide
const gap = 2;

// save offers images as one PNG, in rows of so many, with their own values:
// black is black, whatever the page looks like.
export async function save(name, format, images, columns = 1) {
  const { height, width, channels } = format;
  const rows = Math.ceil(images.length / columns);
  const between = images.length > 1 ? gap : 0;
  const sheet = new OffscreenCanvas(columns * (width + between) + between, rows * (height + between) + between);
  const context = sheet.getContext('2d');
  context.fillStyle = '#808080';
  context.fillRect(0, 0, sheet.width, sheet.height);
  const tile = context.createImageData(width, height);
  images.forEach((pixels, i) => {
    writeRGBA(tile.data, pixels, channels);
    context.putImageData(tile, between + (i % columns) * (width + between), between + Math.floor(i / columns) * (height + between));
  });
  const times = Math.max(1, Math.ceil(least / sheet.width));
  const large = new OffscreenCanvas(sheet.width * times, sheet.height * times);
  const enlarged = large.getContext('2d');
  enlarged.imageSmoothingEnabled = false;
  enlarged.drawImage(sheet, 0, 0, large.width, large.height);
  download(`${name}.png`, await large.convertToBlob({ type: 'image/png' }));
}

function download(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

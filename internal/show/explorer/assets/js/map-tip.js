// What is at the pointer on the map: the decoded image, and the test image that
// is near.

import { h } from './dom.js';
import { Picture } from './picture.js';
import { sameFormat } from './pixels.js';

export class Tip {
  constructor() {
    this.images = h('div', { class: 'tip-images' });
    this.text = h('p', {});
    this.element = h('div', { class: 'tip', hidden: true }, this.images, this.text);
  }

  // suit makes room for images of a format.
  suit(format) {
    if (sameFormat(format, this.format)) return;
    this.format = format;
    this.decoded = new Picture(format);
    this.test = new Picture(format);
    const holder = (picture, text) => h('div', { class: 'tip-image' }, picture.element, h('small', {}, text));
    this.testHolder = holder(this.test, 'test image');
    this.images.replaceChildren(holder(this.decoded, 'decoded'), this.testHolder);
  }

  // show stands beside a pixel of a frame; what names the test image near it,
  // null where there is none.
  show(where, what, [x, y], { width, height }) {
    this.text.replaceChildren(h('span', {}, where), ...(what === null ? [] : [h('strong', {}, what)]));
    this.testHolder.hidden = what === null;
    this.element.hidden = false;
    const { offsetWidth: wide, offsetHeight: tall } = this.element;
    this.element.style.left = `${x + wide + 20 > width ? Math.max(0, x - wide - 14) : x + 14}px`;
    this.element.style.top = `${Math.min(Math.max(0, y - tall / 2), height - tall)}px`;
  }

  hide() { this.element.hidden = true; }
}

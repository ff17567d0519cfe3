// Draws from the prior, decoded.

import { h } from './dom.js';
import { explanation } from './words.js';
import { Picture } from './picture.js';
import { sameFormat } from './pixels.js';
import { Roving } from './roving.js';
import { save } from './save.js';

export const sampleCount = 40;

export class Samples {
  // taken is called with the z, the image and the place of a sample.
  constructor(taken) {
    this.taken = taken;
    this.drawn = []; // {z, pixels, place}
    this.pictures = [];
    this.grid = h('div', { class: 'samples', role: 'group', 'aria-label': 'Samples. Arrow keys go from one to the next.' });
    this.roving = new Roving(this.grid);
    this.note = h('p', { class: 'quiet' });
    this.saver = h('button', { type: 'button', hidden: true, onclick: () => this.save() }, 'Save the samples');
    this.element = h('div', {}, this.grid, h('div', { class: 'under' }, this.note, this.saver));
  }

  // show paints the answer to a request for samples.
  show(name, model, format, answer) {
    if (!sameFormat(format, this.format) || this.pictures.length !== answer.images.length) this.makeGrid(format, answer.images.length);
    this.name = name;
    this.seed = answer.seed;
    this.drawn = answer.images.map((pixels, i) => ({ z: answer.z[i], pixels, place: answer.map?.[i] }));
    this.drawn.forEach(({ pixels }, i) => this.pictures[i].show(pixels));
    const lower = model.lower_latents ? '. The layer below z is drawn as well; at the sliders it stands at its mean' : '';
    this.note.textContent = `seed ${answer.seed}${lower}`;
    this.note.title = explanation('seed');
    this.saver.hidden = false;
  }

  // without says why there are no samples.
  without(text) {
    this.drawn = this.pictures = [];
    this.format = null;
    this.grid.replaceChildren(h('p', { class: 'note' }, text));
    this.roving.show([]);
    this.note.textContent = '';
    this.saver.hidden = true;
  }

  makeGrid(format, count) {
    this.format = format;
    this.pictures = Array.from({ length: count }, () => new Picture(format));
    const buttons = this.pictures.map((picture, i) => h('button', {
      type: 'button', class: 'sample', 'aria-label': `Put sample ${i + 1} in the sliders`, onclick: () => this.takeAt(i),
    }, picture.element));
    this.grid.replaceChildren(...buttons);
    this.roving.show(buttons);
  }

  takeAt(i) {
    const { z, pixels, place } = this.drawn[i];
    this.taken(z, pixels, place);
  }

  save() {
    return save(`${this.name}-samples-${this.seed}`, this.format, this.drawn.map(({ pixels }) => pixels), 10);
  }
}

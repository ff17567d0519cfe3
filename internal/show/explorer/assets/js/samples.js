// Draws from the prior, decoded.

import * as api from './api.js';
import { h } from './dom.js';
import { digit, paint } from './ink.js';

const count = 40;

export class Samples {
  // taken is called with the z and the image of a sample.
  constructor(taken) {
    this.taken = taken;
    this.grid = h('div', { class: 'samples', role: 'group', 'aria-label': 'Samples' });
    this.note = h('p', { class: 'quiet' });
    this.element = h('div', {}, this.grid, this.note);
  }

  // show draws with a seed; the same seed shows what a training has changed.
  async show(run, model, seed, label) {
    const answer = await api.sample(run, count, seed, label);
    if (this.grid.childElementCount !== count || this.height !== model.height || this.width !== model.width) this.makeGrid(model);
    answer.images.forEach((pixels, i) => {
      const button = this.grid.children[i];
      button.sample = { z: answer.z[i], pixels, place: answer.map?.[i] };
      paint(button.firstChild, pixels);
    });
    const drawn = model.lower_latents ? '. The layer below z is drawn as well; at the sliders it stands at its mean' : '';
    this.note.textContent = `seed ${answer.seed}${drawn}`;
  }

  makeGrid(model) {
    this.height = model.height;
    this.width = model.width;
    this.grid.replaceChildren(...Array.from({ length: count }, (_, i) => {
      const button = h('button', {
        type: 'button', class: 'sample', 'aria-label': `Put sample ${i + 1} in the sliders`,
        onclick: () => this.taken(button.sample.z, button.sample.pixels, button.sample.place),
      }, digit(model.height, model.width));
      return button;
    }));
  }
}

// Terms that explain themselves when they are pressed.

import { h } from './dom.js';
import { explanation } from './words.js';

let bubble = null;

// term is text that explains itself, by a key of words.js. Where a term is
// repeated, one of the repetitions is enough for the Tab key.
export function term(text, key, { repeated = false } = {}) {
  const words = explanation(key);
  const button = h('button', {
    type: 'button', class: 'term', title: words, tabIndex: repeated ? -1 : 0,
    onclick: () => toggle(button, words),
  }, text);
  return button;
}

function toggle(button, words) {
  if (!bubble) {
    bubble = h('div', { class: 'bubble', popover: 'auto', role: 'note' });
    document.body.append(bubble);
  }
  bubble.textContent = words;
  bubble.showPopover();
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = bubble;
  const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), document.documentElement.clientWidth - width - 8);
  const top = at.bottom + height + 12 > window.innerHeight ? at.top - height - 6 : at.bottom + 6;
  bubble.style.left = `${left + window.scrollX}px`;
  bubble.style.top = `${top + window.scrollY}px`;
}

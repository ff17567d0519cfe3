// Making elements, in HTML and in SVG.

const SVG = 'http://www.w3.org/2000/svg';

// h makes an element. Keys of props that begin with "on" are listeners, those
// the element has as properties are set, the others become attributes.
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

// s is h for SVG.
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.setAttribute('class', value);
    else if (key in element && element.namespaceURI !== SVG && !key.includes('-')) element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

let saying = 0;

// say tells people who listen to the page. What is said in quick succession is
// said once, at the end.
export function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => { byId('says').textContent = text; }, 250);
}

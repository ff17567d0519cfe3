// What of the page is hard to read or to hit, as a list of complaints: text
// against what is behind it (WCAG 2.2, 1.4.3), the size of text, and the size
// of what is to be hit (2.5.8).
(() => {
  const complaints = new Set();
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (color) => {
    const [r, g, b] = color.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const up = function* (element) {
    for (let e = element; e; e = e.parentElement) yield e;
  };
  const behind = (element) => {
    const layers = [];
    for (const e of up(element)) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const name = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? e.id}`;
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.unseen, .skip, option, script, style, noscript');

  let texts = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !seen(e) || e.closest(':disabled')) continue;
    texts++;
    const style = getComputedStyle(e);
    const inSVG = e instanceof SVGElement;
    const size = parseFloat(style.fontSize) * (inSVG ? Math.abs(e.getScreenCTM().d) : 1);
    const paper = behind(e);
    const color = rgba(inSVG ? style.fill : style.color);
    for (const each of up(e)) color[3] *= parseFloat(getComputedStyle(each).opacity);
    const [light, dark] = [luminance(over(color, paper)), luminance(paper)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) complaints.add(`${name(e)} stands out by ${ratio.toFixed(2)}: ${walk.currentNode.textContent.trim().slice(0, 30)}`);
    if (size < 10.9) complaints.add(`${name(e)} is ${size.toFixed(1)} pixels high`);
  }
  if (texts < 50) complaints.add(`${texts} texts were looked at`);

  for (const e of document.querySelectorAll('button, select, input, a, summary, [tabindex="0"]')) {
    if (!seen(e)) continue;
    const { width, height } = (e.type === 'checkbox' ? e.closest('label') : e).getBoundingClientRect();
    if (width < 24 || height < 24) complaints.add(`${name(e)} is ${width.toFixed(0)} by ${height.toFixed(0)} pixels: ${e.textContent.slice(0, 30)}`);
  }
  return [...complaints];
})()

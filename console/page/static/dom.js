// dom.js: nodes and texts. Everything that others have written reaches the document through here, as text and never as
// markup, so that a name of <script> is seven letters and two brackets.

const longest = 160; // characters of one text in a table; the rest is behind a button

export const $ = (id) => document.getElementById(id);

// el makes an element. Attributes are set by name; text and children follow.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) attr(node, name, value);
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

// text shows a text where another one stands, and does nothing where the same one does.
export function text(node, value) {
  const shown = value === null || value === undefined ? '' : String(value);
  if (node.childNodes.length !== (shown ? 1 : 0) || (node.firstChild?.nodeValue ?? '') !== shown) node.textContent = shown;
  return node;
}

// attr sets an attribute, or takes it away with false, null or undefined.
export function attr(node, name, value) {
  if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value === true ? '' : value)) node.setAttribute(name, value === true ? '' : value);
  return node;
}

// words shows a text of somebody else's: isolated, so that a name that runs from right to left turns nothing around it, and
// cut, with all of it behind a button.
export function words(node, value) {
  const whole = value === null || value === undefined ? '' : String(value);
  if (node.vigilWhole === whole) return node;
  node.vigilWhole = whole;
  const shown = whole.length > longest ? whole.slice(0, longest) + '…' : whole;
  const parts = [el('bdi', { class: 'clip', title: whole.length > 24 ? whole.slice(0, 1000) : false }, shown)];
  if (whole.length > longest) {
    const more = el('button', { type: 'button', class: 'more', 'aria-label': 'Show all of this text' }, 'all');
    more.addEventListener('click', () => showWhole(whole));
    parts.push(more);
  }
  node.replaceChildren(...parts);
  return node;
}

function showWhole(whole) {
  text($('full-text'), whole);
  $('full').showModal();
}

// cell makes a cell of a table, of the classes that its column has.
export const cell = (classes, ...children) => el('td', { class: classes || false }, ...children);

// frame has something done before the next picture, once however often it is asked for.
const waiting = new Set();
let asked = 0;
const budget = 10; // ms of one picture

export function frame(draw) {
  waiting.add(draw);
  asked ||= requestAnimationFrame(drawAll);
}

// drawAll draws what is waiting, and leaves to the next picture what would make this one late.
function drawAll() {
  const begun = performance.now();
  for (const draw of [...waiting]) {
    if (performance.now() - begun > budget) break;
    waiting.delete(draw);
    try {
      draw();
    } catch (error) { // one part that fails leaves the others as they are
      console.error(error);
    }
  }
  asked = waiting.size ? requestAnimationFrame(drawAll) : 0;
}

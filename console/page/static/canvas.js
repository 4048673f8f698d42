// canvas.js: the colors of the style sheet for what is painted, and what happens when the size or the scheme changes.

let found = null;
const scheme = matchMedia('(prefers-color-scheme: dark)');
const listeners = [];

scheme.addEventListener('change', () => { found = null; for (const fn of listeners) fn(); });

// colors returns the colors of the scheme that is shown. A probe resolves them, because a custom property keeps both.
export function colors() {
  if (found) return found;
  const probe = document.createElement('span');
  document.body.append(probe);
  const of = (name) => { probe.className = 'probe-' + name; return getComputedStyle(probe).color; };
  found = Object.fromEntries(['quiet', 'line', 'good', 'bad', 'accent', 'up', 'down', 'buy', 'sell', 'back', 'card', 'shade'].map((name) => [name, of(name)]));
  probe.remove();
  const family = getComputedStyle(document.body).fontFamily;
  found.font = '12px ' + family;
  found.canvasFont = (dot) => `${11 * dot}px ${family}`;
  return found;
}

// watchSize calls fn when the width of a node or the scheme has changed.
export function watchSize(node, fn) {
  let wide = node.clientWidth;
  new ResizeObserver(() => {
    if (node.clientWidth === wide || node.clientWidth === 0) return;
    wide = node.clientWidth;
    fn();
  }).observe(node);
  listeners.push(fn);
}

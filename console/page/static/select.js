// select.js: many at once. What is selected is kept by its name, so that a list that changes under the hand does not change
// what an act is done to.

import { el, attr, text } from './dom.js';
import { on } from './feed.js';
import { can, doAll } from './acts.js';

// selection returns what makes boxes, and what ties the buttons [data-all] of a section to those that are selected.
export function selection(section) {
  const chosen = new Map(); // by name: for which verbs it will do
  const buttons = [...section.querySelectorAll('[data-all]')];
  const labels = new Map(buttons.map((b) => [b, b.textContent]));
  const fitting = (verb) => [...chosen].filter(([, verbs]) => verbs.includes(verb)).map(([name]) => name);
  const show = () => {
    for (const b of buttons) {
      const n = fitting(b.dataset.all).length;
      attr(b, 'hidden', !can(b.dataset.all));
      attr(b, 'disabled', n === 0);
      text(b, labels.get(b) + (n ? ` (${n})` : ''));
    }
  };
  for (const b of buttons) b.addEventListener('click', () => doAll(b.dataset.all, fitting(b.dataset.all)));
  on('host', show);
  return {
    box(name, label) {
      const node = el('input', { type: 'checkbox', 'data-select': '', 'aria-label': 'Select ' + label.slice(0, 60) });
      node.addEventListener('change', () => {
        if (node.checked) chosen.set(name, node.vigilVerbs ?? []);
        else chosen.delete(name);
        show();
      });
      return node;
    },
    // keep says for which acts a row will do now; a row without any cannot be selected.
    keep(box, name, verbs) {
      box.vigilVerbs = verbs;
      attr(box, 'disabled', verbs.length === 0);
      if (verbs.length === 0) box.checked = false;
      if (!box.checked) chosen.delete(name);
      else chosen.set(name, verbs);
    },
    // only lets go of what is not there any more.
    only(names) {
      for (const name of chosen.keys()) if (!names.has(name)) chosen.delete(name);
      show();
    },
  };
}

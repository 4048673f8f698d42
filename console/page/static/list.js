// list.js: a list of things as nodes, kept by their keys. A row that stays keeps its node, and with it the focus, what is
// selected and what is open; only what has changed is touched.

import { el, text } from './dom.js';

const few = 50; // rows at first: each that is in sight costs time whenever one of them changes
const further = 200;

// some shows the first of what a list is given, and offers the rest below it.
export function some(parent, show) {
  let most = few;
  let items = [];
  const rest = el('button', { type: 'button', class: 'rest', 'data-rest': '', hidden: true });
  const draw = () => {
    show(items.slice(0, most));
    const left = items.length - most;
    rest.hidden = left <= 0;
    text(rest, left > further ? `Show ${further} of ${left} more` : `Show ${left} more`);
  };
  rest.addEventListener('click', () => { most += further; draw(); });
  parent.closest('.table').after(rest);
  return (found) => { items = found; draw(); };
}

// list returns a function that shows items below parent. key names an item, make returns {node, ...} for a new one, and
// update brings a row up to date. follow, if it is there, returns a second node that stands behind the row, or null.
export function list(parent, { key, make, update, follow }) {
  const rows = new Map();
  return (items) => {
    const wanted = new Map();
    for (const item of items) {
      let name = String(key(item));
      while (wanted.has(name)) name += '\u0000'; // two of one name are two rows
      wanted.set(name, item);
    }
    for (const [name, row] of rows) {
      if (wanted.has(name)) continue;
      row.node.remove();
      row.behind?.remove();
      rows.delete(name);
    }
    let next = parent.firstChild;
    const place = (node) => {
      if (node === next) next = next.nextSibling;
      else parent.insertBefore(node, next);
    };
    for (const [name, item] of wanted) {
      let row = rows.get(name);
      if (!row) rows.set(name, row = make(item));
      row.item = item;
      update(row, item);
      place(row.node);
      const behind = follow ? follow(row, item) : null;
      if (row.behind && row.behind !== behind) {
        if (next === row.behind) next = next.nextSibling;
        row.behind.remove();
      }
      row.behind = behind;
      if (behind) place(behind);
    }
  };
}

// filters.js: what is shown of the lists stands in the address, so that a view can be kept, sent and reloaded.

import { el, text, attr } from './dom.js';
import { list } from './list.js';

const changed = [];

export const filter = (name) => new URLSearchParams(location.search).get(name) ?? '';

export function setFilter(name, value) {
  const all = new URLSearchParams(location.search);
  if (value) all.set(name, value);
  else all.delete(name);
  const query = all.toString();
  history.replaceState(null, '', location.pathname + (query ? '?' + query : '') + location.hash);
  for (const fn of changed) fn(name);
}

export const onFilter = (fn) => changed.push(fn);

// bind ties the fields of the document that name a filter to the address.
export function bind() {
  for (const field of document.querySelectorAll('select[data-filter], input[data-filter]')) {
    const name = field.dataset.filter;
    if (filter(name)) field.value = filter(name);
    field.addEventListener(field.tagName === 'SELECT' ? 'change' : 'input', () => setFilter(name, field.value));
  }
}

// options shows what a field can choose from. What the address names stays, also before it is known.
export function options(field, values, all) {
  const chosen = filter(field.dataset.filter);
  const wanted = [...new Set(chosen ? [...values, chosen] : values)];
  if (field.vigilOptions?.join('\n') === wanted.join('\n')) return;
  field.vigilOptions = wanted;
  const shown = field.value;
  field.replaceChildren(
    ...(all ? [el('option', { value: '' }, all)] : []),
    ...wanted.map((value) => el('option', { value }, value.length > 60 ? value.slice(0, 60) + '…' : value)),
  );
  field.value = chosen || (wanted.includes(shown) ? shown : all ? '' : wanted[0] ?? '');
}

// chips shows how many there are of each kind, as the filter itself.
export function chips(parent, name, say = (value) => value) {
  const show = list(parent, {
    key: ([value]) => value,
    make: ([value]) => {
      const node = el('button', { type: 'button', 'data-filter': name, 'data-value': value });
      node.addEventListener('click', () => setFilter(name, filter(name) === value ? '' : value));
      return { node };
    },
    update: ({ node }, [value, count]) => {
      text(node, (value ? say(value) : 'all') + ' ' + count);
      attr(node, 'aria-pressed', String(filter(name) === value));
    },
  });
  // A kind that is asked for stays, even where there is none of it: else nobody could take the filter away.
  return (counts, total) => {
    const chosen = filter(name);
    if (chosen && !counts.has(chosen)) counts.set(chosen, 0);
    show([['', total], ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1))]);
  };
}

// count says how many items there are of each kind.
export function count(items, kindOf) {
  const counts = new Map();
  for (const item of items) counts.set(kindOf(item), (counts.get(kindOf(item)) ?? 0) + 1);
  return counts;
}

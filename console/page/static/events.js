// events.js: what happened lately, as it happens.

import { $, el, text, words, cell, frame } from './dom.js';
import { list, some } from './list.js';
import { on, data } from './feed.js';
import { clock } from './format.js';
import { filter, onFilter, chips, count } from './filters.js';
import { empty } from './stale.js';


export function start() {
  on('events', () => frame(draw));
  onFilter(() => frame(draw));
}

const showChips = chips($('events-kind'), 'e.kind');

const show = some($('events'), list($('events'), {
  key: (e) => e.run + '/' + e.seq,
  make: (e) => {
    const what = cell('what');
    words(what, e.text);
    return { node: el('tr', { 'data-event': e.seq, 'data-kind': e.kind, 'data-level': e.data?.level?.toLowerCase() },
      text(cell('time'), clock(e.at)), text(cell(''), e.kind), what) };
  },
  update: () => {}, // what has happened stays as it is
}));

function draw() {
  const all = data('events') ?? [];
  const wanted = filter('e.text').toLowerCase();
  const named = wanted ? all.filter((e) => e.text.toLowerCase().includes(wanted)) : all;
  showChips(count(named, (e) => e.kind), named.length);
  const shown = named.filter((e) => !filter('e.kind') || e.kind === filter('e.kind'));
  show(shown);
  empty($('events-at'), 'events', shown.length === 0, all.length ? 'No event fits the filter.' :
    'Nothing has happened yet. Starts, ends, orders, fills, halts and acts of people appear here as they happen.');
}

// locks.js: what keeps things from being opened: of what, why, by whom, and how long yet; and the acts that lock and lift.

import { $, el, text, attr, words, cell, frame } from './dom.js';
import { list } from './list.js';
import { on, data } from './feed.js';
import { clock, until, now } from './format.js';
import { button, offer, can, doAll } from './acts.js';
import { empty } from './stale.js';

const kinds = {
  halt: '■ Halt', reduce_only: '▼ Only reduce', protection: '◷ Protection', lock: '‖ Lock', orphan: '▲ Strategy gone',
};

export function start() {
  on('locks status host strategies', () => frame(draw));
  setInterval(() => frame(draw), 1000);
  $('lock').addEventListener('click', () => doAll('lock', [$('lock-symbol').value]));
}

// ends is the act that ends one, with what it takes.
const ends = {
  halt: ['rearm', 'Re-arm', () => data('status')?.halts?.[0]?.id],
  reduce_only: ['reduce-only', 'Open again', () => false],
  lock: ['unlock', 'Unlock', (l) => l.symbol],
};

const show = list($('locks'), {
  key: (l) => [l.kind, l.symbol, l.strategy, l.by].join('\n'),
  make: (l) => {
    const r = { kind: cell(''), of: cell('name'), left: cell('time'), at: cell('time wide'), by: cell('wide'), why: cell('what') };
    const [verb, label, object] = ends[l.kind] ?? [];
    r.end = verb ? button(verb, label, () => object(r.item)) : null;
    text(r.kind, kinds[l.kind] ?? l.kind);
    words(r.of, l.strategy ? `${l.symbol}, for ${l.strategy}` : l.symbol || 'all instruments');
    r.node = el('tr', { 'data-lock': l.kind, 'data-of': (l.symbol ?? '').slice(0, 100) || false }, r.kind, r.of, r.left, r.at, r.by, r.why,
      cell('act', r.end));
    return r;
  },
  update: (r, l) => {
    text(r.left, !l.until ? 'until lifted' : Date.parse(l.until) > now() ? until(l.until) : 'over');
    text(r.at, l.until ? clock(l.until) : '');
    words(r.by, l.by ?? '');
    words(r.why, l.why ?? '');
    if (r.end) offer(r.end, true, l.symbol ?? l.kind);
    attr(r.node, 'title', l.way_out);
  },
});

function draw() {
  const all = data('locks') ?? [];
  show(all);
  const symbols = [...new Set([...(data('host')?.symbols ?? []), ...(data('status')?.positions ?? []).map((p) => p.symbol)])];
  const field = $('lock-symbol');
  if (field.vigilOptions !== symbols.join('\n')) {
    field.vigilOptions = symbols.join('\n');
    const chosen = field.value;
    field.replaceChildren(...symbols.map((s) => el('option', { value: s }, s.slice(0, 60))));
    if (symbols.includes(chosen)) field.value = chosen;
  }
  const may = can('lock') && symbols.length > 0;
  $('lock-tools').hidden = !may;
  $('locks-at').hidden = !may && all.length === 0;
  empty($('locks-at'), 'locks', all.length === 0, 'Nothing is locked: whatever passes the limits may be opened.');
}

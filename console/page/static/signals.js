// signals.js: the signals, and why each of them did or did not trade.

import { $, el, text, attr, words, cell, frame } from './dom.js';
import { list, some } from './list.js';
import { on, data } from './feed.js';
import { clock, number, percent, plain } from './format.js';
import { filter, onFilter, options, chips, count } from './filters.js';
import { details } from './timeline.js';
import { empty } from './stale.js';

const fresh = 3000; // ms after which open details are asked for again
const waits = 'not_seen';
const open = new Map(); // details by signal

const outcomes = {
  acted: '✔ acted', approved: '✔ approved', refused: '✖ refused', superseded: '↷ superseded', expired: '◷ expired',
  would_have: '☐ not asked', not_seen: '… not looked at yet',
};
const causes = {
  superseded: 'A newer signal was there', expired: 'Too late', halted: 'Trading was halted', reduce_only: 'Only reducing was allowed',
  stale: 'The data was stale', unhealthy: 'What makes the signals was unhealthy', limit: 'A limit', too_small: 'Too small to trade',
  no_price: 'No price', owned: 'Another strategy owns it', not_traded: 'It is not traded here', manual: 'Nobody has approved it',
  waiting: 'An earlier order is in the way', rejected: 'The venue rejected it', canceled: 'Canceled', policy: 'A policy',
  not_known: 'The journal does not say',
};

export const because = (became) => [
  causes[became.reason_code] ? causes[became.reason_code] + (became.limit && became.limit !== 'not_known' ? ' (' + became.limit + ')' : '') : '',
  (became.why ?? '') + (became.by && !became.why?.includes(became.by) ? ` (signal ${became.by})` : ''),
].filter(Boolean).join(': ');

export function start() {
  on('signals outcomes orders host', () => frame(draw));
  onFilter(() => frame(draw));
}

const showChips = chips($('signals-what'), 's.what', plain);

// traded says what was done for a signal, by the orders that open or close for it.
function traded(id) {
  return (orders.get(id) ?? [])
    .map((o) => `${o.side === 'buy' ? 'bought' : 'sold'} ${number(o.filled)} of ${number(o.quantity)}, ${o.status}`).join('; ');
}

let orders = new Map(); // those that open or close, by the signal that each serves

const show = some($('signals'), list($('signals'), {
  key: (s) => s.id,
  make: (s) => {
    const r = { expand: el('button', { type: 'button', 'data-expand': '', 'aria-expanded': 'false',
      'aria-label': 'Details of the signal of ' + clock(s.created_at) }, '▸') };
    r.expand.addEventListener('click', () => {
      if (open.has(s.id)) open.delete(s.id);
      else open.set(s.id, details(9, s.id, 'api/signals/' + encodeURIComponent(s.id)));
      draw();
    });
    for (const name of ['time', 'symbol', 'says', 'what', 'why']) r[name] = cell(name === 'time' ? 'time' : '');
    r.strategy = cell('wide');
    r.confidence = cell('number wide');
    r.price = cell('number wide');
    r.node = el('tr', { 'data-signal': s.id }, cell('', r.expand), r.time, r.symbol, r.says, r.strategy, r.confidence, r.price,
      r.what, r.why);
    text(r.time, clock(s.created_at));
    words(r.symbol, s.symbol);
    text(r.says, { long: '▲ long', short: '▼ short', flat: '◆ flat' }[s.direction] ?? s.direction);
    words(r.strategy, s.strategy);
    text(r.confidence, percent(s.confidence));
    text(r.price, number(s.price));
    return r;
  },
  update: (r, s) => {
    text(r.what, outcomes[s.became.what] ?? plain(s.became.what));
    attr(r.node, 'data-became', s.became.what);
    attr(r.node, 'data-reason', s.became.reason_code || null);
    words(r.why, because(s.became) || traded(s.id));
    attr(r.expand, 'aria-expanded', String(open.has(s.id)));
    text(r.expand, open.has(s.id) ? '▾' : '▸');
  },
  follow: (r, s) => {
    const behind = open.get(s.id);
    behind?.refresh(fresh);
    return behind?.node ?? null;
  },
}));

function draw() {
  const found = data('signals') ?? [];
  orders = Map.groupBy((data('orders') ?? []).filter((o) => !o.leg), (o) => o.signal_id);
  const became = new Map((data('outcomes') ?? []).map((o) => [o.signal_id, o.became]));
  const oldest = (data('outcomes') ?? []).at(-1);
  const all = found.map((s) => ({ ...s, became: became.get(s.id) ?? unknown(s, oldest) }));
  options(document.querySelector('[data-filter="s.symbol"]'), [...new Set([...(data('host')?.symbols ?? []), ...all.map((s) => s.symbol)])], 'all');
  const ofSymbol = all.filter((s) => !filter('s.symbol') || s.symbol === filter('s.symbol'));
  showChips(count(ofSymbol, (s) => s.became.what), ofSymbol.length);
  const shown = ofSymbol.filter((s) => !filter('s.what') || s.became.what === filter('s.what'));
  show(shown);
  empty($('signals-at'), 'signals', shown.length === 0, all.length ? 'No signal fits the filter.' :
    'No signal yet. The first comes when a strategy changes its mind; Services shows whether bars arrive.');
}

// unknown is a signal of which the list of outcomes does not tell: it is newer, or older than the list reaches.
function unknown(signal, oldest) {
  const older = oldest && Date.parse(signal.created_at) < Date.parse(oldest.at);
  return older ? { what: 'older', why: 'its details say it' } : { what: waits };
}

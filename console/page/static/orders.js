// orders.js: the orders, each with its way from the signal to the last fill.

import { $, el, text, attr, words, cell, frame } from './dom.js';
import { list, some } from './list.js';
import { on, data } from './feed.js';
import { clock, number, plain } from './format.js';
import { filter, onFilter, options, chips, count } from './filters.js';
import { details } from './timeline.js';
import { button, offer } from './acts.js';
import { selection } from './select.js';
import { empty } from './stale.js';

const fresh = 2000; // ms after which open details of an order that is not done are asked for again
const glyphs = { filled: '✔', open: '○', intended: '…', unknown: '?', canceled: '✖', expired: '◷', rejected: '✖' };
const standing = new Set(['intended', 'unknown', 'open']);
const open = new Map(); // details by client ID

const selected = selection($('orders-at'));

export function start() {
  on('orders host', () => frame(draw));
  onFilter(() => frame(draw));
}

const showChips = chips($('orders-status'), 'o.status');

const show = some($('orders'), list($('orders'), {
  key: (o) => o.client_id,
  make: (o) => {
    const r = {
      expand: el('button', { type: 'button', 'data-expand': '', 'aria-expanded': 'false', 'aria-label': 'The way of the order of ' + clock(o.created_at) }, '▸'),
      box: selected.box(o.client_id, `${o.side} ${o.quantity} ${o.symbol}`),
      cancel: button('cancel', 'Cancel', () => o.client_id), giveUp: button('give-up', 'Give up', () => o.client_id),
    };
    r.expand.addEventListener('click', () => {
      if (open.has(o.client_id)) open.delete(o.client_id);
      else open.set(o.client_id, details(12, o.client_id, 'api/orders/' + encodeURIComponent(o.client_id)));
      draw();
    });
    for (const name of ['time', 'symbol', 'side', 'status']) r[name] = cell(name === 'time' ? 'time' : '');
    r.type = cell('wide');
    r.quantity = cell('number');
    r.filled = cell('number wide');
    r.price = cell('number wide');
    r.why = cell('wide');
    r.node = el('tr', { 'data-order': o.client_id }, cell('', r.expand), cell('pick', r.box), r.time, r.symbol, r.side, r.type, r.quantity,
      r.filled, r.price, r.status, r.why, cell('act', el('div', { class: 'row' }, r.cancel, r.giveUp)));
    text(r.time, clock(o.created_at));
    words(r.symbol, o.symbol);
    text(r.side, o.side === 'buy' ? '▲ buy' : '▼ sell');
    text(r.type, plain(o.leg || o.type || 'market'));
    text(r.quantity, number(o.quantity));
    text(r.price, number(o.stop_price ?? o.limit_price ?? o.decision_price));
    return r;
  },
  update: (r, o) => {
    attr(r.node, 'data-status', o.status);
    text(r.filled, number(o.filled));
    text(r.status, `${glyphs[o.status] ?? ''} ${o.status}${o.cancel_asked && o.status === 'open' ? ', cancel asked' : ''}`);
    words(r.why, o.reason ?? '');
    offer(r.cancel, standing.has(o.status) && !o.cancel_asked, o.client_id);
    offer(r.giveUp, o.status === 'unknown', o.client_id);
    selected.keep(r.box, o.client_id, standing.has(o.status) ? ['cancel'] : []);
    attr(r.expand, 'aria-expanded', String(open.has(o.client_id)));
    text(r.expand, open.has(o.client_id) ? '▾' : '▸');
  },
  follow: (r, o) => {
    const behind = open.get(o.client_id);
    behind?.refresh(standing.has(o.status) || !behind.seenDone ? fresh : Infinity);
    if (behind) behind.seenDone = !standing.has(o.status);
    return behind?.node ?? null;
  },
}));

function draw() {
  const all = data('orders') ?? [];
  options(document.querySelector('[data-filter="o.symbol"]'), [...new Set(all.map((o) => o.symbol))].sort(), 'all');
  const ofSymbol = all.filter((o) => !filter('o.symbol') || o.symbol === filter('o.symbol'));
  showChips(count(ofSymbol, (o) => o.status), ofSymbol.length);
  const shown = ofSymbol.filter((o) => !filter('o.status') || o.status === filter('o.status'));
  show(shown);
  selected.only(new Set(all.map((o) => o.client_id)));
  empty($('orders-at'), 'orders', shown.length === 0, all.length ? 'No order fits the filter.' :
    'No order yet. One is made when a signal passes the limits; the signals above say why one did not.');
}

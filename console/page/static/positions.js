// positions.js: what is held and what closes it, and the signals that wait for a person's word.

import { $, el, text, attr, words, cell, frame } from './dom.js';
import { list } from './list.js';
import { on, data } from './feed.js';
import { money, number, percent, profit, sign, until, now, plain } from './format.js';
import { button, offer, doAll } from './acts.js';
import { selection } from './select.js';
import { empty } from './stale.js';
import { lastPrice, wantPrices } from './prices.js';
import { setFilter } from './filters.js';

const nearLiquidation = 0.1; // of the price
const held = selection($('positions-at'));
const waiting = selection($('offers-at'));

export function start() {
  on('status host prices', () => frame(draw));
  setInterval(() => frame(drawOffers), 1000);
  document.querySelector('[data-act="kill"]').addEventListener('click', () => doAll('kill', [true]));
  document.querySelector('[data-act="reduce-only"]').addEventListener('click', () => doAll('reduce-only', [!data('status')?.trading?.reduce_only]));
}

const showPositions = list($('positions'), {
  key: (p) => p.symbol,
  make: (p) => {
    const r = { box: held.box(p.symbol, p.symbol), symbol: el('button', { type: 'button', class: 'plain', title: 'Show its chart' }),
      close: button('flatten', 'Close', () => p.symbol) };
    words(r.symbol, p.symbol);
    r.symbol.addEventListener('click', () => { setFilter('symbol', p.symbol); $('price-at').scrollIntoView(); });
    for (const name of ['side']) r[name] = cell('word');
    for (const name of ['quantity', 'unrealized']) r[name] = cell('number');
    for (const name of ['entry', 'price', 'stop', 'target', 'realized', 'fees']) r[name] = cell('number wide');
    for (const name of ['margin', 'liquidation', 'funding']) r[name] = cell('number wide ' + name);
    r.node = el('tr', { 'data-position': p.symbol }, cell('pick', r.box), cell('name', r.symbol), r.side, r.quantity, r.entry, r.price,
      r.unrealized, r.stop, r.target, r.margin, r.liquidation, r.funding, r.realized, r.fees, cell('act', r.close));
    return r;
  },
  update: (r, p) => {
    const quantity = Number(p.quantity);
    const price = lastPrice(p.symbol);
    const unrealized = price === undefined ? null : quantity * price - Number(p.cost);
    const guard = (leg) => data('status').orders.find((o) => o.symbol === p.symbol && o.leg === leg);
    text(r.side, quantity < 0 ? '▼ short' : '▲ long');
    text(r.quantity, number(Math.abs(quantity)));
    text(r.entry, number(Number(p.cost) / quantity));
    text(r.price, number(price));
    text(r.unrealized, profit(unrealized));
    attr(r.unrealized, 'class', 'number ' + sign(unrealized));
    text(r.stop, number(guard('stop_loss')?.stop_price));
    text(r.target, number(guard('take_profit')?.limit_price));
    const margin = p.margin ?? {};
    const near = margin.distance !== null && margin.distance < nearLiquidation;
    text(r.margin, margin.maintenance ? money(margin.maintenance) : '');
    text(r.liquidation, !p.margin ? '' : margin.liquidation === null ? 'none'
      : `${near ? '▲ ' : ''}${number(margin.liquidation)}, ${percent(margin.distance)} away`);
    attr(r.liquidation, 'data-tone', near ? 'bad' : null);
    text(r.funding, margin.funding_at ? `${profit(margin.funding_due)} in ${until(margin.funding_at)}` : '');
    text(r.realized, profit(p.realized));
    text(r.fees, money(p.fees));
    offer(r.close, true, p.symbol);
    held.keep(r.box, p.symbol, ['flatten']);
  },
});

const showOffers = list($('offers'), {
  key: (o) => o.signal_id,
  make: (o) => {
    const r = { box: waiting.box(o.signal_id, `${o.direction} ${o.symbol}`), approve: button('approve', 'Approve', () => o.signal_id) };
    for (const name of ['symbol', 'says', 'why']) r[name] = cell('');
    r.strategy = cell('wide');
    r.target = cell('number');
    r.left = cell('');
    r.node = el('tr', { 'data-offer': o.signal_id }, cell('pick', r.box), r.symbol, r.says, r.strategy, r.target, r.left, r.why,
      cell('act', r.approve));
    return r;
  },
  update: (r, o) => {
    words(r.symbol, o.symbol);
    text(r.says, plain(o.direction));
    words(r.strategy, o.strategy);
    text(r.target, number(o.target));
    text(r.left, !o.valid_until ? '' : Date.parse(o.valid_until) > now() ? until(o.valid_until) : 'too late to open');
    words(r.why, o.reason || 'orders are not placed automatically');
    offer(r.approve, true, o.signal_id);
    waiting.keep(r.box, o.signal_id, ['approve']);
  },
});

function draw() {
  const status = data('status');
  const positions = status?.positions ?? [];
  wantPrices(positions.map((p) => p.symbol));
  showPositions(positions);
  for (const [name, field] of [['margin', 'maintenance'], ['liquidation', 'liquidation'], ['funding', 'funding_at']]) {
    attr($('positions-table'), 'data-' + name, positions.some((p) => p.margin?.[field]));
  }
  held.only(new Set(positions.map((p) => p.symbol)));
  empty($('positions-at'), 'status', positions.length === 0,
    'Nothing is held. The next position comes with a signal that passes the limits; the signals below say why one did not.');
  const kill = document.querySelector('[data-act="kill"]');
  offer(kill, Boolean(status));
  const reduce = document.querySelector('[data-act="reduce-only"]');
  offer(reduce, Boolean(status?.trading?.at), status?.trading?.reduce_only ? 'off' : 'on');
  text(reduce, status?.trading?.reduce_only ? 'Open again' : 'Only reduce');
  drawOffers();
}

function drawOffers() {
  const offers = data('status')?.offers ?? [];
  showOffers(offers);
  waiting.only(new Set(offers.map((o) => o.signal_id)));
  $('offers-at').hidden = offers.length === 0;
}

// tiles.js: the account in a few figures, and above them what needs a person.

import { $, el, text, attr, words, frame } from './dom.js';
import { list } from './list.js';
import { on, data } from './feed.js';
import { empty } from './stale.js';
import { money, profit, percent, number, sign, age, since, clock, plain, sentence } from './format.js';
import { button, offer } from './acts.js';
import { peak } from './equity.js';

const soonOld = 120_000; // ms of age from which data looks old, where the generator does not say so itself

export function start() {
  on('host status generator signals equity performance', () => frame(draw));
  setInterval(() => frame(draw), 1000);
}

const showTiles = list($('tiles'), {
  key: (tile) => tile.key,
  make: (tile) => {
    const value = el('strong');
    const note = el('span', { class: 'note' });
    const label = el('span', { class: 'label' });
    return { node: el('li', { 'data-tile': tile.key }, label, value, note), label, value, note };
  },
  update: (row, tile) => {
    words(row.label, tile.label);
    text(row.value, tile.value);
    attr(row.value, 'class', tile.tone || null);
    words(row.note, tile.note);
  },
});

const showAlerts = list($('alerts'), {
  key: (alert) => alert.key,
  make: (alert) => {
    const head = el('strong');
    const what = el('span');
    const more = el('span', { class: 'note' });
    const lift = button('rearm', 'Re-arm', () => data('status')?.halts?.[0]?.id);
    return { node: el('div', { class: 'alert', 'data-alert': alert.key }, head, what, more, lift), head, what, more, lift };
  },
  update: (row, alert) => {
    attr(row.node, 'data-tone', alert.tone);
    text(row.head, alert.head);
    words(row.what, alert.text);
    words(row.more, alert.more);
    offer(row.lift, alert.halt > 0, alert.halt);
  },
});

function draw() {
  const status = data('status');
  showAlerts(alerts(status, data('host')));
  const account = status?.trading;
  const begun = account && account.equity !== undefined;
  showTiles(begun ? [...figures(status, account), ...assets(status, account)] : data('generator') ? ages() : []);
  empty($('tiles-at'), 'status', !begun, 'There is no account yet: trading has not begun. Its figures come with the first step of the engine.');
}

// headlines say what a condition means, by what its key begins with.
const headlines = {
  halted: 'Trading is halted', refusing: 'Signals are refused', orphaned: 'Held for no strategy', differs: 'The venue holds otherwise',
  unpriced: 'There is no price', unguarded: 'Held without a stop', rejecting: 'Orders are rejected', reduce_only: 'Nothing is opened',
  unknown: 'The fate of an order is not known', foreign_orders: 'Orders at the venue that are not ours', stray_orders: 'Orders that no journal has',
  unlisted: 'The venue trades it no more', terms: 'The venue has other terms', liquidated: 'The venue has closed a position',
  venue_order: 'The venue sent an order of its own', key: 'The venue refuses the key', not_traded: 'Held, and not traded any more',
  not_set_up: 'Held, and not set up', failing: 'Steps of trading fail', closing: 'A close is refused', excess: 'More is held than was wanted',
};
const tones = { healthy: 'note', unhealthy: 'bad' };
const headline = (key) => headlines[key.split('/')[0]] ?? sentence(plain(key.split('/')[0]));

function alerts(status, host) {
  const all = [];
  for (const halt of status?.halts ?? []) {
    all.push({ key: 'halted', tone: 'bad', head: 'Trading is halted', text: halt.reason + (halt.also ? '; also: ' + halt.also : ''),
      more: `for ${since(halt.since)}. ${sentence(halt.way_out)}`, halt: halt.id });
  }
  for (const one of status?.trading?.needs_person ?? []) {
    if (one.key === 'halted' && status.halts.length) continue;
    all.push({ key: one.key, tone: 'bad', head: headline(one.key), text: one.text,
      more: `needs a person, for ${since(one.since)}. ${sentence(one.way_out)}` });
  }
  for (const one of status?.trading?.conditions ?? []) {
    all.push({ key: one.key, tone: tones[one.verdict] ?? 'warn', head: headline(one.key), text: one.text,
      more: `for ${since(one.since)}. ${sentence(one.way_out)}` });
  }
  for (const one of status?.overrides ?? []) {
    all.push({ key: 'override/' + one.key, tone: 'note', head: sentence(plain(one.key)), text: `is ${one.value}; configured is ${one.was}`,
      more: `on the word of ${one.by}, for ${since(one.at)}` });
  }
  if (status?.trading?.last_error) all.push({ key: 'last-error', tone: 'warn', head: 'Last step failed', text: status.trading.last_error });
  const told = [...(status?.trading?.needs_person ?? []), ...(status?.trading?.conditions ?? [])].map((c) => `${c.key}: ${c.text}`);
  const others = (host?.reasons ?? []).filter((reason) => !told.some((one) => reason.includes(one)));
  if (others.length) {
    all.push({ key: 'verdict', tone: host.verdict === 'unhealthy' ? 'bad' : 'warn', head: 'The system is ' + host.verdict,
      text: others.join('; '), more: 'The services below show where.' });
  }
  return all;
}

function figures(status, account) {
  const equity = Number(account.equity);
  const begin = equity - Number(account.day_profit);
  const top = Math.max(peak().equity, equity);
  const down = top > 0 ? (equity - top) / top : 0;
  const unpriced = account.unpriced?.length ? `without a price, at cost: ${account.unpriced.join(', ')}` : '';
  const guards = status.orders.filter((o) => o.leg).length;
  return [
    { key: 'equity', label: 'Equity', value: money(equity), note: unpriced || `open profit ${profit(account.unrealized)}` },
    { key: 'day-profit', label: 'Day’s profit', value: profit(account.day_profit), tone: sign(account.day_profit),
      note: begin > 0 ? `${percent(account.day_profit / begin)} since 00:00` : '' },
    { key: 'drawdown', label: 'Drawdown', value: percent(down), tone: sign(down * 100),
      note: `from ${money(top)}, the most since ${clock(peak().since).replace(/:00$/, '')}` },
    { key: 'open-orders', label: 'Open orders', value: String(account.open_orders), note: guards ? `${guards} of them guard` : '' },
    ...ages(),
  ];
}

function ages() {
  const last = data('signals')?.[0];
  const symbols = data('generator')?.symbols ?? [];
  const oldest = symbols.reduce((a, b) => (!a || b.data_age_seconds > a.data_age_seconds ? b : a), null);
  const stale = symbols.filter((s) => s.stale).length;
  return [
    { key: 'last-signal', label: 'Last signal', value: last ? since(last.created_at) + ' ago' : 'none yet',
      note: last ? `${last.direction} ${last.symbol}` : 'the first comes once its bars are warm' },
    ...(oldest ? [{ key: 'data-age', label: 'Age of data', value: age(oldest.data_age_seconds * 1000),
      tone: stale || oldest.data_age_seconds * 1000 > soonOld ? 'loss' : '',
      note: stale ? `${stale} of ${symbols.length} symbols are stale` : `the oldest is ${oldest.symbol}` }] : []),
  ];
}

// assets are the cash and what is held, each by its own name.
function assets(status, account) {
  const held = new Map();
  for (const p of status.positions) {
    const base = p.symbol.split(/[/:]/)[0];
    held.set(base, (held.get(base) ?? 0) + Number(p.quantity));
  }
  const quote = status.positions[0]?.symbol.split('/')[1]?.split(':')[0];
  return [
    { key: 'asset:cash', label: 'Cash' + (quote ? `, ${quote}` : ''), value: money(account.cash), note: '' },
    ...[...held].slice(0, 12).map(([base, quantity]) => ({
      key: 'asset:' + base, label: base, value: number(quantity), note: quantity < 0 ? 'sold short' : 'held',
    })),
  ];
}

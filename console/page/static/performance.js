// performance.js: what the account did by day, week or month.

import { $, el, text, attr, cell, frame } from './dom.js';
import { list } from './list.js';
import { on, data, poke } from './feed.js';
import { money, profit, sign } from './format.js';
import { filter, onFilter } from './filters.js';
import { empty } from './stale.js';

export const path = () => 'api/performance?by=' + (['week', 'month'].includes(filter('p.by')) ? filter('p.by') : 'day');

// take keeps an answer by what it is added up by: it may be of the choice before.
export const take = (found, _, asked) => (asked === path() ? found : undefined);

export function start() {
  on('performance', () => frame(draw));
  onFilter((name) => name === 'p.by' && poke('performance'));
}

const columns = ['net', 'realized', 'fees', 'fills', 'volume', 'paid', 'equity'];
const wide = new Set(['fills', 'volume', 'paid']);

const show = list($('performance'), {
  key: (p) => p.from,
  make: (p) => {
    const r = {};
    for (const name of columns) r[name] = cell('number' + (wide.has(name) ? ' wide' : ''));
    r.when = cell('time');
    r.node = el('tr', { 'data-period': p.from }, r.when, ...columns.map((name) => r[name]));
    return r;
  },
  update: (r, p) => {
    text(r.when, p.to === p.from ? p.from : `${p.from} to ${p.to.slice(5)}`);
    text(r.net, profit(p.net));
    attr(r.net, 'class', 'number ' + sign(p.net));
    text(r.realized, profit(Number(p.realized) + Number(p.moved)));
    text(r.fees, money(p.fees));
    text(r.fills, p.fills);
    text(r.volume, money(p.volume));
    text(r.paid, money(p.paid_in));
    text(r.equity, p.equity === null ? 'not over' : money(p.equity));
  },
});

function draw() {
  const all = data('performance') ?? [];
  show([...all].reverse());
  attr($('performance-csv'), 'href', path() + '&format=csv');
  empty($('performance-at'), 'performance', all.length === 0, 'No day has begun yet. The first line comes with the first fill.');
}

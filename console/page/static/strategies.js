// strategies.js: what each strategy has of an instrument that several share, and what came of it.

import { $, el, text, attr, words, cell, frame } from './dom.js';
import { list } from './list.js';
import { on, data } from './feed.js';
import { money, number, profit, sign } from './format.js';

export function start() {
  on('strategies', () => frame(draw));
}

const order = (s) => s.strategy + '\n' + s.symbol;

const show = list($('strategies'), {
  key: order,
  make: (s) => {
    const r = { name: cell('name'), note: el('span', { class: 'note' }), symbol: cell('') };
    for (const name of ['quantity', 'net']) r[name] = cell('number');
    for (const name of ['target', 'entry', 'unrealized', 'realized', 'fees']) r[name] = cell('number wide');
    r.name.append(words(el('span'), s.strategy || 'nobody'), ' ', r.note);
    words(r.symbol, s.symbol);
    r.node = el('tr', { 'data-stake': `${s.strategy} ${s.symbol}`.slice(0, 200) }, r.name, r.symbol, r.quantity, r.target, r.entry,
      r.unrealized, r.realized, r.fees, r.net);
    return r;
  },
  update: (r, s) => {
    text(r.note, s.orphan ? '▲ speaks no more: only reduced' : '');
    text(r.quantity, number(s.quantity));
    text(r.target, number(s.target));
    text(r.entry, Number(s.quantity) === 0 ? '' : number(s.average_price));
    for (const name of ['unrealized', 'realized', 'net']) {
      text(r[name], profit(s[name]));
      r[name].classList.toggle('gain', sign(s[name]) === 'gain');
      r[name].classList.toggle('loss', sign(s[name]) === 'loss');
    }
    text(r.fees, money(s.fees));
    attr(r.node, 'data-orphan', Boolean(s.orphan));
  },
});

// showNets says what came of each strategy in all.
const showNets = list($('strategies-net'), {
  key: ([name]) => name,
  make: ([name]) => {
    const r = { name: words(el('span'), name || 'nobody'), net: el('strong') };
    return { ...r, node: el('li', {}, r.name, ' ', r.net) };
  },
  update: (r, [, net]) => {
    text(r.net, profit(net));
    attr(r.net, 'class', sign(net) || null);
  },
});

// draw shows those that share the account; where one strategy trades alone its positions say all of it.
function draw() {
  const all = data('strategies') ?? [];
  show(all.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)));
  const nets = new Map();
  for (const s of all) nets.set(s.strategy, (nets.get(s.strategy) ?? 0) + Number(s.net));
  showNets([...nets].sort());
  $('strategies-at').hidden = all.length === 0;
}

// chart.js: the price of one symbol: candles, the fills in groups, and the lines of entry, stop and target. What is shown
// is a range of bars; it follows the newest until somebody looks at an older one.

import { $, el, text, words, cell, frame } from './dom.js';
import { list } from './list.js';
import { get } from './api.js';
import { on, data, poke } from './feed.js';
import { clock, number, money } from './format.js';
import { filter, setFilter, onFilter, options } from './filters.js';
import { Bars, candles, clusters } from './candles.js';
import { setPrice } from './prices.js';
import { empty } from './stale.js';
import { colors, watchSize } from './canvas.js';
import { paint } from './paint.js';

const all = 100_000; // bars that are asked for at first
const narrow = 3; // px of the narrowest candle
const group = 16; // px within which fills are one group
const fillPages = 5; // of 1,000

let symbol = '';
let bars = new Bars();
let fills = new Map(); // by seq
let fillsWhole = false;
let interval = 60;
let span = 300; // bars that are shown; 0 for all
let right = 0; // the place after the last one that is shown; 0 for the newest
let plot = null;

export const path = () => {
  if (!symbol) return null;
  const passed = (Date.now() / 1000 - bars.columns[0][bars.length - 1]) / interval;
  const limit = bars.length ? Math.min(all, Math.ceil(Math.max(passed, 0)) + 5) : all;
  return `api/bars?symbol=${encodeURIComponent(symbol)}&limit=${limit}`;
};

const ofSymbol = (asked) => asked.includes(`symbol=${encodeURIComponent(symbol)}&`);

// take adds bars to those that are held. The topic's data is how many there are: what stands in the columns is large.
export function take(found, _, asked) {
  if (!ofSymbol(asked)) return undefined;
  if (found.length > 1) interval = Math.max((Date.parse(found.at(-1).time) - Date.parse(found[0].time)) / 1000 / (found.length - 1), 0.001);
  if (!bars.add(found)) { // some were missed: all of them anew
    bars = new Bars();
    bars.add(found);
    bars.length = 0;
    poke('bars');
  } else if (right) right = Math.min(right, bars.length);
  if (found.length) setPrice(symbol, found.at(-1).close);
  return bars.length;
}

export const fillsPath = () => (symbol ? `api/fills?symbol=${encodeURIComponent(symbol)}&limit=${fillsWhole ? 100 : 1000}` : null);

export function takeFills(found, _, asked) {
  if (!ofSymbol(asked)) return undefined;
  const of = symbol;
  const known = found.some((f) => fills.has(f.seq));
  keep(found);
  if (!fillsWhole || found.length && !known && found.length >= 100) older(of, found.at(-1)?.seq, found.length);
  fillsWhole = true;
  return fills.size;
}

const keep = (found) => { for (const f of found) if (!fills.has(f.seq)) fills.set(f.seq, { ...f, at: Date.parse(f.time) / 1000 }); };

// older reads what is before, page by page.
async function older(of, seq, length) {
  for (let n = 1; n < fillPages && length >= 100 && of === symbol; n++) {
    const found = await get(`api/fills?symbol=${encodeURIComponent(of)}&limit=1000&before=${seq}`).catch(() => []);
    if (of !== symbol) return;
    keep(found);
    length = found.length === 1000 ? 1000 : 0;
    seq = found.at(-1)?.seq;
    frame(draw);
  }
}

export function start() {
  on('host', choose);
  onFilter((name) => name === 'symbol' && choose());
  on('bars fills status', () => frame(draw));
  $('price-symbol').addEventListener('change', () => setFilter('symbol', $('price-symbol').value));
  for (const b of document.querySelectorAll('[data-zoom]')) b.addEventListener('click', () => zoom(b.dataset.zoom));
  $('price').addEventListener('keydown', (event) => {
    const way = { ArrowLeft: 'left', ArrowRight: 'right', '+': 'in', '=': 'in', '-': 'out', Home: '0', End: 'end' }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    zoom(way);
  });
  for (const d of document.querySelectorAll('#price-at details')) d.addEventListener('toggle', () => frame(draw));
  watchSize($('price'), () => { plot?.destroy(); plot = null; frame(draw); });
}

// choose shows the symbol that the address names, or else the first one.
function choose() {
  const known = data('host')?.symbols ?? [];
  const others = (data('status')?.positions ?? []).map((p) => p.symbol);
  options($('price-symbol'), [...new Set([...known, ...others])]);
  const wanted = filter('symbol') || known[0] || others[0] || '';
  if ($('price-symbol').value !== wanted) $('price-symbol').value = wanted;
  if (wanted === symbol) return;
  symbol = wanted;
  bars = new Bars();
  fills = new Map();
  fillsWhole = false;
  right = 0;
  poke('bars', 'fills');
}

// view is what is shown: from one place up to another.
function view() {
  const to = right || bars.length;
  return [span ? Math.max(0, to - span) : 0, to];
}

function zoom(way) {
  const [from, to] = view();
  const shown = Math.max(to - from, 10);
  if (way === 'end') right = 0;
  else if (way === 'in') span = Math.max(10, Math.round(shown / 2));
  else if (way === 'out') span = shown * 2 >= bars.length ? 0 : shown * 2;
  else if (way === 'left') move(to - Math.ceil(shown / 4));
  else if (way === 'right') move(to + Math.ceil(shown / 4));
  else [span, right] = [Number(way), 0];
  frame(draw);
}

function move(to) {
  right = Math.max(Math.min(span || bars.length, bars.length), to);
  if (right >= bars.length) right = 0;
}

function make(width) {
  const axis = { stroke: colors().quiet, grid: { stroke: colors().line, width: 1 }, ticks: { stroke: colors().line, width: 1 }, font: colors().font };
  const value = { paths: () => null, points: { show: false } };
  return new uPlot({
    width, height: $('price').clientHeight, legend: { show: false }, cursor: { y: false, drag: { setScale: false } },
    scales: { x: { time: false, auto: false }, y: { range } },
    axes: [
      { ...axis, space: 90, values: (u, splits) => splits.map((i) => label(Math.round(i))) },
      { ...axis, side: 1, size: (u, values) => 16 + 7 * Math.max(4, ...(values ?? []).map((v) => v.length)), values: (u, splits) => splits.map(number) },
    ],
    series: [{}, value, value, value, value],
    hooks: { draw: [(u) => paint(u, step, marks, lines())], setCursor: [say], setSelect: [selectRange] },
  }, [[], [], [], [], []], $('price'));
}

const label = (i) => (i >= 0 && i < bars.length ? clock(bars.columns[0][i] * 1000).replace(/:00$/, '') : '');

// range is that of the candles, and of lines that are not far from them.
function range(u, low, high) {
  if (low === null || high === null) return [0, 1];
  const wide = high - low || Math.abs(high) / 100 || 1;
  for (const { price } of lines()) {
    if (price > low - wide && price < high + wide) [low, high] = [Math.min(low, price), Math.max(high, price)];
  }
  const edge = (high - low || wide) * 0.06;
  return [low - edge, high + edge];
}

// lines are the prices at which something happens.
function lines() {
  const status = data('status');
  const found = [];
  for (const p of status?.positions ?? []) {
    if (p.symbol === symbol) found.push({ name: 'entry', price: Number(p.cost) / Number(p.quantity), color: colors().accent });
  }
  for (const o of status?.orders ?? []) {
    if (o.symbol !== symbol) continue;
    const name = { stop_loss: 'stop', take_profit: 'target' }[o.leg] ?? o.side;
    const price = Number(o.stop_price ?? o.limit_price);
    if (price > 0) found.push({ name, price, color: name === 'stop' ? colors().bad : name === 'target' ? colors().good : colors().accent });
  }
  return found;
}

let marks = [];
let step = 1;

// say tells what is under the pointer.
function say(u) {
  const i = u.cursor.idx;
  const node = $('price-text');
  if (i === null || i === undefined || u.data[0][i] === undefined) {
    text(node, summary);
    return;
  }
  const [x, open, high, low, close] = u.data.map((column) => column[i]);
  text(node, `${clock(bars.columns[0][Math.floor(x)] * 1000)}${step > 1 ? ` and ${step - 1} more bars` : ''}: open ${number(open)}, high ${number(high)}, low ${number(low)}, close ${number(close)}`);
}

function selectRange(u) {
  if (u.select.width < 10) return;
  const from = Math.floor(u.posToVal(u.select.left, 'x'));
  const to = Math.ceil(u.posToVal(u.select.left + u.select.width, 'x'));
  span = Math.max(10, to - from);
  move(to);
  u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  frame(draw);
}

let summary = '';

function draw() {
  empty($('price-at'), 'bars', bars.length === 0, `No bars of ${symbol || 'any symbol'} yet. They are drawn as they arrive.`);
  sayNoSymbol($('price-at'));
  const wide = $('price').clientWidth;
  $('price').hidden = bars.length === 0;
  drawTables();
  if (bars.length === 0 || wide === 0) return;
  plot ??= make(wide);
  const [from, to] = view();
  const inside = Math.max(50, plot.bbox.width / devicePixelRatio);
  const shown = candles(bars, from, to, Math.floor(inside / narrow));
  step = shown.step;
  marks = clusters(fills.values(), (f) => {
    const i = bars.at(f.at);
    return i < from || i >= to ? null : i;
  }, Math.max(1, (to - from) * group / inside));
  plot.batch(() => {
    plot.setData(shown.data, false);
    plot.setScale('x', { min: from - 0.5, max: Math.max(to - 0.5, from + 9.5) });
  });
  summary = describe(from, to);
  if (plot.cursor.left < 0) text($('price-text'), summary);
}

const many = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;

function describe(from, to) {
  const [time, , high, low, close] = bars.columns;
  let h = -Infinity;
  let l = Infinity;
  for (let i = from; i < to; i++) {
    if (high[i] > h) h = high[i];
    if (low[i] < l) l = low[i];
  }
  const sum = (side) => marks.filter((m) => m.side === side).reduce((n, m) => n + m.count, 0);
  return `${symbol}: ${number(close[bars.length - 1])} at ${clock(time[bars.length - 1] * 1000)}. Shown: ${to - from} bars, ${number(l)} to ${number(h)}` +
    `, ${many(sum('buy'), 'buy')} and ${many(sum('sell'), 'sell')}.` + lines().map(({ name, price }) => ` ${name} ${number(price)}.`).join('');
}

const showBars = list($('bars'), {
  key: (i) => bars.columns[0][i],
  make: () => {
    const cells = [cell('time'), ...Array.from({ length: 5 }, () => cell('number'))];
    return { node: el('tr', {}, ...cells), cells };
  },
  update: ({ cells }, i) => bars.columns.forEach((column, c) => text(cells[c], c ? number(column[i]) : clock(column[i] * 1000))),
});

const showFills = list($('fills'), {
  key: (f) => f.seq,
  make: (f) => ({ node: el('tr', { 'data-fill': f.seq }, text(cell('time'), clock(f.time)), words(cell(''), f.symbol),
    text(cell(''), f.side === 'buy' ? '▲ buy' : '▼ sell'), text(cell('number'), number(f.quantity)), text(cell('number'), number(f.price)),
    text(cell('number'), money(f.fee)), words(cell(''), f.client_id)) }),
  update: () => {},
});

// sayNoSymbol is for a host that names no symbol: nothing is asked for then.
function sayNoSymbol(section) {
  if (symbol || !data('host')) return;
  text(section.querySelector('.empty'), 'No symbol is known: console.Config.Symbols names none, and nothing is held.');
}

function drawTables() {
  if ($('bars').closest('details').open) showBars(Array.from({ length: Math.min(100, bars.length) }, (_, n) => bars.length - 1 - n));
  if ($('fills-at').open) {
    showFills([...fills.values()].sort((a, b) => b.seq - a.seq).slice(0, 200));
    empty($('fills-at'), 'fills', fills.size === 0, `Nothing of ${symbol} was bought or sold yet.`);
    sayNoSymbol($('fills-at'));
  }
}

// equity.js: what the account was worth over time, and how far it stood below its highest.

import { $, el, text, attr, cell, frame } from './dom.js';
import { list } from './list.js';
import { on, data, topics } from './feed.js';
import { money, percent, profit, sign, clock, now } from './format.js';
import { colors, watchSize } from './canvas.js';

const rows = 200;
let plots = null;
let highest = { equity: 0, since: 0 };

export const path = 'api/equity';

// peak is the highest equity that is known of, and from when on.
export const peak = () => highest;

export function start() {
  on('equity performance status', () => frame(draw));
  $('equity-rows').closest('details').addEventListener('toggle', () => frame(draw));
  watchSize($('equity'), () => { plots?.forEach((p) => p.destroy()); plots = null; frame(draw); });
}

// days are the ends of the account's days, for a host that keeps no series.
function days() {
  let paid = 0;
  return (data('performance') ?? []).map((p) => ({ at: p.to + 'T23:59:59Z', equity: p.equity, paid_in: paid += Number(p.paid_in) }))
    .filter((p) => p.equity !== null);
}

// samples are those of the account's own series, or else the ends of its days, and the moment.
function samples() {
  const found = (data('equity') ?? days()).map((s) => [Date.parse(s.at) / 1000, Number(s.equity), Number(s.paid_in ?? 0)]);
  const paid = found.at(-1)?.[2] ?? 0;
  const account = data('status')?.trading;
  const day = Date.parse(account?.day + 'T00:00:00Z') / 1000;
  const known = Math.min(found[0]?.[0] ?? Infinity, Date.parse(data('host')?.started) / 1000 || Infinity);
  const begin = known < Infinity ? Math.max(day, known) : day; // an account of today was worth nothing at midnight
  if (day > 0) found.unshift([begin, Number(account.equity) - Number(account.day_profit), paid]);
  found.sort(([a], [b]) => a - b);
  const at = Math.floor(now() / 1000);
  if (account?.equity !== undefined && !(found.at(-1)?.[0] >= at)) found.push([at, Number(account.equity), paid]);
  return found;
}

function make() {
  const axis = { stroke: colors().quiet, grid: { stroke: colors().line, width: 1 }, ticks: { stroke: colors().line, width: 1 }, font: colors().font };
  const one = (node, stroke, fill, values, range) => new uPlot({
    width: node.clientWidth, height: node.clientHeight, legend: { show: false }, tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'UTC'),
    cursor: { y: false, sync: { key: 'equity' } }, scales: { y: { range } },
    axes: [{ ...axis, values: (u, splits) => splits.map((s) => stamp(s, u.scales.x.max - u.scales.x.min)) },
      { ...axis, side: 1, size: 90, values: (u, splits) => splits.map(values) }],
    series: [{}, { stroke, fill, width: 2, points: { show: false } }],
    hooks: { setCursor: [say] },
  }, [[], []], node);
  return [
    one($('equity'), colors().accent, undefined, money, (u, low, high) => {
      const edge = (high - low) * 0.08 || Math.abs(high) / 1000 || 1;
      return [low - edge, high + edge];
    }),
    one($('drawdown'), colors().bad, colors().shade, percent, (u, low) => [Math.min(low ?? 0, -0.001) * 1.1, 0]),
  ];
}

const stamp = (s, span) => {
  const iso = new Date(s * 1000).toISOString();
  return span > 3 * 86400 ? iso.slice(5, 10) : span > 600 ? iso.slice(11, 16) : iso.slice(11, 19);
};

let series = [[], [], []];
let summary = '';

function say(u) {
  const i = u.cursor.idx;
  const at = i !== null && i !== undefined && u.cursor.left >= 0 ? i : -1;
  text($('equity-text'), at < 0 ? summary : `${clock(series[0][at] * 1000)}: ${money(series[1][at])}, drawdown ${percent(series[2][at])}`);
}

function draw() {
  const found = samples();
  let top = -Infinity;
  series = [[], [], []];
  const paidByNow = found.at(-1)?.[2] ?? 0;
  for (const [at, equity, paid] of found) {
    if (at <= series[0].at(-1)) continue;
    const own = equity + paidByNow - paid; // what it would be with all deposits and withdrawals up to now: those are no profit
    top = Math.max(top, own);
    series[0].push(at);
    series[1].push(equity);
    series[2].push(top > 0 ? Math.min(0, (own - top) / top) : 0);
  }
  highest = { equity: Math.max(top, 0), since: (series[0][0] ?? 0) * 1000 };
  const few = series[0].length < 2;
  const node = $('equity-at').querySelector('.empty');
  text(node, !few ? '' : topics.equity && !data('equity') && topics.equity.refusal?.status === 0 ? 'Not known: ' + topics.equity.refusal.message
    : 'The curve begins with the second sample: one is taken each hour, or at the end of a day.');
  node.hidden = !few;
  $('equity').hidden = $('drawdown').hidden = few;
  $('equity-csv').hidden = Boolean(topics.equity?.absent);
  if ($('equity-rows').closest('details').open) {
    showRows(series[0].map((at, i) => [at, series[1][i], series[2][i]]).reverse().slice(0, rows));
  }
  if (few || $('equity').clientWidth === 0) {
    text($('equity-text'), '');
    return;
  }
  plots ??= make();
  plots[0].setData([series[0], series[1]]);
  plots[1].setData([series[0], series[2]]);
  summary = describe();
  if (plots.every((p) => p.cursor.left < 0)) text($('equity-text'), summary);
}

function describe() {
  const [time, equity, down] = series;
  const change = equity.at(-1) - equity[0];
  return `From ${clock(time[0] * 1000)} on: ${money(equity[0])} to ${money(equity.at(-1))} (${profit(change)}). ` +
    `Largest drawdown ${percent(Math.min(...down))}, now ${percent(down.at(-1))}.`;
}

const showRows = list($('equity-rows'), {
  key: ([at]) => at,
  make: () => {
    const cells = [cell('time'), cell('number'), cell('number')];
    return { node: el('tr', {}, ...cells), cells };
  },
  update: ({ cells: [time, equity, down] }, row) => {
    text(time, clock(row[0] * 1000));
    text(equity, money(row[1]));
    text(down, percent(row[2]));
    attr(down, 'class', 'number ' + sign(row[2] * 100));
  },
});

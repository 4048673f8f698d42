// candles.js: bars as columns of numbers, and what is drawn of them. Beyond one bar for each pixel a column of pixels is one
// candle, so that what a picture costs depends on its width and not on how many bars there are.

const grow = 1024;

// Bars holds bars in the order of their times.
export class Bars {
  constructor() {
    this.length = 0;
    this.columns = Array.from({ length: 6 }, () => new Float64Array(grow)); // time in s, open, high, low, close, volume
  }

  // add takes bars that are newer than those that are held, or the newest of those anew. It returns false where there is a
  // hole between them that the bars' own interval does not explain.
  add(found) {
    let whole = true;
    for (const b of found) {
      const t = Date.parse(b.time) / 1000;
      const last = this.columns[0][this.length - 1];
      if (this.length && t < last) continue;
      if (this.length && found[0] === b && t > last) whole = false;
      if (!this.length || t > last) this.length++;
      this.room();
      const i = this.length - 1;
      [t, b.open, b.high, b.low, b.close, b.volume].forEach((v, c) => { this.columns[c][i] = v; });
    }
    return whole;
  }

  room() {
    if (this.length <= this.columns[0].length) return;
    this.columns = this.columns.map((old) => {
      const wider = new Float64Array(old.length * 2);
      wider.set(old);
      return wider;
    });
  }

  // at returns the place of the last bar that began by then.
  at(t) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.columns[0][middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

// candles returns those from place from on, up to place to, as [x, open, high, low, close], at most so many.
export function candles(bars, from, to, most) {
  const [, open, high, low, close] = bars.columns;
  const step = Math.max(1, Math.ceil((to - from) / most));
  const out = [[], [], [], [], []];
  for (let i = from - (from % step); i < to; i += step) {
    const begin = Math.max(i, 0);
    const end = Math.min(i + step, bars.length);
    let h = -Infinity;
    let l = Infinity;
    for (let k = begin; k < end; k++) {
      if (high[k] > h) h = high[k];
      if (low[k] < l) l = low[k];
    }
    out[0].push(begin + (end - begin - 1) / 2);
    out[1].push(open[begin]);
    out[2].push(h);
    out[3].push(l);
    out[4].push(close[end - 1]);
  }
  return { data: out, step };
}

// clusters groups fills that would stand in the same few pixels on the same side. place gives the x of a fill in bars, and
// wide is how many bars a group may span.
export function clusters(fills, place, wide) {
  const groups = new Map();
  for (const f of fills) {
    const x = place(f);
    if (x === null) continue;
    const key = f.side + Math.floor(x / wide);
    const g = groups.get(key) ?? { side: f.side, x: 0, value: 0, quantity: 0, count: 0 };
    g.x += x;
    g.count++;
    g.quantity += Number(f.quantity);
    g.value += Number(f.quantity) * Number(f.price);
    groups.set(key, g);
  }
  return [...groups.values()].map((g) => ({ ...g, x: g.x / g.count, price: g.value / g.quantity }));
}

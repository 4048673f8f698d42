// prices.js: the newest price of what is held, from the newest bar of each symbol.

import { get } from './api.js';
import { tell, topics, letIn } from './feed.js';

const every = 3000; // ms
const most = 20; // symbols that are asked for at a time

let wanted = [];
let turn = 0;
const prices = new Map();

export const lastPrice = (symbol) => prices.get(symbol);
export const wantPrices = (symbols) => { wanted = symbols; };

export function setPrice(symbol, price) {
  prices.set(symbol, price);
}

// follow asks for prices for as long as the page is open. Of very many symbols each has its turn.
export async function follow() {
  for (;;) {
    const now = wanted.length <= most ? wanted : Array.from({ length: most }, (_, i) => wanted[(turn + i) % wanted.length]);
    turn += most;
    if (!document.hidden && letIn() && !topics.host.lost && !topics.bars?.absent) {
      const found = await Promise.allSettled(now.map(async (symbol) => {
        const bars = await get('api/bars?limit=1&symbol=' + encodeURIComponent(symbol));
        if (bars.length) setPrice(symbol, bars[0].close);
      }));
      if (found.length) tell('prices');
    }
    await new Promise((done) => setTimeout(done, every));
  }
}

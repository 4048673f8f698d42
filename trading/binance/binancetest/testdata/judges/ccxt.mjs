// ccxt trades at the venue whose address is the first argument, and prints what it was told.
import ccxt from 'ccxt';

const base = process.argv[2];
const options = { apiKey: 'binancetest-key', secret: 'binancetest-secret', enableRateLimit: false,
  options: { fetchCurrencies: false, fetchMargins: false } };

// here turns every address of an exchange to the venue.
function here(exchange) {
  const turn = (node) => {
    for (const key of Object.keys(node)) {
      if (typeof node[key] === 'object') turn(node[key]);
      else node[key] = node[key].replace(/^ws/, 'http').replace(/^https?:\/\/[^/]+/, base);
    }
  };
  turn(exchange.urls.api);
  const ws = (node) => {
    for (const key of Object.keys(node)) {
      if (typeof node[key] === 'object') ws(node[key]);
      else node[key] = node[key].replace(/^http/, 'ws');
    }
  };
  if (exchange.urls.api.ws) ws(exchange.urls.api.ws);
  return exchange;
}

const rest = here(new ccxt.binanceusdm(options));
const pro = here(new ccxt.pro.binanceusdm(options));
const symbol = 'BTC/USDT:USDT';
const told = {};
const fails = async (act) => { try { await act(); return 'nothing'; } catch (e) { return e.constructor.name + ' ' + (e.message.match(/-\d{4}/) ?? ['?'])[0]; } };

const markets = await rest.loadMarkets();
told.market = { id: markets[symbol].id, tick: markets[symbol].precision.price, step: markets[symbol].precision.amount,
  least: markets[symbol].limits.cost.min };
told.time = Math.abs(await rest.fetchTime() - Date.now()) < 60000;
told.ticker = (await rest.fetchTicker(symbol)).last;
told.candles = (await rest.fetchOHLCV(symbol, '1m', undefined, 10)).map((c) => c[4]).slice(0, 3);

await pro.loadHttpProxyAgent(); // which ccxt wants for addresses without TLS
await pro.loadMarkets();
const seen = [];
const watching = (async () => {
  while (!seen.some((o) => o.id === 'limit' && o.status === 'canceled')) {
    for (const o of await pro.watchOrders(symbol)) seen.push({ id: o.clientOrderId, status: o.status, filled: o.filled });
  }
})();
while ((await (await fetch(base + '/streams')).text()) !== '1') await new Promise((wake) => setTimeout(wake, 10));

const id = (name) => ({ newClientOrderId: name });
const market = await rest.createOrder(symbol, 'market', 'buy', 0.01, undefined, id('market'));
told.bought = { status: market.status, filled: market.filled };
const limit = await rest.createOrder(symbol, 'limit', 'buy', 0.02, 59000, id('limit'));
told.resting = limit.status;
told.duplicate = await fails(() => rest.createOrder(symbol, 'limit', 'buy', 0.02, 59000, id('limit')));
told.poor = await fails(() => rest.createOrder(symbol, 'market', 'buy', 50));
told.open = (await rest.fetchOpenOrders(symbol)).map((o) => o.clientOrderId);
const asked = await rest.fetchOrder(undefined, symbol, { origClientOrderId: 'limit' });
told.asked = { price: asked.price, status: asked.status };
told.unknown = await fails(() => rest.fetchOrder('1', symbol));
const stop = await rest.createOrder(symbol, 'market', 'sell', 0.01, undefined,
  { stopLossPrice: 58000, reduceOnly: true, clientAlgoId: 'stop' });
told.stop = { id: stop.id !== undefined, status: stop.status, trigger: stop.triggerPrice };
told.openStops = (await rest.fetchOpenOrders(symbol, undefined, undefined, { stop: true })).length;
await rest.cancelOrder(stop.id, symbol, { stop: true });
told.stopsLeft = (await rest.fetchOpenOrders(symbol, undefined, undefined, { stop: true })).length;
told.canceled = (await rest.cancelOrder(limit.id, symbol)).status;
told.canceledTwice = await fails(() => rest.cancelOrder(limit.id, symbol));
told.trades = (await rest.fetchMyTrades(symbol)).map((t) => ({ price: t.price, amount: t.amount, fee: t.fee.cost, of: t.fee.currency }));
const positions = await rest.fetchPositions([symbol]);
told.positions = positions.map((p) => ({ contracts: p.contracts, side: p.side, entry: p.entryPrice, leverage: p.leverage }));
told.balance = (await rest.fetchBalance()).USDT.total;
told.leverage = (await rest.setLeverage(10, symbol)).leverage;
told.orders = (await rest.fetchOrders(symbol)).map((o) => o.clientOrderId + ' ' + o.status);
told.funding = (await rest.fetchFundingRate(symbol)).fundingRate;
told.tiers = (await rest.fetchLeverageTiers([symbol]))[symbol].length;
await watching;
told.watched = seen;
console.log(JSON.stringify(told));
await pro.close();
process.exit(0);

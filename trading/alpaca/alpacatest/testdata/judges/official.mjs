// The venue's own client trades at the venue whose address is the first argument, and prints what it was told.
import { Alpaca } from '@alpacahq/alpaca-trade-api';

const base = process.argv[2];
const alpaca = new Alpaca({
  keyId: 'alpacatest-key', secret: 'alpacatest-secret', retry: false, rateLimit: false,
  fetchApi: (url, init) => fetch(String(url).replace(/^https:\/\/[^/]+/, base), init),
});
const { trading, marketData } = alpaca;
const orders = trading.orders;
const told = {};
const fails = async (act) => { try { await act(); return 'nothing'; } catch (e) { return `${e.name} ${e.status} ${e.body?.message ?? e.message}`; } };

told.account = (({ status, cash, buyingPower }) => ({ status, cash, buyingPower }))(await trading.account.getAccount());
told.open = (await trading.clock.legacyClock()).isOpen;
told.days = (await trading.calendar.legacyCalendar({ start: new Date('2026-11-26'), end: new Date('2026-11-30') }))
  .map((d) => `${d.date instanceof Date ? d.date.toISOString().slice(0, 10) : d.date} ${d.open} ${d.close}`);
told.assets = (await trading.assets.getV2Assets({ status: 'active' })).map((a) => a.symbol);
told.asset = (await trading.assets.getV2AssetsSymbolOrAssetId({ symbolOrAssetId: 'AAPL' })).shortable;

const mine = { symbol: 'AAPL', qty: 10, side: 'buy' };
told.bought = (await orders.market({ ...mine, clientOrderId: 'market' })).status;
told.resting = (await orders.limit({ ...mine, limitPrice: 150, timeInForce: 'gtc', clientOrderId: 'limit' })).status;
told.duplicate = await fails(() => orders.limit({ ...mine, limitPrice: 150, clientOrderId: 'limit' }));
told.poor = await fails(() => orders.limit({ ...mine, qty: 100000, limitPrice: 150, clientOrderId: 'poor' }));
const stop = await orders.stop({ ...mine, side: 'sell', stopPrice: 190, timeInForce: 'gtc', clientOrderId: 'stop' });
told.stop = [stop.type, stop.stopPrice];
told.wash = await fails(() => orders.market({ ...mine, clientOrderId: 'wash' }));
await orders.deleteOrderByOrderID({ orderId: stop.id });
const limit = await orders.getOrderByClientOrderId({ clientOrderId: 'limit' });
told.asked = [limit.type, limit.limitPrice, limit.timeInForce];
told.list = (await orders.getAllOrders({ status: 'open' })).map((o) => o.clientOrderId);
const other = await orders.patchOrderByOrderId({ orderId: limit.id, patchOrderRequest: { limitPrice: '151' } });
told.replaced = [other.limitPrice, other.replaces === limit.id, (await orders.getOrderByOrderID({ orderId: limit.id })).status];
await orders.deleteOrderByOrderID({ orderId: other.id });
told.canceled = (await orders.getOrderByOrderID({ orderId: other.id })).status;
told.canceledTwice = await fails(() => orders.deleteOrderByOrderID({ orderId: other.id }));
const pair = await orders.oco({ symbol: 'AAPL', qty: 10, side: 'sell', timeInForce: 'gtc', clientOrderId: 'pair',
  takeProfit: { limitPrice: 220 }, stopLoss: { stopPrice: 180 } });
told.pair = [pair.orderClass, pair.legs?.map((l) => l.status)];
told.held = await fails(() => orders.market({ symbol: 'AAPL', qty: 10, side: 'sell', clientOrderId: 'held' }));
told.all = (await orders.deleteAllOrders()).map((o) => o.status);
told.position = (({ qty, side, qtyAvailable }) => ({ qty, side, qtyAvailable }))(
  await trading.positions.getOpenPosition({ symbolOrAssetId: 'AAPL' }));
told.closed = (await trading.positions.deleteOpenPosition({ symbolOrAssetId: 'AAPL' })).side;
told.flat = (await trading.positions.getAllOpenPositions()).length;
told.gone = await fails(() => trading.positions.getOpenPosition({ symbolOrAssetId: 'AAPL' }));

const bars = await marketData.stocks.stockBars({ symbols: 'AAPL', timeframe: '1Min', start: new Date('2026-11-01'), limit: 2 });
told.bars = [bars.bars.AAPL.map((b) => b.c ?? b.close), typeof (bars.nextPageToken ?? bars.next_page_token)];

// The streams: of orders, and of bars in MessagePack.
const ws = base.replace('http', 'ws');
const heard = (stream, on, subscribe, take) => new Promise((done, failed) => {
  stream[on]((event) => { const is = take(event); if (is) { stream.disconnect(); done(is); } });
  stream.onError(failed);
  stream.onConnect(subscribe);
  stream.connect();
});
const updates = trading.stream({ url: ws + '/stream' });
const data = marketData.stockStream({ feed: 'iex', url: ws + '/v2/iex' });
let waiting = true;
const all = Promise.all([
  heard(updates, 'onTradeUpdate', () => updates.subscribeTradeUpdates(),
    (u) => u.event === 'fill' && [u.event, u.price, u.qty, Number(u.positionQty) > 0, u.order.symbol]),
  heard(data, 'onBar', () => data.subscribeForBars(['MSFT']), (b) => [b.symbol, b.close, b.volume > 0]),
]).then((is) => { waiting = false; return is; });
while (waiting) { // nothing tells when the venue knows of a subscription
  await orders.market({ symbol: 'MSFT', qty: 1, side: 'buy' });
  await new Promise((wake) => setTimeout(wake, 50));
}
told.heard = await all;
console.log(JSON.stringify(told));
process.exit(0);

// The venue's own connector trades at the venue whose address is the first argument, and prints what it was told.
import { DerivativesTradingUsdsFutures } from '@binance/derivatives-trading-usds-futures';

const base = process.argv[2];
const client = new DerivativesTradingUsdsFutures({
  configurationRestAPI: { apiKey: 'binancetest-key', apiSecret: 'binancetest-secret', basePath: base, retries: 0 },
});
const rest = client.restAPI;
const told = {};
const symbol = 'BTCUSDT';
const data = async (answer) => (await answer).data();
const fails = async (act) => { try { await act(); return 'nothing'; } catch (e) { return e.constructor.name + ': ' + e.message; } };

told.symbols = (await data(rest.exchangeInformation())).symbols.map((s) => s.symbol);
told.candles = (await data(rest.klineCandlestickData({ symbol, interval: '1m', limit: 10 }))).slice(0, 3).map((c) => c[4]);
told.bought = (await data(rest.newOrder({ symbol, side: 'BUY', type: 'MARKET', quantity: 0.01, newClientOrderId: 'market',
  newOrderRespType: 'RESULT' }))).status;
told.resting = (await data(rest.newOrder({ symbol, side: 'BUY', type: 'LIMIT', quantity: 0.02, price: 59000, timeInForce: 'GTC',
  newClientOrderId: 'limit' }))).status;
told.duplicate = await fails(() => rest.newOrder({ symbol, side: 'BUY', type: 'LIMIT', quantity: 0.02, price: 59000,
  timeInForce: 'GTC', newClientOrderId: 'limit' }));
told.asked = (await data(rest.queryOrder({ symbol, origClientOrderId: 'limit' }))).status;
told.open = (await data(rest.currentAllOpenOrders({ symbol }))).length;
const stop = await data(rest.newAlgoOrder({ algoType: 'CONDITIONAL', symbol, side: 'SELL', type: 'STOP_MARKET',
  closePosition: 'true', triggerPrice: 58000, clientAlgoId: 'stop' }));
told.stop = stop.algoStatus;
told.openStops = (await data(rest.currentAllAlgoOpenOrders({ symbol }))).length;
told.askedStop = (await data(rest.queryAlgoOrder({ clientAlgoId: 'stop' }))).algoStatus;
told.canceledStop = (await data(rest.cancelAlgoOrder({ clientAlgoId: 'stop' }))).code;
told.canceled = (await data(rest.cancelOrder({ symbol, origClientOrderId: 'limit' }))).status;
told.canceledTwice = await fails(() => rest.cancelOrder({ symbol, origClientOrderId: 'limit' }));
told.trades = (await data(rest.accountTradeList({ symbol }))).map((t) => t.qty + ' at ' + t.price);
told.position = (await data(rest.positionInformationV3({ symbol })))[0].positionAmt;
told.balance = (await data(rest.futuresAccountBalanceV3())).map((b) => b.asset);
told.account = (await data(rest.accountInformationV3())).totalWalletBalance;
told.config = (await data(rest.futuresAccountConfiguration())).dualSidePosition;
told.brackets = (await data(rest.notionalAndLeverageBrackets({ symbol })))[0].brackets.length;
told.income = (await data(rest.getIncomeHistory({ symbol }))).map((r) => r.incomeType);
told.listenKey = (await data(rest.startUserDataStream())).listenKey.length;

// The streams: the account, bars and the best of the book, each at the address of its group.
const streams = new DerivativesTradingUsdsFutures({ configurationWebsocketStreams: { wsURL: process.argv[3] } });
const connection = await streams.websocketStreams.connect();
const { listenKey } = await data(rest.startUserDataStream());
const heard = (stream, take) => new Promise((done) => stream.on('message', (event) => { const is = take(event); if (is) done(is); }));
const user = heard(connection.userData(listenKey),
  (e) => e.e === 'ORDER_TRADE_UPDATE' && e.o.c === 'streamed' && e.o.X === 'FILLED' && e.o.x + ' ' + e.o.L);
const bar = heard(connection.klineCandlestickStreams({ symbol: 'btcusdt', interval: '1m' }), (e) => e.k.i + ' ' + e.k.c);
const book = heard(connection.individualSymbolBookTickerStreams({ symbol: 'btcusdt' }), (e) => e.s + ' ' + e.b);
let waiting = true;
const all = Promise.all([user, bar, book]).then((heard) => { waiting = false; return heard; });
while (waiting) { // nothing tells when the venue knows of a subscription
  await rest.newOrder({ symbol, side: 'BUY', type: 'MARKET', quantity: 0.001, newClientOrderId: 'streamed' });
  await new Promise((wake) => setTimeout(wake, 50));
}
told.heard = await all;
console.log(JSON.stringify(told));
await connection.disconnect();
process.exit(0);

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
console.log(JSON.stringify(told));

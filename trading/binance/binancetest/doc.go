// Package binancetest is a fake of Binance USD-M futures for tests: a venue with a matching core in one process, which
// answers REST and streams over net/http.
//
//	v := binancetest.New(binancetest.Config{})
//	server := httptest.NewServer(v)                   // a base URL on loopback
//	v.Inject(binancetest.LoseReply{})                 // the next order is taken, and nobody answers
//	v.Move("BTCUSDT", decimal.NewFromInt(59000))      // what rests is filled, stops trigger
//	v.Ledger()                                        // what the venue knows
//
// In a testing/synctest bubble there is no loopback: Venue.Listen serves a network in memory, whose near end is
// Venue.Client or Venue.Dial. With httptest, Venue.Serve has time pass without a request: bars close, funding is paid,
// listenKeys and connections end.
//
// # What it models
//
// It follows the venue's pages on USD-M futures as they stood in the summer of 2026, with their codes and texts: filters
// of exchangeInfo, orders (LIMIT and MARKET, with GTC, GTD, IOC, FOK and GTX, reduce-only), conditional orders at
// algoOrder alone, client ids that are unique among open orders only, cross margin with brackets, fees in the quote or in
// BNB, funding, liquidation, self-trade prevention, weights and order counts, recvWindow at the gateway and again at the
// engine, retention of orders, and the three groups of streams. Each path is listed in one table, with its weight.
//
// The prices are the test's. A new order trades at the best bid or ask up to its quantity; what rests is filled when
// others trade at its price or beyond, at its own limit, the best price first and then the oldest. Nobody else's orders
// stand in that queue.
//
// # What goes wrong
//
// Faults of requests are values for Venue.Inject, each for the requests that its On meets:
//
//	LoseReply, LoseRequest            the connection ends, after or before the venue has it
//	Unavailable                       503, in its four texts
//	BackendTimeout                    -1007 after 10 s, while the order lives or not
//	UnexpectedResponse                -1006
//	BadGateway                        502 with a page in HTML
//	Slow                              the right answer after 11 s
//	StaleAtGateway, StaleAtEngine     -1021 and -5028
//	TooMany, Banned                   429 and 418 with Retry-After
//	Refuse                            any other refusal
//	FillBeforeCancel                  -2011, because it was filled
//	ExpireInMatch                     half filled, then EXPIRED_IN_MATCH
//	RejectAtTrigger                   a stop that triggers and is refused
//	EventsBeforeReply, EventsAfterReply
//
// What happens to the account, the market and the streams are methods: Liquidate, Deleverage, Settle, Fund, Transfer,
// Foreign, Change (a filter, or SETTLING), ShiftClock, ExpireListenKey, DenyKey, CutStreams, HalfFrame, MuteStreams,
// RepeatEvents, ReorderEvents. What the venue does by itself needs no fault: -4116 for an id that is open, an id that
// is accepted again once its order is over, orders that are forgotten after 3 days, connections that end after 24
// hours, 429 and then 418 for who asks too much. DemoSymbols differ from LiveSymbols as the two hosts do.
//
// # What it does not model
//
// Hedge mode, isolated margin, several margin assets, priceMatch, batch and modify requests, the WebSocket API, the order
// book beyond its best, other accounts. A request for any of these is answered with status 501 and code -9999, because a
// made-up answer would prove nothing. priceProtect and triggerProtect are told and do nothing. Where the venue's pages are
// silent it takes the worse side: a stream with a listenKey that is unknown opens and stays silent; a countdown leaves
// conditional orders alone; reduce-only orders that have nothing left to reduce expire. The client id of an order that a
// stop gives birth to is Config.BornID's. Bars before the venue's begin are those of Venue.History.
//
// Clients that vigil's authors did not write judge it in this package's tests: go-binance, the venue's own connector for
// JavaScript, and ccxt. None of that proves anything about the real venue, which no test here has reached.
package binancetest

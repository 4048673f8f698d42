// Package alpaca is the adapter for the venue Alpaca: a trading.Broker for shares, in whole ones and in regular hours, and a
// signal.Source of their bars.
//
// It has never been tried against the real venue, only against a server that speaks its protocol as its documentation tells.
//
// A Broker asks over HTTP and is told over a stream while Serve runs. It sends an order once, under the client ID that the
// venue refuses from then on: what stands before the request is done, then Begin is called, then the request goes out. The
// venue knows no deadline, so what was held up may still arrive, once. An answer that is not plainly one is an error that says
// nothing about the order.
//
// What the venue does otherwise than vigil's words say: a stop that buys becomes a limit order there, 4 % above its stop
// below 50 dollars and 2.5 % above it from there on, and may so not fill. A market order is for the day, and one that is
// sent when the market is closed waits for the next day. Fees come days after their fill, as cash events.
//
// A take-profit and a stop for one holding go as a pair, one order at the venue under both client IDs: alone, the second one is
// refused. Either is found again from the client ID of the pair, so no memory is needed.
//
// Requests keep to what the venue takes in a minute: one that would be too many waits, and cancels and orders that only reduce
// wait last. Bars have a budget of their own. Hours are compared with the venue's clock and calendar.
//
// What is missing: fractions of shares, orders out of hours, crypto and options.
//
// All is safe for concurrent use. Constructors ask nothing; Serve runs until its context ends.
package alpaca

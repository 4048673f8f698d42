// Package alpacatest is a fake of the venue Alpaca for tests: shares on its trading REST API and the stream of its
// orders, as an http.Handler.
//
// It has a small matching core. The prices are the test's: a market order fills at the price that Move set, what rests fills
// when the price has come to it, and Fill fills a part by hand. The market is open from 9:30 to 16:00 in New York, to 13:00 on
// half days, on the days of the exchange's calendar of 2025 to 2027 and on other years' weekdays; what is sent outside of that
// waits. Time is the machine's, or runs at a pace of its own: the log tells the scale. Serve has it pass without a request,
// and Listen serves in memory as well.
//
// Market data are bars of what was traded: Move has others trade. A minute without trades has no bar, and the bar that runs is
// told to those who ask. History gives an asset a past, and CorrectBar has a trade come late. The stream tells bars in JSON, or
// in MessagePack to whom asks for that.
//
// As the venue does it refuses a client ID that any order had, a sale of more than is held and not held back by other orders,
// an order against a stop or market order of the other side, one that closes what is not held, and prices with too many
// decimals. A stop that buys becomes a stop-limit order. Of an OCO order one part cancels the other. PATCH puts a new order in
// the place of one.
//
// # What goes wrong
//
// Inject has requests fail, each by a Fault: lost before or after the venue has it, answered with a status and words of the
// test's (429, 403, 5xx), late on their way to the venue or back, or overtaken by a fill. PerMinute has the venue count them.
// StickCancels has cancels stay pending. CutStreams ends the streams cleanly, HalfFrame within a frame; MuteStreams has them say
// nothing, RepeatEvents twice, ReorderEvents in another order. Block, DenyKey and Book do something to the account. Ledger is
// what the venue has in truth, and Requests what it was asked.
//
// # What it does not model
//
// Brackets, extended hours, fractions, notional orders, crypto, options, margin calls, the order book, trades and quotes. A
// request for one of those is answered with status 501, because a made-up answer would prove nothing.
// Whether the venue refuses an intent that does not fit for shares as it does for options is not known; this one does.
//
// The venue's own clients for Go and for JavaScript judge it. None of this proves anything about the real venue.
package alpacatest

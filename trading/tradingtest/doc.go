// Package tradingtest holds what is used to test parts of a trading system: the contracts of trading.Broker and
// trading.Journal as suites that any adapter can be run against, a venue that takes whatever it is sent and keeps a
// ledger, and a broker that goes wrong on request.
//
// Its folders are what stands around an adapter: mortal is a process that can be killed in the middle of a call, httpline a
// network that loses and repeats, and memnet one in memory.
//
// A suite fails the test that it was given; it needs nothing but the testing package. Venue and Misbehaving are safe
// for concurrent use.
package tradingtest

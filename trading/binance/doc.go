// Package binance is the adapter for the venue Binance USD-M futures: a trading.Broker, and a signal.Source of its bars.
//
// It has never been tried against the real venue, only against servers that speak its protocol as its documentation tells.
//
// A Broker asks over HTTP and is told over a stream while Serve runs. It sends an order once: it signs, calls Begin, and
// sends what it has signed. The venue refuses what is older than the receive window, so a request that was held up takes
// effect soon or never. An answer that is not plainly one is an error that says nothing about the order, and the Engine
// asks for the order then. Orders with a stop live at an address of their own there, under a client ID as well.
//
// The account has to be in one-way mode, which is checked before the first order and never changed. The venue's orders of
// its own, such as a liquidation, are told as fills of an order that is not ours, and are logged.
//
// All is safe for concurrent use. Constructors ask nothing; Serve runs until its context ends.
package binance

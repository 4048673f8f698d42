// Package trading has the nouns of trading and the ports that its parts meet at: orders, fills, positions, instruments; the
// Broker that executes orders, the Sizer and the TicketPolicy that shape them, and Approved, without which nothing is sent.
//
// Its parts are packages of their own, each with one role on an order's way:
//
//		signal -> engine (decides) -> risk (approves) -> journal (makes it durable) -> Broker -> fills -> book
//
//	  - journal keeps what happened, for ever and in order.
//	  - book adds it up: positions, orders, targets, the account. It is a pure state machine.
//	  - engine is the shell around the book: it follows the signals and places each order once, across crashes.
//	  - risk and size limit and size; paper is a broker without a venue, backtest runs all of it over bars of the past.
//
// Everything here is a value or an interface: the package starts no goroutine and does no I/O. Money is exact
// (decimal.Decimal); the methods of Instrument are the only way from the float64 of bars and signals to it.
package trading

package book

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// keepTrades is how many trades that were closed are remembered, for the protections.
const keepTrades = 256

// trades are the latest trades that were closed, and what those under way began with.
type trades struct {
	closed []closedTrade // by when they were closed, at most keepTrades
	made   int           // in all
	open   map[string]openTrade
}

// closedTrade is one of them with its number, by which what comes of it later finds it.
type closedTrade struct {
	trading.ClosedTrade

	Number int `json:"number"` // from 1 on, ascending
}

// openTrade is a position that is held.
type openTrade struct {
	Began  decimal.Decimal `json:"began"`            // what the instrument had brought before, after fees
	Number int             `json:"number,omitempty"` // of its closedTrade, where a stop-loss has closed some of it
	At     time.Time       `json:"at"`               // when it was opened, as the journal has it
}

func newTrades() trades { return trades{open: make(map[string]openTrade)} }

// brought is what an instrument has brought so far, after fees, what is held not counted.
func brought(p trading.Position) decimal.Decimal { return p.Realized.Sub(p.Fees) }

// moved goes on from a position to the one that follows; stop says that a stop-loss has filled.
func (s *trades) moved(at time.Time, before, after trading.Position, stop bool) {
	was, is := before.Quantity.Sign(), after.Quantity.Sign()
	t := s.open[after.Symbol]
	switch {
	case was == 0:
		t = openTrade{Began: brought(before), At: at}
	case was != is, stop && after.Quantity.Abs().LessThan(before.Quantity.Abs()):
		t.Number = s.close(at, t, after, stop)
	default:
		return
	}
	switch {
	case is == 0:
		delete(s.open, after.Symbol)
	case was == 0 || was == is:
		s.open[after.Symbol] = t
	default: // The fee of what turned it around counts with the trade that it closed.
		s.open[after.Symbol] = openTrade{Began: brought(after), At: at}
	}
}

// close takes note of a trade that is closed, or that a stop-loss has begun to close, and returns its number. What was
// known of it gives way, so that the latest is the last.
func (s *trades) close(at time.Time, t openTrade, after trading.Position, stop bool) int {
	s.made++
	profit := brought(after).Sub(t.Began)
	c := closedTrade{trading.ClosedTrade{Symbol: after.Symbol, At: at, Profit: profit, Stopped: stop}, s.made}
	known := slices.IndexFunc(s.closed, func(c closedTrade) bool { return c.Number == t.Number })
	if known >= 0 {
		c.Stopped = c.Stopped || s.closed[known].Stopped
		s.closed = slices.Delete(s.closed, known, known+1)
	}
	s.closed = append(s.closed, c)
	s.closed = slices.Delete(s.closed, 0, max(len(s.closed)-keepTrades, 0))
	return s.made
}

// HeldSince is from when on something of an instrument has been held, as the journal has it; zero where nothing is.
func (s *trades) HeldSince(symbol string) time.Time { return s.open[symbol].At }

func (s *trades) restore(state bookState) {
	s.closed = state.Trades
	if n := len(s.closed); n > 0 {
		s.made = s.closed[n-1].Number
	}
	maps.Copy(s.open, state.OpenTrades)
}

// Trade implements trading.Account.
func (s *beside) Trade(n int) (trading.ClosedTrade, bool) {
	all := s.book.trades.closed
	if n < 0 || n >= len(all) {
		return trading.ClosedTrade{}, false
	}
	return all[len(all)-1-n].ClosedTrade, true
}

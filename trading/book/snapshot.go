package book

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/internal/past"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// snapshotVersion changes whenever the same events would give another Book than before. Version 2 was also written when
// a Book did not keep offers yet: what a person may approve would be missing; version 3, when it did not know what came
// from elsewhere; version 5, which entry of the journal a halt is, and what came of a day; version 6, what the
// losses of more than a day count from; version 7, since when a position is held, which trades were closed and what is
// locked; version 8, which order works for a target that was confirmed, and who lost what was not had. Version 5 and later
// keep what is over as records.
const snapshotVersion = 9

// realised is how snapshots named a profit before v0.1. No text in a snapshot holds it: there a quotation mark is
// escaped.
var realised, realized = []byte(`"realised":`), []byte(`"realized":`)

// bookState is a Book as a snapshot keeps it.
type bookState struct {
	Version   int                  `json:"version"`
	Capital   decimal.Decimal      `json:"capital"`
	Cash      decimal.Decimal      `json:"cash"`
	Began     time.Time            `json:"began"`
	LastFill  time.Time            `json:"last_fill"`
	Horizon   time.Time            `json:"horizon"`
	Positions []trading.Position   `json:"positions"`
	Orders    []snapshotOrder      `json:"orders"`
	Done      []string             `json:"done"`
	Kinds     []kind               `json:"kinds,omitempty"`
	Ended     past.Saved           `json:"ended,omitzero"`
	Fills     past.Saved           `json:"fills,omitzero"`
	Moves     past.Saved           `json:"moves,omitzero"`
	LastMove  time.Time            `json:"last_move,omitzero"`
	Cursor    Cursor               `json:"cursor"`
	Targets   []Target             `json:"targets"`
	Acted     []actedOn            `json:"acted"`
	Offers    []journal.SignalSeen `json:"offers,omitempty"`
	Day       journal.DayOpened    `json:"day"`
	Breached  bool                 `json:"breached,omitempty"`
	Halt      Halt                 `json:"halt"`
	Counts    Counts               `json:"counts"`
	// Added and Taken are what something else than our orders did to positions, by symbol.
	Added map[string]decimal.Decimal `json:"came,omitempty"`
	Taken map[string]decimal.Decimal `json:"taken,omitempty"`

	Lives map[string]life `json:"lives,omitempty"`

	Settings    []journal.Setting `json:"settings,omitempty"`
	CapitalSaid bool              `json:"capital_said,omitempty"`
	Given       decimal.Decimal   `json:"given,omitzero"`
	Days        []Day             `json:"days,omitempty"`
	Losses      losses            `json:"losses,omitzero"`

	Trades     []closedTrade          `json:"trades,omitempty"`
	OpenTrades map[string]openTrade   `json:"open_trades,omitempty"`
	Locks      locks                  `json:"locks,omitempty"`
	Stakes     map[string]savedStakes `json:"stakes,omitempty"`
	Converted  []string               `json:"converted,omitempty"` // IDs
}

type snapshotOrder struct {
	OrderState
	Number int `json:"number"`
}

type actedOn struct {
	Strategy string    `json:"strategy"`
	Symbol   string    `json:"symbol"`
	Bar      time.Time `json:"bar"`
}

// Snapshot returns everything that the Book knows, for FromSnapshot.
func (b *Book) Snapshot() ([]byte, error) {
	state := bookState{
		Version: snapshotVersion, Capital: b.capital, Cash: b.cash, Began: b.began, LastFill: b.fills.latest,
		Moves: b.moves.log.Save(), LastMove: b.moves.latest,
		Horizon: b.horizon, Positions: b.Positions(), Done: b.orders.done, Fills: b.fills.log.Save(), Cursor: b.cursor,
		Targets: b.Targets(), Offers: b.offered(journal.OutcomeWouldHave, journal.OutcomeRefused), Day: b.day,
		Breached: b.breached, Halt: b.halt, Counts: b.Counts(), Added: b.added, Taken: b.taken, Lives: b.lives,
		Settings: b.Settings(), CapitalSaid: b.CapitalSaid(), Given: b.given, Days: b.Days(), Losses: b.losses,
		Trades: b.trades.closed, OpenTrades: b.trades.open, Locks: b.locks, Stakes: b.stakes.save(),
		Converted: b.converted,
	}
	state.Kinds, state.Ended = b.orders.ended.kinds, b.orders.ended.log.Save()
	for _, o := range b.orders.live {
		state.Orders = append(state.Orders, snapshotOrder{*o, o.number})
	}
	slices.SortFunc(state.Orders, func(x, y snapshotOrder) int { return cmp.Compare(x.Number, y.Number) })
	for _, f := range slices.SortedFunc(maps.Keys(b.acted), compareFollowers) {
		state.Acted = append(state.Acted, actedOn{f.strategy, f.symbol, b.acted[f]})
	}
	data, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("book: snapshot: %w", err)
	}
	return data, nil
}

// FromSnapshot returns the Book of an account that began with capital as Snapshot found it. A snapshot of another
// version is refused, and so is one of another capital unless the journal has said which it is: reading all the events
// makes a new one.
func FromSnapshot(data []byte, capital decimal.Decimal) (*Book, error) {
	var s bookState
	decoder := json.NewDecoder(bytes.NewReader(bytes.ReplaceAll(data, realised, realized)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return nil, fmt.Errorf("book: snapshot: %w", err)
	}
	switch {
	case s.Version != snapshotVersion:
		return nil, fmt.Errorf("book: snapshot has version %d, and this one reads %d", s.Version, snapshotVersion)
	case !s.CapitalSaid && !s.Capital.Equal(capital):
		return nil, fmt.Errorf("book: snapshot began with %s, and this account with %s", s.Capital, capital)
	}
	b := New(s.Capital)
	b.settings.restore(s)
	b.days.others = s.Days // The one that goes on is taken up again.
	b.began, b.halt, b.converted = s.Began, s.Halt, s.Converted
	b.signals.restore(s)
	b.trades.restore(s)
	maps.Copy(b.locks, s.Locks)
	err := errors.Join(
		b.fills.once.restore(s.Fills, s.LastFill), b.account.restore(s), b.orders.restore(s), b.stakes.restore(s.Stakes),
	)
	if err != nil {
		return nil, fmt.Errorf("book: snapshot: %w", err)
	}
	b.fills.horizon, b.fills.total, b.fills.foreign = s.Horizon, s.Counts.Fills, s.Counts.ForeignFills
	for _, p := range s.Positions {
		b.positions[p.Symbol] = p
	}
	maps.Copy(b.added, s.Added)
	maps.Copy(b.taken, s.Taken)
	maps.Copy(b.lives, s.Lives)
	for _, t := range s.Targets {
		b.targets[t.Symbol] = &t
	}
	return b, nil
}

func (a *account) restore(s bookState) error {
	a.cash, a.fees, a.realized = s.Cash, s.Counts.Fees, s.Counts.Realized
	a.day, a.breached = s.Day, s.Breached
	a.given, a.losses = s.Given, s.Losses
	a.moved, a.other = s.Counts.Moved, s.Counts.OtherAssets
	return a.moves.restore(s.Moves, s.LastMove)
}

func (s *signals) restore(state bookState) {
	s.cursor = state.Cursor
	maps.Copy(s.outcomes, state.Counts.Signals)
	for _, a := range state.Acted {
		s.acted[follower{a.Strategy, a.Symbol}] = a.Bar
	}
	for _, o := range state.Offers {
		s.offers[follower{o.Strategy, o.Symbol}] = o
	}
}

func (s *orders) restore(state bookState) error {
	s.done, s.made, s.rejected = state.Done, state.Counts.Orders, state.Counts.Rejected
	for _, n := range state.Orders {
		o := n.OrderState
		o.number = n.Number
		s.put(&o)
	}
	s.recent.restore(s.live)
	return s.ended.restore(state.Kinds, state.Ended)
}

package trading

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Snapshotter is a Journal that can keep, beside its entries, what they add up to, so that a restart need not read all
// of them. Its entries stay as they are: a snapshot that is missing or cannot be read costs time and nothing else.
type Snapshotter interface {
	// KeepSnapshot keeps data, durably, as what all entries up to now add up to. The one before may go. Nobody
	// appends meanwhile.
	KeepSnapshot(ctx context.Context, data []byte) error
	// LastSnapshot returns the latest one and the Seq of the last entry that is in it; nil and 0 if there is none.
	LastSnapshot(ctx context.Context) (data []byte, seq int64, err error)
}

// snapshotVersion changes whenever the same events would give another Book than before. Version 2 was also written when
// a Book did not keep offers yet: what a person may approve would be missing.
const snapshotVersion = 3

// bookState is a Book as a snapshot keeps it.
type bookState struct {
	Version   int             `json:"version"`
	Capital   decimal.Decimal `json:"capital"`
	Cash      decimal.Decimal `json:"cash"`
	Began     time.Time       `json:"began"`
	LastFill  time.Time       `json:"last_fill"`
	Horizon   time.Time       `json:"horizon"`
	Positions []Position      `json:"positions"`
	Orders    []numberedOrder `json:"orders"`
	Done      []string        `json:"done"`
	Fills     []seenFill      `json:"fills"`
	Cursor    Cursor          `json:"cursor"`
	Targets   []Target        `json:"targets"`
	Acted     []actedOn       `json:"acted"`
	Offers    []SignalSeen    `json:"offers,omitempty"`
	Day       DayOpened       `json:"day"`
	Halt      Halt            `json:"halt"`
	Counts    Counts          `json:"counts"`
}

type numberedOrder struct {
	OrderState
	Number int `json:"number"`
}

type actedOn struct {
	Strategy string    `json:"strategy"`
	Symbol   string    `json:"symbol"`
	Bar      time.Time `json:"bar"`
}

// Snapshot returns everything that the Book knows, for RestoreBook.
func (b *Book) Snapshot() ([]byte, error) {
	state := bookState{
		Version: snapshotVersion, Capital: b.capital, Cash: b.cash, Began: b.began, LastFill: b.lastFill,
		Horizon: b.horizon, Positions: b.Positions(), Done: b.done, Fills: b.seen, Cursor: b.cursor,
		Targets: b.Targets(), Offers: b.Offers(), Day: b.day, Halt: b.halt, Counts: b.counts,
	}
	for _, o := range b.Orders() {
		state.Orders = append(state.Orders, numberedOrder{o, o.number})
	}
	for _, f := range slices.SortedFunc(maps.Keys(b.acted), compareFollowers) {
		state.Acted = append(state.Acted, actedOn{f.strategy, f.symbol, b.acted[f]})
	}
	data, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("trading: snapshot: %w", err)
	}
	return data, nil
}

// RestoreBook returns the Book of an account that began with capital as Snapshot found it. A snapshot of another
// version, or of another capital, is refused: reading all the events makes a new one.
func RestoreBook(data []byte, capital decimal.Decimal) (*Book, error) {
	var s bookState
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return nil, fmt.Errorf("trading: snapshot: %w", err)
	}
	switch {
	case s.Version != snapshotVersion:
		return nil, fmt.Errorf("trading: snapshot has version %d, and this one reads %d", s.Version, snapshotVersion)
	case !s.Capital.Equal(capital):
		return nil, fmt.Errorf("trading: snapshot began with %s, and this account with %s", s.Capital, capital)
	}
	b := NewBook(capital)
	b.cash, b.began, b.lastFill, b.horizon = s.Cash, s.Began, s.LastFill, s.Horizon
	b.cursor, b.day, b.halt, b.done, b.seen = s.Cursor, s.Day, s.Halt, s.Done, s.Fills
	signals := b.counts.Signals
	maps.Copy(signals, s.Counts.Signals)
	b.counts = s.Counts
	b.counts.Signals = signals
	for _, p := range s.Positions {
		b.positions[p.Symbol] = p
	}
	for _, t := range s.Targets {
		b.targets[t.Symbol] = &t
	}
	for _, a := range s.Acted {
		b.acted[follower{a.Strategy, a.Symbol}] = a.Bar
	}
	for _, o := range s.Offers {
		b.offers[follower{o.Strategy, o.Symbol}] = o
	}
	for _, f := range s.Fills {
		b.fills[f.ID] = struct{}{}
	}
	b.restoreOrders(s.Orders)
	return b, nil
}

func (b *Book) restoreOrders(orders []numberedOrder) {
	for _, n := range orders {
		o := n.OrderState
		o.number = n.Number
		b.orders[o.ClientID] = &o
		if !o.Status.Done() {
			b.pending[o.ClientID] = &o
		}
	}
}

// LastBook returns the Book that the Journal's last snapshot holds and the Seq of the last entry that is in it; a new
// Book and 0 where there is no snapshot that can be read. The entries after that are still to be applied.
func LastBook(ctx context.Context, j Journal, capital decimal.Decimal) (*Book, int64, error) {
	s, ok := j.(Snapshotter)
	if !ok {
		return NewBook(capital), 0, nil
	}
	data, seq, err := s.LastSnapshot(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("trading: read the last snapshot: %w", err)
	}
	if seq == 0 {
		return NewBook(capital), 0, nil
	}
	if book, err := RestoreBook(data, capital); err == nil {
		return book, seq, nil
	}
	return NewBook(capital), 0, nil // All the events are there.
}

// snapshotEvery is how many events pass between two snapshots: a restart reads at most about twice as many, in about
// a tenth of a second.
const snapshotEvery = 10_000

// maySnapshot keeps a snapshot if enough has happened since the last one. The pen is held. That it fails is told, and
// harms nothing.
func (e *Engine) maySnapshot(ctx context.Context, added int) {
	s, ok := e.cfg.Journal.(Snapshotter)
	e.sinceSnapshot += added
	if !ok || e.sinceSnapshot < cmp.Or(e.cfg.SnapshotEvery, snapshotEvery) {
		return
	}
	e.sinceSnapshot = 0
	data, err := e.book.Snapshot()
	if err == nil {
		limited, cancel := e.limited(context.WithoutCancel(ctx))
		defer cancel()
		err = s.KeepSnapshot(limited, data)
	}
	if err != nil {
		e.log.Warn("Snapshot failed", "error", err)
	}
}

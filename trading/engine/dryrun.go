package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// DryReport says what the first round of an Engine would do.
type DryReport struct {
	Events []journal.Event // what it would journal, in order
	Send   []trading.Order // what it would send, in order
	Cancel []string        // client IDs of the orders that it would cancel
	Status Status          // how it would stand then, had the Broker taken it all and filled none of it

	// Given is the capital that the Journal knows of, and Configured that of the Config. The first of the two holds.
	Given, Configured decimal.Decimal
}

// DryRun does the first round that an Engine of this configuration would do, on the real Journal and with the real
// Broker, and changes neither: what would be written is kept in memory, and what would be sent or canceled goes into
// the report only. An order that has to wait for a cancel is not sent in that round. Together with an error the report
// tells how far it came.
func DryRun(ctx context.Context, cfg Config) (DryReport, error) {
	if err := cfg.check(); err != nil {
		return DryReport{}, err
	}
	if cfg.Pricer == nil {
		cfg.Pricer, _ = cfg.Broker.(trading.Pricer)
	}
	cfg.Logger = slog.New(slog.DiscardHandler) // It would tell of orders that nobody has sent.
	record := &dryRecord{}
	cfg.Journal = dryJournal{cfg.Journal, record}
	cfg.Broker = dryBroker(cfg.Broker, record)
	engine, err := New(cfg)
	if err != nil {
		return DryReport{}, err
	}
	err = engine.Step(ctx)
	report := record.report()
	report.Status = engine.Status()
	report.Given, report.Configured = view(engine.ledger, (*book.Book).Given), cfg.Capital
	return report, err
}

// dryRecord is what a dry run would have done.
type dryRecord struct {
	mu   sync.Mutex // guards done
	done DryReport

	seq     int64           // of the last entry that was read or would be written; used by the Journal's one user
	entries []journal.Entry // that would be written; the same
}

func (d *dryRecord) note(change func(*DryReport)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.done)
}

func (d *dryRecord) report() DryReport {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}

// dryJournal reads a Journal and writes nothing to it. What would have been written follows what is there.
type dryJournal struct {
	journal.Journal
	record *dryRecord
}

func (j dryJournal) Append(_ context.Context, at time.Time, events ...journal.Event) error {
	j.record.note(func(r *DryReport) { r.Events = append(r.Events, events...) })
	for _, e := range events {
		j.record.entries = append(j.record.entries, journal.Entry{Seq: j.record.seq + 1, At: at, Event: e})
		j.record.seq++
	}
	return nil
}

// Read implements journal.Journal.
func (j dryJournal) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if all := j.record.entries; len(all) > 0 && after+1 >= all[0].Seq {
		return all[min(after+1-all[0].Seq, int64(len(all))):], nil
	}
	page, err := j.Journal.Read(ctx, after, limit)
	if len(page) > 0 {
		j.record.seq = page[len(page)-1].Seq
	}
	return page, err
}

// KeepSnapshot implements Snapshotter.
func (j dryJournal) KeepSnapshot(context.Context, []byte) error { return nil }

// LastSnapshot implements Snapshotter.
func (j dryJournal) LastSnapshot(ctx context.Context) (data []byte, seq int64, err error) {
	if s, ok := j.Journal.(journal.Snapshotter); ok {
		data, seq, err = s.LastSnapshot(ctx)
		j.record.seq = seq
	}
	return data, seq, err
}

// KeepMark implements Marker.
func (j dryJournal) KeepMark(context.Context, journal.Mark) error { return nil }

// LastMark implements Marker.
func (j dryJournal) LastMark(ctx context.Context) (m journal.Mark, ok bool, err error) {
	if s, ok := j.Journal.(journal.Marker); ok {
		return s.LastMark(ctx)
	}
	return journal.Mark{}, false, nil
}

// Marks implements Marker. Nobody asks here.
func (j dryJournal) Marks(context.Context, time.Time) ([]journal.Mark, error) { return nil, nil }

// CashEvents implements trading.CashReporter, where the Broker does.
func (b drySender) CashEvents(ctx context.Context, from trading.Cursor, limit int) ([]trading.CashEvent, trading.Cursor, error) {
	if r, ok := b.Broker.(trading.CashReporter); ok {
		return r.CashEvents(ctx, from, limit)
	}
	return nil, from, errors.ErrUnsupported
}

// Conversions implements trading.ConversionReporter, where the Broker does.
func (b drySender) Conversions(ctx context.Context, since time.Time) ([]trading.Conversion, error) {
	if r, ok := b.Broker.(trading.ConversionReporter); ok {
		return r.Conversions(ctx, since)
	}
	return nil, errors.ErrUnsupported
}

// drySender asks a Broker and sends it nothing.
type drySender struct {
	trading.Broker
	record *dryRecord
}

func (b drySender) Submit(ctx context.Context, a trading.Approved) error {
	if err := a.Begin(ctx); err != nil {
		return err
	}
	b.record.note(func(r *DryReport) { r.Send = append(r.Send, a.Order()) })
	return nil
}

// SubmitPair implements trading.Pairer where the Broker does.
func (b drySender) SubmitPair(ctx context.Context, takeProfit, stopLoss trading.Approved) error {
	if _, ok := b.Broker.(trading.Pairer); !ok {
		return errors.ErrUnsupported
	}
	return errors.Join(b.Submit(ctx, takeProfit), b.Submit(ctx, stopLoss))
}

type dryCanceler struct{ record *dryRecord }

func (c dryCanceler) Cancel(_ context.Context, ref trading.OrderRef) error {
	c.record.note(func(r *DryReport) { r.Cancel = append(r.Cancel, ref.ClientID) })
	return nil
}

// dryBroker has the powers of a Broker that an Engine looks for, and no other.
func dryBroker(b trading.Broker, record *dryRecord) trading.Broker {
	sender, canceler := drySender{b, record}, dryCanceler{record}
	positioner, hasPositions := b.(trading.Positioner)
	_, canCancel := b.(trading.Canceler)
	switch {
	case hasPositions && canCancel:
		return struct {
			drySender
			trading.Positioner
			dryCanceler
		}{sender, positioner, canceler}
	case hasPositions:
		return struct {
			drySender
			trading.Positioner
		}{sender, positioner}
	case canCancel:
		return struct {
			drySender
			dryCanceler
		}{sender, canceler}
	}
	return sender
}

// String lists what would be done, a line each, after a halt that stands.
func (r DryReport) String() string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	for _, event := range r.Events {
		tell(line, event)
	}
	for _, o := range r.Send {
		line("send %s: %s %s %s %s", o.ClientID, o.Side, o.Quantity, o.Symbol, o.Type)
	}
	for _, id := range r.Cancel {
		line("cancel %s", id)
	}
	if !r.Given.Equal(r.Configured) {
		line("keep the capital at %s, as the journal says, and not at %s", r.Given, r.Configured)
	}
	if text.Len() == 0 {
		line("nothing to do")
	}
	if halt := r.Status.Halt; halt.Active() && !r.hasHalt() { // before all else: it stands already
		return fmt.Sprintf("trading is halted since %s: %s\n", halt.At.UTC().Format(time.RFC3339), halt.Reason) + text.String()
	}
	return text.String()
}

// tell gives line what an event says to a person.
func tell(line func(format string, args ...any), event journal.Event) {
	switch e := event.(type) {
	case journal.Filled:
		line("book fill %s: %s %s %s at %s", e.Fill.ID, e.Fill.Side, e.Fill.Quantity, e.Fill.Symbol, e.Fill.Price)
	case journal.Adopted:
		line("adopt %s of %s at %s", e.Quantity, e.Symbol, e.Price)
	case journal.Converted:
		line("convert: %s, so that %s are held", e.Conversion, e.Quantity)
	case journal.CashMoved:
		line("book %s %s: %s", e.Move.Kind, e.Move.ID, strings.TrimSpace(e.Move.Amount.String()+" "+e.Move.Asset))
	case journal.SettingsChanged:
		tellSettings(line, e)
	case journal.CloseAsked:
		line("keep %s of %s (%s)", e.Quantity, e.Symbol, e.By)
	case journal.Halted:
		line("halt: %s", e.Reason)
	case journal.Locked:
		line("lock %s until %s: %s", e.Symbol, e.Until.UTC().Format(time.RFC3339), e.Reason)
	case journal.SignalSeen:
		line("signal %s of %s: %s %s, %s, target %s", e.SignalID, e.Strategy, e.Direction, e.Symbol, e.Outcome,
			strings.TrimSpace(e.Target.String()+" "+e.Reason))
	case journal.Acknowledged, journal.Triggered, journal.Rejected, journal.Unknown, journal.NotReceived,
		journal.Canceled, journal.Expired, journal.CancelAsked:
		kind, data, err := journal.Encode(e)
		if err == nil && kind != journal.KindOf(journal.Acknowledged{}) {
			line("order %s: %s", kind, data)
		}
	default: // Intents are among what is sent, and a person's acts are none of a round's.
	}
}

// tellSettings says nothing of what the first run is configured with: nothing changes.
func tellSettings(line func(format string, args ...any), e journal.SettingsChanged) {
	if e.Capital.IsZero() {
		for _, change := range e.Changes {
			line("change %s", change)
		}
	}
	for _, o := range e.Orphans {
		line("orphan %s: %s (%s) speaks no more: %s", o.Symbol, o.Strategy, o.Was, o.Fate)
	}
}

// hasHalt reports whether the halt would be one of what it lists.
func (r DryReport) hasHalt() bool {
	return slices.ContainsFunc(r.Events, func(e journal.Event) bool {
		_, hasHalt := e.(journal.Halted)
		return hasHalt
	})
}

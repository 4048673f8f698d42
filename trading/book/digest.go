package book

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Digest is a hash of what the Book knows: two Books that are equal have equal digests, on any machine, and two that
// differ do not. The signal store's identity is left out, since it is drawn at random when a store is made, and so are
// places in the journal, of which a database may leave some out: two runs on stores of their own can be compared. Since when
// a position is held is left out as well: it follows from the fills.
func (b *Book) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "account %s %s %s %s\n", b.capital, b.cash, stamp(b.began), stamp(b.fills.latest))
	fmt.Fprintf(h, "horizon %s\n", stamp(b.horizon))
	fmt.Fprintf(h, "cursor %d\n", b.cursor.Seq)
	fmt.Fprintf(h, "day %q %s\n", b.day.Day, b.day.Equity)
	fmt.Fprintf(h, "halt %q %s\n", b.halt.Reason, stamp(b.halt.At))
	if !b.day.Before.IsZero() {
		fmt.Fprintf(h, "day before %s\n", b.day.Before)
	}
	if b.halt.Also != "" || b.breached {
		fmt.Fprintf(h, "halt also %q, breached %t\n", b.halt.Also, b.breached)
	}
	b.losses.digest(h)
	b.locks.digest(h)
	b.digestOrders(h)
	for _, p := range b.Positions() {
		fmt.Fprintf(h, "position %q %s %s %s %s\n", p.Symbol, p.Quantity, p.Cost, p.Realized, p.Fees)
	}
	b.digestTargets(h)
	for _, f := range slices.SortedFunc(maps.Keys(b.acted), compareFollowers) {
		fmt.Fprintf(h, "acted %q %q %s\n", f.strategy, f.symbol, stamp(b.acted[f]))
	}
	for _, o := range b.Offers() {
		fmt.Fprintf(h, "offer %q %q %q %s %s\n", o.Symbol, o.Strategy, o.SignalID, o.Target, stamp(o.ValidUntil))
	}
	for _, o := range b.Blocked() {
		fmt.Fprintf(h, "blocked %q %q %q %s %s\n", o.Symbol, o.Strategy, o.SignalID, o.Target, stamp(o.ValidUntil))
	}
	for _, id := range slices.Sorted(b.fills.ids()) {
		fmt.Fprintf(h, "fill %q\n", id)
	}
	for _, id := range b.converted {
		fmt.Fprintf(h, "converted %q\n", id)
	}
	b.stakes.digest(h)
	b.settings.digest(h, b.given, b.Targets())
	counts := b.Counts()
	for _, outcome := range slices.Sorted(maps.Keys(counts.Signals)) {
		fmt.Fprintf(h, "signals %q %d\n", outcome, counts.Signals[outcome])
	}
	for _, kind := range slices.Sorted(maps.Keys(counts.Moved)) {
		fmt.Fprintf(h, "moved %q %s\n", kind, counts.Moved[kind])
	}
	for _, asset := range slices.Sorted(maps.Keys(counts.OtherAssets)) {
		fmt.Fprintf(h, "other %q %s\n", asset, counts.OtherAssets[asset])
	}
	for id, at := range b.moves.seen() {
		fmt.Fprintf(h, "move %q %s\n", id, stamp(at))
	}
	for _, symbol := range slices.Sorted(maps.Keys(b.added)) {
		fmt.Fprintf(h, "came %q %s\n", symbol, b.added[symbol])
	}
	for _, symbol := range slices.Sorted(maps.Keys(b.taken)) {
		fmt.Fprintf(h, "taken %q %s\n", symbol, b.taken[symbol])
	}
	fmt.Fprintf(h, "counts %d %d %d %d %s %s\n", counts.Orders, counts.Rejected, counts.Fills,
		counts.ForeignFills, counts.Fees, counts.Realized)
	return hex.EncodeToString(h.Sum(nil))
}

func (b *Book) digestTargets(h io.Writer) {
	for _, t := range b.Targets() {
		fmt.Fprintf(h, "target %q %q %q %s %s %d %q %t %d %t\n", t.Symbol, t.Strategy, t.SignalID, t.Quantity,
			stamp(t.ValidUntil), t.Attempts, t.Last, t.Deferred, t.Legs, t.Approved)
		fmt.Fprintf(h, "ticket %q %s %s %q %t %s %s\n", t.Ticket.Type, t.Ticket.LimitPrice, t.Ticket.StopPrice,
			t.Ticket.TimeInForce, t.Ticket.PostOnly, t.Ticket.TakeProfit, t.Ticket.StopLoss)
		if u := t.Ticket.Unfilled; u != (trading.Unfilled{}) {
			fmt.Fprintf(h, "unfilled %s %d %t %s %s\n", u.After, u.Reprice, u.Cross, u.Price, stamp(u.Since))
		}
		if rungs := t.rungs(); len(rungs) > 0 {
			fmt.Fprintf(h, "rungs %v\n", rungs)
		}
	}
}

func (b *Book) digestOrders(h io.Writer) {
	all := b.Orders()
	slices.SortFunc(all, func(x, y OrderState) int { return cmp.Compare(x.ClientID, y.ClientID) })
	for _, o := range all {
		fmt.Fprintf(h, "order %d %q %q %s %q %s %s %s %q %t %t %q %s %q %q %s %s %s %d %t %t %t %t %q %s\n", o.number, o.ClientID,
			o.Symbol, o.Side, o.Type, o.Quantity, o.LimitPrice, o.StopPrice, o.TimeInForce, o.PostOnly, o.ReduceOnly, o.Leg,
			o.DecisionPrice, o.SignalID, o.Config, stamp(o.CreatedAt), o.Status, o.Filled, o.Sends, o.Acknowledged, o.InFlight,
			o.Triggered, o.CancelAsked, o.Reason, stamp(o.UpdatedAt))
		if g := o.Guard; !g.IsZero() {
			fmt.Fprintf(h, "guard %s %s %t\n", g.TakeProfit, g.StopLoss, g.FromFill)
		}
	}
}

// stamp writes a time so that the same instant reads the same, whatever its zone.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// Audit prints what a database tells of one order, from the signal that it serves to its last fill.
//
//	go run ./examples/audit livetrader.db v-6908a61c5498bb539f20a976
//	go run ./examples/audit livetrader.db
//	go run ./examples/audit 'postgres://vigil@localhost/trader'
//
// Without an order it lists the orders. It only reads, so a program may be trading on the database meanwhile.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	ossignal "os/signal"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

func main() {
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("usage: audit DB [ORDER]")
	}
	db, err := sqlstore.Open(ctx, args[0], sqlstore.Config{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if len(args) == 1 {
		return list(ctx, db.Journal(), out)
	}
	trail, err := book.Audit(journal.Entries(ctx, db.Journal(), 0), args[1])
	if err != nil {
		return err
	}
	tell(trail, out)
	return nil
}

// list prints each order in the journal on a line.
func list(ctx context.Context, j journal.Journal, out io.Writer) error {
	for e, err := range journal.Entries(ctx, j, 0) {
		if err != nil {
			return err
		}
		if made, ok := e.Event.(journal.IntentMade); ok {
			fmt.Fprintln(out, stamp(e.At), describe(made.Order))
		}
	}
	return nil
}

// tell prints a trail, a line for each entry.
func tell(trail book.Trail, out io.Writer) {
	if trail.Signal == nil {
		fmt.Fprintln(out, "no signal of it is in the journal")
	} else {
		line(out, *trail.Signal)
	}
	if trail.Approval != nil {
		line(out, *trail.Approval)
	}
	for _, e := range trail.Entries {
		line(out, e)
	}
	o := trail.Order
	fmt.Fprintf(out, "=> %s: %s, %s of %s filled, sent %d times\n", o.ClientID, o.Status, o.Filled, o.Quantity, o.Sends)
}

func line(out io.Writer, e journal.Entry) {
	text := fmt.Sprintf("%6d  %s  %-13s %s", e.Seq, stamp(e.At), journal.KindOf(e.Event), what(e.Event))
	fmt.Fprintln(out, strings.TrimRight(text, " "))
}

// what says in words what an event adds to its kind.
func what(e journal.Event) string {
	switch e := e.(type) {
	case journal.SignalSeen:
		text := fmt.Sprintf("signal %s: %s says %s %s on the bar of %s: %s, target %s",
			e.SignalID, e.Strategy, e.Direction, e.Symbol, stamp(e.BarTime), e.Outcome, e.Target)
		return text + because(e.Reason)
	case journal.IntentMade:
		return describe(e.Order)
	case journal.Rejected:
		return e.Reason
	case journal.Unknown:
		return e.Reason
	case journal.NotReceived:
		return e.Reason
	case journal.CancelAsked:
		return e.Reason
	case journal.Cancelled:
		return e.Reason
	case journal.Expired:
		return e.Reason
	case journal.SignalApproved:
		return fmt.Sprintf("signal %s approved by %s", e.SignalID, e.By)
	case journal.CloseAsked:
		return fmt.Sprintf("%s: no more than %s is to be held of %s, says %s", e.ID, e.Quantity, e.Symbol, e.By)
	case journal.Filled:
		f := e.Fill
		return fmt.Sprintf("%s %s %s at %s, fee %s, fill %s at %s",
			f.Side, f.Quantity, f.Symbol, f.Price, f.Fee, f.ID, stamp(f.Time))
	default: // The kind says all.
		return ""
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

func describe(o trading.Order) string {
	text := fmt.Sprintf("%s: %s %s %s %s, decided at %s", o.ClientID, o.Type, o.Side, o.Quantity, o.Symbol, o.DecisionPrice)
	if o.ReduceOnly {
		text += ", reduce only"
	}
	return text
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

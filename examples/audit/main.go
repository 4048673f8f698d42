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
	"flag"
	"fmt"
	"io"
	"os"
	ossignal "os/signal"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const usage = `usage: audit DB [ORDER]

  DB     the file of a database, or the postgres:// URL of one
  ORDER  the client ID of an order, as v-6908a61c5498bb539f20a976; none lists the orders
`

func main() {
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is the program. What it returns is its exit code: 1 if it could not answer, 2 if it was not asked properly, and
// then it has not looked at the database.
func command(ctx context.Context, args []string, out, complaints io.Writer) (code int) {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // It would say everything twice.
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return 0
	case err == nil && (flags.NArg() < 1 || flags.NArg() > 2):
		err = fmt.Errorf("one or two arguments are wanted, and there are %d", flags.NArg())
	case err == nil && slices.Contains(flags.Args(), ""):
		err = errors.New("an argument is empty")
	}
	if err != nil {
		fmt.Fprintf(complaints, "audit: %v\n%s", err, usage)
		return 2
	}
	if err := run(ctx, flags.Args(), out); err != nil {
		fmt.Fprintln(complaints, "audit:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	db, err := open(ctx, args[0])
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

// readable is what is used of a database, of either kind.
type readable interface {
	Journal() journal.Journal
	Close() error
}

func open(ctx context.Context, name string) (readable, error) {
	if postgres.IsURL(name) {
		return postgres.Open(ctx, name, postgres.Config{ReadOnly: true})
	}
	return sqlite.Open(ctx, name, sqlite.Config{ReadOnly: true})
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
	case journal.Canceled:
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

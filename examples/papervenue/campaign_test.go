package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// process is this test binary, acting as something else.
type process struct {
	cmd    *exec.Cmd
	first  string // line of its output
	stderr bytes.Buffer
}

func start(t *testing.T, as string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), actAs+"="+as)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	p.first, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		t.Fatalf("%s: %v: %s", as, err, p.stderr.String())
	}
	return p
}

func (p *process) end(sig syscall.Signal) error {
	_ = p.cmd.Process.Signal(sig)
	return p.cmd.Wait()
}

// stop has the process stand still, all of its threads.
func (p *process) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))
	var became syscall.WaitStatus
	_, err := syscall.Wait4(p.cmd.Process.Pid, &became, syscall.WUNTRACED, nil)
	require.NoError(t, err)
	require.True(t, became.Stopped(), "it ended before it was killed")
}

// campaign lets harm come to a trading process again and again, lets the last one settle, and returns what then does not
// agree between its journal, in folder, and the venue's ledger, which stands elsewhere.
func campaign(t *testing.T, folder string, times int, plant string, harm func(*process)) (problems []string, theirs *book.Book) {
	t.Helper()
	ledger, journal := filepath.Join(t.TempDir(), "venue.db"), filepath.Join(folder, "trader.db")
	venue := start(t, "venue", "--db", ledger, "--listen", "127.0.0.1:0", "--symbols", strings.Join(campaignSymbols, ","),
		"--cash", campaignCash, "--lose-requests", "0.05", "--lose-replies", "0.1", "--duplicate-fills", "0.3", "--delay", "8ms")
	_, address, ok := strings.Cut(strings.TrimSpace(venue.first), "listens on ")
	require.True(t, ok, venue.first)
	trader := []string{"--db", journal, "--venue", address, "--plant", plant}
	for range times {
		p := start(t, "trader", trader...)
		harm(p)
		require.Equal(t, -1, p.cmd.ProcessState.ExitCode(), "it ended before it was killed: %s", p.stderr.String())
	}
	last := start(t, "trader", append(trader, "--settle")...)
	if err := last.cmd.Wait(); err != nil {
		problems = append(problems, fmt.Sprintf("the last process: %v: %s", err, last.stderr.String()))
	}
	require.NoError(t, venue.end(syscall.SIGTERM), venue.stderr.String())
	theirs, done := readBook(t, ledger)
	ours, asked := readBook(t, journal)
	problems = append(append(problems, compare(theirs, ours, done)...), history(done, asked)...)
	if len(problems) > 0 && plant == "" {
		t.Logf("ledger and journal are kept in %s", keep(t, ledger, journal))
	}
	return problems, theirs
}

// keep copies databases to where they outlive the test: what a thousand kills have shown once is not shown again soon.
func keep(t *testing.T, files ...string) (folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "papervenue-campaign-") //nolint:usetesting // it is to outlive the test
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(file)), data, 0o600))
	}
	return folder
}

// kill ends the process at a random moment.
func kill(p *process) {
	someTime()
	_ = p.end(syscall.SIGKILL)
}

// someTime is what a process gets to trade: mostly little, and now and then enough for what has to be waited out.
func someTime() {
	moment := 300 // milliseconds at the most
	if rand.IntN(4) == 0 {
		moment = 1200
	}
	<-time.After(time.Duration(rand.IntN(moment)) * time.Millisecond)
}

func readBook(t *testing.T, path string) (*book.Book, []journal.Entry) {
	t.Helper()
	db, err := sqlite.Open(context.Background(), path, sqlite.Config{})
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	require.NoError(t, db.Integrity(context.Background()))
	j := struct{ journal.Journal }{db.Journal()} // without its snapshots: every entry counts
	book, err := book.Restore(decimal.RequireFromString(campaignCash), journal.Load(context.Background(), j))
	require.NoError(t, err)
	return book, entriesOf(t, j)
}

// compare holds the venue's ledger against the journal.
func compare(theirs, ours *book.Book, ledger []journal.Entry) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, o := range theirs.Orders() {
		mine, ok := ours.Order(o.ClientID)
		switch {
		case !ok:
			wrong("order %s is in the ledger and not in the journal: unknown to us", o.ClientID)
		case mine.Status != o.Status || !mine.Filled.Equal(o.Filled):
			wrong("order %s is %s, %s filled, in the ledger and %s, %s filled, in the journal",
				o.ClientID, o.Status, o.Filled, mine.Status, mine.Filled)
		case !o.Status.Done():
			wrong("order %s (%s) is still %s, and nothing is held", o.ClientID, o.Leg, o.Status)
		}
	}
	guards := make(map[string]bool) // that the venue has of an order's Guard: it was not sent them, and has their fills alone
	filled := make(map[string]decimal.Decimal)
	for _, e := range ledger {
		if f, ok := e.Event.(journal.Filled); ok {
			filled[f.Fill.ClientID] = filled[f.Fill.ClientID].Add(f.Fill.Quantity)
		}
	}
	for _, o := range theirs.Orders() {
		guards[o.GuardID(trading.TakeProfit)], guards[o.GuardID(trading.StopLoss)] = true, true
	}
	for _, o := range ours.Orders() {
		if guards[o.ClientID] {
			if there := filled[o.ClientID]; !there.IsPositive() || !there.Equal(o.Filled) {
				wrong("order %s of a Guard is filled %s in the ledger and %s in the journal", o.ClientID, there, o.Filled)
			}
			continue
		}
		if _, ok := theirs.Order(o.ClientID); !ok && o.Acknowledged {
			wrong("order %s was acknowledged and is not in the ledger: lost", o.ClientID)
		}
	}
	if a, b := theirs.Counts(), ours.Counts(); a.Fills != b.Fills || !a.Fees.Equal(b.Fees) || b.ForeignFills > 0 {
		wrong("%d fills with %s of fees in the ledger, %d with %s in the journal, %d of orders that are not ours",
			a.Fills, a.Fees, b.Fills, b.Fees, b.ForeignFills)
	}
	for _, symbol := range campaignSymbols {
		if a, b := theirs.Position(symbol), ours.Position(symbol); !a.Quantity.Equal(b.Quantity) || !a.Cost.Equal(b.Cost) {
			wrong("%s: %s for %s in the ledger, %s for %s in the journal", symbol, a.Quantity, a.Cost, b.Quantity, b.Cost)
		}
	}
	if !theirs.Cash().Equal(ours.Cash()) {
		wrong("cash is %s in the ledger and %s in the journal", theirs.Cash(), ours.Cash())
	}
	return problems
}

// enoughOrders is how many a campaign has that does all there is to do.
const enoughOrders = 50

// kill -9 at random moments, with lost requests, lost replies and duplicate fills on top: the venue's own ledger and the
// journal agree on every order, every cancel and every fill, of entries at the market and at prices and of the brackets
// behind them, and at no moment was anything there twice.
func TestKillCampaignLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	problems, ledger := campaign(t, t.TempDir(), *kills, "", kill)
	require.Empty(t, problems)
	done := census(ledger)
	for _, what := range []string{
		"market filled", "entry filled", "entry canceled", "leg filled", "leg canceled",
	} {
		if len(ledger.Orders()) >= enoughOrders { // of few, as on a machine that is busy, there may be none
			require.Positive(t, done[what], "it did all there is to do: %v", done)
		}
	}
	require.Positive(t, done["market filled"], "it did something: %v", done)
	t.Logf("%d kills, %d orders in the ledger: %v", *kills, len(ledger.Orders()), done)
}

// census counts orders by what they are and by what became of them.
func census(book *book.Book) map[string]int {
	done := make(map[string]int)
	for _, o := range book.Orders() {
		what := "market"
		switch {
		case o.Leg != "":
			what = "leg"
		case o.Rests():
			what = "entry"
		}
		done[what+" "+string(o.Status)]++
	}
	return done
}

// The campaign proves nothing unless it sees what is wrong.
func TestKillCampaignFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for plant, want := range map[string]string{
		"send-then-record": "unknown to us",
		"blind-retry":      "unknown to us",
		"cancel-on-faith":  "filled, in the ledger and canceled",
	} {
		t.Run(plant, func(t *testing.T) {
			t.Parallel()
			orders, found := 0, ""
			for range 6 { // Which orders a kill comes between is chance, and a busy machine makes few of them.
				problems, ledger := campaign(t, t.TempDir(), 10, plant, kill)
				orders += len(ledger.Orders())
				if found = strings.Join(problems, "\n"); strings.Contains(found, want) {
					return
				}
			}
			require.Contains(t, found, want, "of %d orders", orders)
		})
	}
}

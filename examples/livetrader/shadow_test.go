package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// fixedLook is a live account that says the same each time.
type fixedLook struct {
	account liveAccount
	err     error
	asked   int
}

func (f *fixedLook) look(context.Context) (liveAccount, error) {
	f.asked++
	return f.account, f.err
}

func exact(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestShadowSaysWhatTheLiveAccountHasAgainstAnOrder(t *testing.T) {
	t.Parallel()
	perp := trading.Instrument{
		Symbol: perpetual, Tick: exact("0.1"), Step: exact("0.001"), MinQuantity: exact("0.002"), MinNotional: exact("100"),
	}
	live := liveAccount{
		instruments: bySymbol([]trading.Instrument{perp}),
		available:   map[string]decimal.Decimal{"USDT": exact("50")}, leverage: map[string]int{perpetual: 10},
	}
	order := func(change func(*trading.Order)) trading.Order {
		o := trading.Order{
			ClientID: "x", Symbol: perpetual, Side: trading.Buy, Type: trading.Market,
			Quantity: exact("0.005"), DecisionPrice: exact("60000"),
		}
		change(&o)
		return o
	}
	for name, c := range map[string]struct {
		order trading.Order
		live  func(*liveAccount)
		want  []string
	}{
		"nothing":      {order: order(func(*trading.Order) {})},
		"a tick":       {order: order(func(o *trading.Order) { o.Type, o.LimitPrice = trading.Limit, exact("59999.95") }), want: []string{"limit 59999.95 or stop 0 is no whole number of ticks of 0.1"}},
		"a step":       {order: order(func(o *trading.Order) { o.Quantity = exact("0.0055") }), want: []string{"0.0055 is no whole number of steps of 0.001"}},
		"a quantity":   {order: order(func(o *trading.Order) { o.Quantity = exact("0.001") }), want: []string{"0.001 is below the smallest quantity, 0.002", "it is worth 60, and the least is 100"}},
		"the margin":   {order: order(func(o *trading.Order) { o.Quantity = exact("0.02") }), want: []string{"it needs 120 USDT, and 50 is available beside what is held on paper"}},
		"what reduces": {order: order(func(o *trading.Order) { o.Quantity, o.ReduceOnly = exact("0.02"), true })},
		"a symbol":     {order: order(func(o *trading.Order) { o.Symbol = "NO/USDT:USDT" }), want: []string{"NO/USDT:USDT is not traded there now"}},
		"the account":  {order: order(func(*trading.Order) {}), live: func(l *liveAccount) { l.stands = errHalted }, want: []string{"no"}},
		"a short sale": {order: order(func(o *trading.Order) { o.Side = trading.Sell }), live: func(l *liveAccount) { l.noShort = true }, want: []string{"the account may not sell 0.005 more than it holds"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := live
			if c.live != nil {
				c.live(&account)
			}
			require.Equal(t, c.want, account.against(c.order, paperHeld{}))
		})
	}
	held := paperHeld{perpetual: {exact("0.004"), exact("60000")}}
	require.Equal(t, []string{"it needs 30 USDT, and 26 is available beside what is held on paper"},
		live.against(order(func(*trading.Order) {}), held), "what is held on paper has taken its margin")
	require.Empty(t, live.against(order(func(o *trading.Order) { o.Side, o.Quantity = trading.Sell, exact("0.004") }), held), "it closes")
}

type constantError string

func (e constantError) Error() string { return string(e) }

const errHalted = constantError("no")

// A venue that does not answer keeps an order waiting, and it is told once when it does.
func TestShadowTellsEachOrderOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := journal.NewMemory()
		look := &fixedLook{err: errHalted}
		var acts []journal.Acted
		s := &shadow{
			venue: look, journal: j, clock: clock.New(), log: quiet, held: func(trading.Order) paperHeld { return nil },
			record: func(_ context.Context, a journal.Acted) error { acts = append(acts, a); return nil },
		}
		require.NoError(t, j.Append(t.Context(), time.Now(), journal.IntentMade{Order: trading.Order{
			ClientID: "one", Symbol: perpetual, Side: trading.Buy, Type: trading.Market, Quantity: exact("1"), DecisionPrice: exact("5"),
			SignalID: "s", CreatedAt: time.Now().UTC(),
		}}))
		require.ErrorIs(t, s.step(t.Context()), errHalted)
		require.Empty(t, acts)
		look.err = nil
		require.NoError(t, s.step(t.Context()))
		require.NoError(t, s.step(t.Context()))
		require.Len(t, acts, 1)
		require.Equal(t, "it would have been refused: "+perpetual+" is not traded there now", acts[0].Error)
		require.Equal(t, shadowTally{refused: 1}, s.told())
		require.Equal(t, 2, look.asked)
	})
}

// A shadow trades on paper by the venue's bars, tells what the account there would have refused, and sends nothing.
func TestShadowOfAnAccountAtBinanceSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := binanceInMemory(t, binancetest.Config{Balances: map[string]decimal.Decimal{"USDT": exact("10")}})
		db := tempDB(t)
		args := []string{
			"--venue", "binance=http://venue", "--shadow", "--symbols", perpetual, "--interval", "1m", "--cash", "5000", "--listen", "off",
			"--db", db, "--duration", "3h", "--stop-loss", "0.05",
		}
		go swings(t.Context(), venue)
		code, stdout, log := runAt(t.Context(), venue.Dial, args...)
		require.Equal(t, exitOK, code, log)
		require.Contains(t, log, `msg="A shadow of the live account: orders go to an account on paper, and nothing is sent"`)
		require.Contains(t, log, "mode=shadow")
		refused := regexp.MustCompile(`msg="The live account would have refused this order" [^\n]* client_id=(\S+) `+
			`because="it needs \S+ USDT, and \S+ is available`).FindAllStringSubmatch(log, -1)
		require.NotEmpty(t, refused, log)
		require.Len(t, perSymbol(refused, func(m []string) string { return m[1] }), len(refused), "each order once")
		require.Regexp(t, fmt.Sprintf(`(?m)^  would be refused   %d$`, len(refused)), stdout)
		require.Regexp(t, `(?m)^  would be taken     [1-9]\d*, as far as can be known$`, stdout, "what closes on paper needs no margin")
		for _, r := range venue.Requests() {
			require.Equal(t, http.MethodGet, r.Method, r.Path)
		}
		require.Empty(t, venue.Ledger().Orders)
		account := openAccount(t, db, "5000")
		require.NotEmpty(t, account.fills(), "it has traded on paper")
		var acts int
		for _, e := range account.entries {
			if _, ok := e.Event.(journal.Acted); ok {
				acts++
			}
		}
		require.Equal(t, len(refused), acts)

		code, _, log = runAt(t.Context(), venue.Dial, "--paper", "--duration", "1s", "--listen", "off", "--db", db)
		require.Equal(t, exitFailure, code)
		require.Contains(t, log, "--shadow", "its database is no other's on paper")
	})
}

func TestShadowGoesWithAVenueThatHasAnAccount(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--paper --shadow":                "--shadow goes with a --venue that has a name: it is of the account there",
		"--venue http://a --shadow":       "--shadow goes with a --venue that has a name: it is of the account there",
		"--venue binance --live --shadow": "--shadow and --live contradict each other: a shadow sends nothing",
		"--venue binance --shadow --differences adopt --cash 1 --interval 1m --order-size 1": "--differences goes with --venue: a paper account is the journal's",
	} {
		_, err := parseConfig(strings.Fields(args), environ(venueKeyVariable, "k", venueSecretVariable, "s"))
		require.EqualError(t, err, want, args)
	}
}

// Whatever is built on it, a shadow's way to the venue lets nothing pass that could change something there.
func TestShadowLetsNothingPassButQuestions(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.Method) }))
	defer server.Close()
	c := newConfig()
	c.shadow = true
	client := &http.Client{Transport: c.transport()}
	defer client.CloseIdleConnections()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
		require.NoError(t, err)
		_, err = client.Do(r) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, errSends)
	}
	answer, err := client.Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, []string{http.MethodGet}, asked)
}

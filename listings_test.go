package vigil_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// relisting is a venue that changes what it trades.
type relisting struct {
	*tradingtest.Venue

	mu   sync.Mutex // guards all below
	list []trading.Instrument
	err  error
	asks int
}

func (r *relisting) Instruments(context.Context) ([]trading.Instrument, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asks++
	return r.list, r.err
}

func (r *relisting) set(err error, list ...trading.Instrument) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list, r.err = list, err
}

func (r *relisting) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asks
}

func listed(symbol, tick string) trading.Instrument {
	return trading.Instrument{Symbol: symbol, Tick: number(tick), Step: number("0.001")}
}

// atVenue is a Config whose instruments the venue says.
func atVenue(t *testing.T) (vigil.Config, *relisting) {
	cfg := onPaper(t)
	cfg.Paper, cfg.Instruments, cfg.Capital = nil, nil, number("100000")
	cfg.Symbols = []string{bitcoin, ether}
	cfg.Size, cfg.Risk = size.FixedNotional{Amount: number("1000")}, risk.NoLimits()
	cfg.Store = newDisk()
	venue := &relisting{Venue: tradingtest.NewVenue(realClock{}, trading.Traits{})}
	venue.SetPrice(bitcoin, number("60000"))
	venue.SetPrice(ether, number("3000"))
	venue.set(nil, listed(bitcoin, "0.01"), listed(ether, "0.01"))
	cfg.Broker = venue
	return cfg, venue
}

// raisedAbout has the conditions whose key begins so.
func raisedAbout(trader *vigil.Trader, key string) (found []health.Raised) {
	for _, part := range trader.Registry().Report().Parts {
		for _, c := range part.Conditions {
			if strings.HasPrefix(c.Key, key) {
				found = append(found, c)
			}
		}
	}
	return found
}

func TestListingsThatChangeAreTakenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, venue := atVenue(t)
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			require.Equal(t, "tick 0.01, step 0.001, smallest quantity 0, smallest notional 0", settingOf(t, cfg, "instrument/"+bitcoin))
			held := len(trader.Status().Trading.Positions)
			require.Positive(t, held)
			venue.set(nil, listed(bitcoin, "0.5"), listed(ether, "0.01"), listed("NEW/USDT", "1"))
			time.Sleep(time.Hour)
			synctest.Wait()
			require.Equal(t, "tick 0.5, step 0.001, smallest quantity 0, smallest notional 0", settingOf(t, cfg, "instrument/"+bitcoin))
			require.Empty(t, settingOf(t, cfg, "instrument/NEW/USDT"), "it is not traded")
			require.EqualError(t, trader.SetSymbols(t.Context(), []string{"OLD/USDT"}, "ann"),
				`vigil: symbol "OLD/USDT" is none of the Instruments: its signals could not be traded`)
			s := trader.Status()
			require.True(t, s.Trading.Reconciled)
			require.Len(t, s.Trading.Positions, held, "of the same account")
			require.Zero(t, s.Restarts, "nothing has failed")
			before := venue.asked()
			time.Sleep(3 * time.Hour)
			require.LessOrEqual(t, venue.asked()-before, 4, "it does not begin anew without a reason")
		})
	})
}

// settingOf is what the journal has of a setting.
func settingOf(t *testing.T, cfg vigil.Config, name string) (value string) {
	t.Helper()
	entries, err := cfg.Store.(*disk).journal.Read(t.Context(), 0, 100_000)
	require.NoError(t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(journal.SettingsChanged); ok {
			for _, c := range e.Changes {
				if c.Name == name {
					value = c.To
				}
			}
		}
	}
	return value
}

func TestListingsWithoutASymbolKeepItFromBeingOpened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, venue := atVenue(t)
		venue.set(nil, listed(bitcoin, "0.01"))
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			raised := raisedAbout(trader, "unlisted/")
			require.Len(t, raised, 1)
			require.Equal(t, "ETH/USDT is not traded at the venue any more: nothing is opened on it", raised[0].Text)
			require.True(t, raised[0].Person)
			for _, p := range trader.Status().Trading.Positions {
				require.Equal(t, bitcoin, p.Symbol)
			}
			venue.set(nil, listed(bitcoin, "0.01"), listed(ether, "0.01"))
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			require.Empty(t, raisedAbout(trader, "unlisted/"), "it is back")
			require.Len(t, trader.Status().Trading.Positions, 2, "and is traded, though trading began without it")
		})
	})
}

func TestListingsThatLoseWhatIsHeldAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, venue := atVenue(t)
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			require.Len(t, trader.Status().Trading.Positions, 2)
			venue.set(errors.New("maintenance"))
			time.Sleep(90 * time.Minute)
			require.Empty(t, raisedAbout(trader, "unlisted/"), "that it does not answer says nothing of the instruments")
			venue.set(nil)
			time.Sleep(2 * time.Minute)
			require.Empty(t, raisedAbout(trader, "unlisted/"), "nor does an empty list")
			venue.set(nil, listed(bitcoin, "0.01"))
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			require.Len(t, raisedAbout(trader, "unlisted/"), 1)
			require.NoError(t, trader.Flatten(t.Context(), ether, "ann"))
			for range 30 {
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Len(t, trader.Status().Trading.Positions, 1, "what is held was closed, and is not opened again")
			}
		})
	})
}

func TestListingsDoNotOverruleTheConfiguration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, venue := atVenue(t)
		cfg.Instruments = []trading.Instrument{listed(bitcoin, "0.01"), listed(ether, "0.01")}
		venue.set(nil, listed(bitcoin, "0.010"), listed(ether, "0.05"))
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			raised := raisedAbout(trader, "terms/")
			require.Len(t, raised, 1)
			require.Equal(t, "ETH/USDT is configured with tick 0.01, step 0.001, smallest quantity 0, smallest notional 0, "+
				"and the venue has tick 0.05, step 0.001, smallest quantity 0, smallest notional 0", raised[0].Text)
			require.Empty(t, settingOf(t, cfg, "instrument/"+ether))
		})
	})
}

// bull is a strategy that is always for going long.
type bull struct{}

func (bull) Warmup() int { return 0 }

func (bull) OnBar(signal.Bar) (signal.Signal, bool) {
	return signal.Signal{Direction: signal.Long, Confidence: 1}, true
}

// ends is a listed instrument whose end the venue has announced.
func ends(symbol string, at time.Time) trading.Instrument {
	i := listed(symbol, "0.01")
	i.Delisted = at
	return i
}

func TestListingsThatEndAreClosedInTimeAndNotOpenedAgain(t *testing.T) {
	t.Parallel()
	for name, fixed := range map[string]bool{"as the venue lists them": false, "as configured": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, venue := atVenue(t)
				cfg.Engine.CloseDelisted = 20 * time.Minute
				cfg.Strategies = []signal.Spec{{Name: "bull", New: func() signal.Strategy { return bull{} }}}
				if fixed {
					cfg.Instruments = []trading.Instrument{listed(bitcoin, "0.01"), listed(ether, "0.01")}
				}
				end := time.Now().Add(40 * time.Minute).UTC()
				serve(t, build(t, cfg), 10*time.Minute, func() {})
				venue.set(nil, listed(bitcoin, "0.01"), ends(ether, end))
				trader := build(t, cfg) // Across a restart, in which the venue has announced it.
				serve(t, trader, time.Minute, func() {
					require.Len(t, trader.Status().Trading.Positions, 2, "it is held until its time comes")
					raised := raisedAbout(trader, "delisted/"+ether)
					require.Len(t, raised, 1)
					require.True(t, raised[0].Person)
					require.Empty(t, raisedAbout(trader, "unlisted/"))
				})
				trader = build(t, cfg)
				serve(t, trader, time.Until(end)-20*time.Minute+5*time.Second, func() {
					require.Equal(t, "the policy for what is delisted", closedBy(t, cfg, ether))
					for range 25 {
						require.Len(t, trader.Status().Trading.Positions, 1, "it is closed, and not opened again")
						time.Sleep(time.Minute)
					}
					venue.set(nil, listed(bitcoin, "0.01"))
					time.Sleep(3 * time.Hour)
					require.Len(t, trader.Status().Trading.Positions, 1)
					require.Len(t, raisedAbout(trader, "unlisted/"+ether), 1)
				})
			})
		})
	}
}

// closedBy is on whose word a position was closed last.
func closedBy(t *testing.T, cfg vigil.Config, symbol string) (by string) {
	t.Helper()
	entries, err := cfg.Store.(*disk).journal.Read(t.Context(), 0, 100_000)
	require.NoError(t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(journal.CloseAsked); ok && e.Symbol == symbol {
			by = e.By
		}
	}
	return by
}

func TestListingsWhoseEndIsTakenBackAreTradedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, venue := atVenue(t)
		cfg.Strategies = []signal.Spec{{Name: "bull", New: func() signal.Strategy { return bull{} }}}
		venue.set(nil, listed(bitcoin, "0.01"), ends(ether, time.Now().Add(12*time.Hour)))
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			require.Len(t, trader.Status().Trading.Positions, 1)
			require.Contains(t, settingOf(t, cfg, "instrument/"+ether), ", traded until ")
			venue.set(nil, listed(bitcoin, "0.01"), listed(ether, "0.01"))
			asks := venue.asked()
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			require.Len(t, trader.Status().Trading.Positions, 2)
			require.Empty(t, raisedAbout(trader, "delisted/"))
			require.LessOrEqual(t, venue.asked()-asks, 4, "it does not begin anew without a reason")
		})
	})
}

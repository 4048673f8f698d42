package vigil_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// A bar that is pushed is taken up at once wherever it goes through: a paper account, the prices of a venue that has none,
// exits that look at bars.
func TestTraderTakesUpABarWhenItIsPushed(t *testing.T) {
	t.Parallel()
	for name, through := range map[string]func(cfg *vigil.Config){
		"paper": func(*vigil.Config) {},
		"exits": func(cfg *vigil.Config) {
			cfg.Exits = []trading.Exit{exit.Trailing{Part: number("0.1")}}
		},
		"venue": func(cfg *vigil.Config) {
			cfg.Broker = priceless{tradingtest.NewVenue(realClock{}, trading.Traits{})}
			cfg.Paper, cfg.Capital, cfg.Store, cfg.Manual = nil, number("1000"), newDisk(), true
			cfg.Size, cfg.Risk = size.FixedNotional{Amount: number("10")}, risk.NoLimits()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tape, err := feed.NewTape(100)
				require.NoError(t, err)
				cfg := onPaper(t)
				cfg.Source, cfg.Interval, cfg.Symbols, cfg.Paper = tape, time.Minute, []string{bitcoin}, &paper.Config{}
				through(&cfg)
				seen := make(chan time.Time, 100)
				cfg.Strategies = []signal.Spec{{Name: "seen", New: func() signal.Strategy { return sees{seen} }}}
				push := func() {
					require.NoError(t, tape.Push(signal.Bar{
						Symbol: bitcoin, Time: time.Now().Add(-time.Minute), Interval: time.Minute,
						Open: 100, High: 100, Low: 100, Close: 100, Volume: 1,
					}))
				}
				push()
				trader := build(t, cfg)
				serve(t, trader, time.Minute, func() {
					for len(seen) > 0 {
						<-seen
					}
					push()
					pushed := time.Now()
					require.LessOrEqual(t, (<-seen).Sub(pushed), 100*time.Millisecond)
				})
			})
		})
	}
}

// sees is a Strategy that tells when it got a bar.
type sees struct{ at chan<- time.Time }

func (sees) Warmup() int { return 0 }

func (s sees) OnBar(signal.Bar) (signal.Signal, bool) {
	s.at <- time.Now()
	return signal.Signal{}, false
}

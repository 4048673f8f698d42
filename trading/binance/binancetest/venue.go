package binancetest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/memnet"
)

// Key and Secret are what a venue knows its client by, where Config names no others.
const (
	Key    = "binancetest-key"
	Secret = "binancetest-secret"
)

// Config describes a venue. Its zero value is a venue with LiveSymbols and 10,000 USDT, at the time of the computer.
type Config struct {
	Clock Clock     // what the venue waits by; nil means the computer's
	Start time.Time // the venue's time when it is made; zero means that of Clock
	Scale float64   // how many seconds pass at the venue in one of Clock; 0 means 1. The log tells it.

	Symbols  []Symbol                   // nil means LiveSymbols
	Balances map[string]decimal.Decimal // the wallets at the start, by asset; nil means 10,000 USDT
	Leverage int                        // of each symbol until the client sets it; 0 means 20
	Maker    decimal.Decimal            // the fee of what rested, in parts of the worth; zero means 0.0002
	Taker    decimal.Decimal            // the fee of the rest; zero means 0.0005
	// FeesInBNB takes fees from the wallet in BNB, a tenth cheaper, as long as that has enough.
	FeesInBNB bool

	Key, Secret string // what requests are signed with; "" means the constants
	// Rights is what GET /sapi/v1/account/apiRestrictions tells; nil means that the key trades futures from one address,
	// and can withdraw nothing.
	Rights map[string]bool

	Weight       int           // the most weight of a minute; 0 means 2400
	OrdersMinute int           // the most orders of a minute; 0 means 1200
	OrdersTenth  int           // the most orders of 10 s; 0 means 300
	BannedAfter  int           // so many refusals with 429 within a minute ban the address with 418; 0 means 10
	BanFor       time.Duration // how long; 0 means 2 min

	// BornID is the client id of an order that a conditional one gives birth to. The venue's pages do not say which it
	// has; nil means that of the conditional one.
	BornID func(algo string) string
	Logger *slog.Logger // nil means slog.Default
}

// Demo is the Config of a venue that is like the demo host: DemoSymbols, and 6000 of weight a minute.
func Demo() Config { return Config{Symbols: DemoSymbols(), Weight: 6000} }

func (c Config) withDefaults() Config {
	if c.Symbols == nil {
		c.Symbols = LiveSymbols()
	}
	if c.Balances == nil {
		c.Balances = map[string]decimal.Decimal{"USDT": decimal.NewFromInt(10000)}
	}
	if c.Rights == nil {
		c.Rights = map[string]bool{"ipRestrict": true, "enableReading": true, "enableFutures": true}
	}
	if c.Maker.IsZero() {
		c.Maker = dec("0.0002")
	}
	if c.Taker.IsZero() {
		c.Taker = dec("0.0005")
	}
	if c.BornID == nil {
		c.BornID = func(algo string) string { return algo }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Key, c.Secret = cmp.Or(c.Key, Key), cmp.Or(c.Secret, Secret)
	c.Scale, c.Leverage, c.Weight = cmp.Or(c.Scale, 1), cmp.Or(c.Leverage, 20), cmp.Or(c.Weight, 2400)
	c.OrdersMinute, c.OrdersTenth = cmp.Or(c.OrdersMinute, 1200), cmp.Or(c.OrdersTenth, 300)
	c.BannedAfter, c.BanFor = cmp.Or(c.BannedAfter, 10), cmp.Or(c.BanFor, 2*time.Minute)
	return c
}

// Venue is a Binance USD-M futures venue in this process: an http.Handler for REST and streams. All of its methods may be
// called at any time by any goroutine.
type Venue struct {
	cfg    Config
	clock  *venueClock
	routes http.Handler
	wire   *memnet.Net

	mu     sync.Mutex // guards all below
	engine *engine
	limits *limits
	faults faults
	keys   map[string]time.Time // listenKeys, and until when they live
	denied bool                 // the key is
	skew   time.Duration        // what the venue's clock is ahead of its time
	hub    *hub
	seen   []Request
	wake   chan struct{}
}

// check panics at a Config that no venue can be made of: that is a bug of the test.
func (c Config) check() {
	if len(c.Symbols) == 0 {
		panic("binancetest: Config.Symbols has none: leave it nil for LiveSymbols")
	}
	for _, s := range c.Symbols {
		sized := s.Price.IsPositive() && s.Tick.IsPositive() && s.Step.IsPositive()
		if s.Name == "" || s.Quote == "" || !sized || len(s.Brackets) == 0 {
			panic(fmt.Sprintf("binancetest: Config.Symbols: %q needs Name, Quote, Price, Tick, Step and Brackets, as "+
				"LiveSymbols have", s.Name))
		}
	}
	if c.Scale < 0 {
		panic(fmt.Sprintf("binancetest: Config.Scale is %v: time does not run backwards", c.Scale))
	}
}

// New makes a venue and starts nothing: Serve has time pass at it without a request. It panics at a Config that no venue
// can be made of.
func New(cfg Config) *Venue {
	cfg = cfg.withDefaults()
	cfg.check()
	v := &Venue{
		cfg: cfg, clock: newVenueClock(cfg.Clock, cfg.Start, cfg.Scale), keys: map[string]time.Time{},
		limits: newLimits(cfg), wake: make(chan struct{}, 1), wire: memnet.New("binancetest"),
	}
	v.engine = newEngine(cfg, v.clock.Now())
	v.hub = newHub(v)
	v.engine.user, v.engine.feed, v.engine.watched = v.hub.user, v.hub.feed, v.hub.watched
	v.routes = v.mux()
	cfg.Logger.Info("binancetest: a fake of Binance USD-M futures", "scale", cfg.Scale, "time", v.clock.Now().UTC())
	return v
}

// ServeHTTP answers for REST (fapi.binance.com and the one path of api.binance.com) and for streams
// (fstream.binance.com): the paths tell them apart.
func (v *Venue) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.routes.ServeHTTP(w, r) }

// Now is the time at the venue, which GET /fapi/v1/time tells. With a Scale, or a Start of its own, a client needs it
// for its timestamps.
func (v *Venue) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.nowLocked()
}

func (v *Venue) nowLocked() time.Time { return v.clock.Now().Add(v.skew) }

// Clock runs at the venue's pace and time, ShiftClock apart: for a client in this process, whose timestamps the venue would
// refuse by another where there is a Scale or a Start.
func (v *Venue) Clock() Clock { return v.clock }

// Scale is how many seconds pass at the venue in one of its Clock.
func (v *Venue) Scale() float64 { return v.cfg.Scale }

// Serve does what is due without a request: bars that close, funding, countdowns, listenKeys and connections that end.
// It returns when ctx ends.
func (v *Venue) Serve(ctx context.Context) error {
	for {
		v.mu.Lock()
		v.advanceLocked()
		wait := v.dueLocked().Sub(v.nowLocked())
		v.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.wake:
		case <-v.clock.After(wait):
		}
	}
}

// advanceLocked brings everything to the present.
func (v *Venue) advanceLocked() {
	now := v.nowLocked()
	v.engine.advance(now)
	v.expireKeys(now)
	v.hub.cutOld(now)
}

func (v *Venue) dueLocked() time.Time {
	due := v.engine.due()
	for _, until := range v.keys {
		if until.Before(due) {
			due = until
		}
	}
	if cut := v.hub.nextCut(); !cut.IsZero() && cut.Before(due) {
		due = cut
	}
	return due
}

// do runs an act of the test at the present time.
func (v *Venue) do(act func(e *engine)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.advanceLocked()
	act(v.engine)
	v.wakeLocked()
}

func (v *Venue) wakeLocked() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

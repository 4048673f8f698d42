package alpacatest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/memnet"
)

// The key that the venue knows.
const (
	Key    = "alpacatest-key"
	Secret = "alpacatest-secret"
)

// Asset is a share that is listed.
type Asset struct {
	Symbol    string
	Price     decimal.Decimal // where it begins
	Shortable bool
	Halted    bool // listed and not tradable
}

// Config describes a venue. The zero value lists AAPL at 200, which can be sold short, and has 100,000 in cash.
type Config struct {
	Assets []Asset
	Cash   decimal.Decimal
	Start  time.Time        // the venue's time when it is made; zero means the machine's
	Scale  float64          // how many seconds pass at the venue in one of the machine; 0 means 1. The log tells it.
	Now    func() time.Time // the test's own time, in place of Start and Scale; nil means none
	Logger *slog.Logger     // nil means slog.Default()

	// Holidays are days without trading, such as 2026-12-11, and EarlyCloses days that end at 13:00, besides those that the
	// exchange has in 2025 to 2027.
	Holidays, EarlyCloses []string
	// PerMinute is the most requests of a minute; what is above is answered with 429. 0 means that there is no limit.
	PerMinute int
	SIP       bool // the account pays for the data of all exchanges: more symbols, and the feed sip
}

// Venue is the fake. It is safe for concurrent use.
type Venue struct {
	cfg     Config
	newYork *time.Location
	clock   *venueClock
	wire    *memnet.Net

	handling sync.WaitGroup // requests

	mu         sync.Mutex // guards all below
	numbers    int64
	assets     map[string]*Asset
	orders     []*order // in the order in which they came
	held       map[string]decimal.Decimal
	cash       decimal.Decimal
	activities []activity
	faults     []*Fault
	sticky     bool
	denied     bool // the key is
	blocked    string
	tapes      map[string]*tape
	sinks      []*sink
	mute       bool
	repeat     int    // messages that are sent twice
	swap       int    // pairs of messages that change places
	swapped    func() // the first of a pair
	dialed     int
	requests   []Request
}

// New returns a venue.
func New(cfg Config) *Venue {
	if cfg.Scale < 0 {
		panic(fmt.Sprintf("alpacatest: Config.Scale is %v: time does not run backwards", cfg.Scale))
	}
	cfg.Scale, cfg.Logger = cmp.Or(cfg.Scale, 1), cmp.Or(cfg.Logger, slog.Default())
	if len(cfg.Assets) == 0 {
		cfg.Assets = []Asset{{Symbol: "AAPL", Price: decimal.NewFromInt(200), Shortable: true}}
	}
	if cfg.Cash.IsZero() {
		cfg.Cash = decimal.NewFromInt(100_000)
	}
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic("alpacatest: the venue's hours are New York's, and no time zones are here: import time/tzdata: " + err.Error())
	}
	v := &Venue{
		cfg: cfg, newYork: newYork, assets: make(map[string]*Asset), held: make(map[string]decimal.Decimal), cash: cfg.Cash,
		tapes: make(map[string]*tape), clock: newVenueClock(cfg), wire: memnet.New("alpacatest"),
	}
	for _, a := range cfg.Assets {
		v.assets[a.Symbol], v.tapes[a.Symbol] = &a, &tape{}
	}
	cfg.Logger.Info("alpacatest: a fake of Alpaca", "scale", cfg.Scale, "time", v.Now().UTC())
	return v
}

// Now is the time at the venue.
func (v *Venue) Now() time.Time { return v.clock.Now() }

// After waits for a time of the venue's. With Now it is a clock for a client in this process.
func (v *Venue) After(d time.Duration) <-chan time.Time { return v.clock.After(d) }

// Serve does what is due without a request: bars and days that end, orders that have waited for the opening. It returns when
// ctx ends.
func (v *Venue) Serve(ctx context.Context) error {
	for {
		v.mu.Lock()
		v.goOnLocked()
		now := v.Now()
		v.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.clock.After(now.Truncate(time.Minute).Add(time.Minute).Sub(now)):
		}
	}
}

// Move has others trade at a price, and fills what has waited for it.
func (v *Venue) Move(symbol string, price decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closeBarsLocked(v.Now())
	v.assets[symbol].Price = price
	v.tapeLocked(symbol).print(v.Now(), price, othersTrade)
	v.goOnLocked()
}

// Fill fills a part of an open order by hand.
func (v *Venue) Fill(clientID string, quantity, price decimal.Decimal) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range v.orders {
		if o.ClientID == clientID && !o.done() {
			v.fillLocked(o, decimal.Min(quantity, o.left()), price)
			return nil
		}
	}
	return fmt.Errorf("alpacatest: no order %q is open", clientID)
}

// StickCancels has cancels stay pending, or lets those that are pending come to their end.
func (v *Venue) StickCancels(stick bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stickLocked(stick)
}

func (v *Venue) stickLocked(stick bool) {
	v.sticky = stick
	for _, o := range v.orders {
		if !stick && o.Status == "pending_cancel" {
			v.becomeLocked(o, "canceled")
		}
	}
}

// Block sets one of the account's flags, such as trading_blocked; "" takes it back.
func (v *Venue) Block(flag string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.blocked = flag
}

// Book books an activity that moves cash, such as a FEE of -0.02 for a trade of yesterday.
func (v *Venue) Book(kind string, amount decimal.Decimal, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cash = v.cash.Add(amount)
	at = at.UTC().Truncate(24 * time.Hour)
	v.activities = append(v.activities, activity{
		ID: v.activityIDLocked(at), Kind: kind, at: at, NetAmount: &amount, Date: at.Format(time.DateOnly),
	})
}

// Held is what the account has of an asset.
func (v *Venue) Held(symbol string) decimal.Decimal {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.held[symbol]
}

// Orders is how many orders the venue has taken.
func (v *Venue) Orders() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.orders)
}

func (v *Venue) idLocked() string {
	v.numbers++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", v.numbers, v.numbers)
}

func (v *Venue) activityIDLocked(at time.Time) string {
	digits := at.UTC().Format("20060102150405.000")
	return digits[:14] + digits[15:] + "::" + v.idLocked()
}

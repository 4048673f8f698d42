package alpacatest

import (
	"fmt"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
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
	Assets   []Asset
	Cash     decimal.Decimal
	Now      func() time.Time // nil means the machine's
	Holidays []string         // days without trading, such as 2026-12-25
}

// Venue is the fake. It is safe for concurrent use.
type Venue struct {
	cfg     Config
	newYork *time.Location

	mu         sync.Mutex // guards all below
	numbers    int64
	assets     map[string]*Asset
	orders     []*order // in the order in which they came
	held       map[string]decimal.Decimal
	cash       decimal.Decimal
	activities []activity
	faults     []*Fault
	sticky     bool
	blocked    string
	listeners  map[*listener]bool
	mute       bool
	dialed     int
}

// New returns a venue.
func New(cfg Config) *Venue {
	if cfg.Now == nil {
		cfg.Now = clock.New().Now
	}
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
		listeners: make(map[*listener]bool),
	}
	for _, a := range cfg.Assets {
		v.assets[a.Symbol] = &a
	}
	return v
}

// Now is the time at the venue.
func (v *Venue) Now() time.Time { return v.cfg.Now() }

// Move sets a price, and fills what has waited for it.
func (v *Venue) Move(symbol string, price decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.assets[symbol].Price = price
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

// hours are when trading opens and closes on the day of a time; false on a day without.
func (v *Venue) hours(t time.Time) (opens, closes time.Time, ok bool) {
	t = t.In(v.newYork)
	at := func(hour, minute int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, v.newYork)
	}
	ok = t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
	for _, day := range v.cfg.Holidays {
		ok = ok && day != t.Format(time.DateOnly)
	}
	return at(9, 30), at(16, 0), ok
}

func (v *Venue) isOpen(t time.Time) bool {
	opens, closes, ok := v.hours(t)
	return ok && !t.Before(opens) && t.Before(closes)
}

// next are the next opening and the next close after a time.
func (v *Venue) next(t time.Time) (open, closing time.Time) {
	for day := range 30 {
		opens, closes, ok := v.hours(t.In(v.newYork).AddDate(0, 0, day))
		if ok && open.IsZero() && opens.After(t) {
			open = opens
		}
		if ok && closing.IsZero() && closes.After(t) {
			closing = closes
		}
	}
	return open, closing
}

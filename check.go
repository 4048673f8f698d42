package vigil

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func (c *Config) checkSignals() error {
	switch {
	case c.Source == nil:
		return errors.New("Config.Source is nil: it says where the bars come from")
	case len(c.Strategies) == 0:
		return errors.New("Config.Strategies is empty: it says what makes signals of the bars")
	case c.Interval <= 0:
		return fmt.Errorf("Config.Interval %s is not above zero: it is that of the bars", c.Interval)
	case len(c.Symbols) == 0:
		return errors.New("Config.Symbols is empty, and so are the Instruments: they say what to generate signals for")
	}
	if err := assemble.CheckShares(c.Shares, c.Strategies); err != nil {
		return fmt.Errorf("Config.Shares: %w", err)
	}
	return nil
}

func (c *Config) checkAccount() error {
	switch {
	case c.Paper != nil && c.Broker != nil:
		return errors.New("Config.Paper and Config.Broker are both set: an account is on paper or at a venue")
	case c.Paper == nil && c.Broker == nil:
		return nil
	case len(c.Instruments) == 0 && !c.brokerLists():
		return errors.New("Config.Instruments is empty: it says what can be traded, and in which steps")
	case c.Broker != nil && c.Size == nil:
		return errors.New("Config.Size is nil: with a Broker it has no default")
	case c.Broker != nil && c.Risk == nil:
		return errors.New("Config.Risk is nil: with a Broker it has no default; risk.NoLimits() says that there are none")
	case c.Broker != nil && !c.Capital.IsPositive():
		return fmt.Errorf("Config.Capital %s is not above zero: it is what the account held when its journal began", c.Capital)
	case c.Broker == nil && !c.Capital.IsZero():
		return errors.New("Config.Capital is set without a Broker: a paper account begins with Config.Paper.Cash")
	}
	if len(c.Instruments) == 0 {
		return nil
	}
	if err := tradable(c.Instruments, c.Symbols); err != nil {
		return err
	}
	// The account is built here once, so that what is wrong is said before anything runs.
	_, err := assemble.Trading((&Trader{cfg: *c, store: c.Store}).parts(), journal.NewMemory())
	return err
}

// brokerLists reports whether the Broker can say what can be traded.
func (c *Config) brokerLists() bool {
	_, ok := c.Broker.(trading.InstrumentLister)
	return ok
}

// tradable refuses symbols that are none of the instruments.
func tradable(instruments []trading.Instrument, symbols []string) error {
	for _, symbol := range symbols {
		if !slices.ContainsFunc(instruments, func(i trading.Instrument) bool { return i.Symbol == symbol }) {
			return fmt.Errorf("symbol %q is none of the Instruments: its signals could not be traded", symbol)
		}
	}
	return nil
}

// checkOwn refuses what Config itself says, and a clock of a part's own.
func (c *Config) checkOwn() error {
	for _, own := range []struct {
		part   string
		config any
		fields []string
	}{
		{"Generator", c.Generator, []string{
			"Source", "Specs", "Store", "Symbols", "Interval", "MinConfidence", "Hours", "States", "Clock", "Logger",
		}},
		{"Engine", c.Engine, []string{
			"Signals", "Journal", "Broker", "Instruments", "Size", "Risk", "Capital", "Ticket", "Exits", "Bars", "Allow",
			"AutoExecute", "Clock", "Logger", "Hours", "Shares",
		}},
	} {
		value := reflect.ValueOf(own.config)
		for _, field := range own.fields {
			if !value.FieldByName(field).IsZero() {
				return fmt.Errorf("Config.%s.%s is set: the Trader sets it, see the fields of Config", own.part, field)
			}
		}
	}
	if err := c.checkClocks(); err != nil {
		return err
	}
	if c.Paper != nil && (c.Paper.Clock != nil || c.Paper.Instruments != nil) {
		return errors.New("Config.Paper has a Clock or Instruments of its own: all parts share one")
	}
	return nil
}

// clocksApart is how much two clocks may differ that are meant to be one.
const clocksApart = time.Minute

// checkClocks refuses a Registry or a Source that lives on another clock: what it says of time would mean something else.
func (c *Config) checkClocks() error {
	now := c.Clock.Now()
	times := map[string]time.Time{"Registry": c.Registry.Report().At}
	if source, ok := c.Source.(interface{ Now() time.Time }); ok {
		times["Source"] = source.Now()
	}
	for part, at := range times {
		if at.Sub(now).Abs() > clocksApart {
			return fmt.Errorf("Config.%s lives on another clock: it says %s, and Config.Clock %s",
				part, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// seconds is a time span as operators write it: 60, 60s, 5m.
type seconds struct{ d *time.Duration }

func (s seconds) String() string {
	if s.d == nil || *s.d == 0 {
		return ""
	}
	return s.d.String()
}

func (s seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		var n uint64
		if n, err = strconv.ParseUint(text, 10, 32); err != nil {
			return errors.New("want a number of seconds, or a span such as 60s or 5m")
		}
		d = time.Duration(n) * time.Second
	}
	if d <= 0 {
		return errors.New("must be above zero")
	}
	*s.d = d
	return nil
}

// symbolList is a comma-separated list of symbols.
type symbolList []string

func (l *symbolList) String() string { return strings.Join(*l, ",") }

func (l *symbolList) Set(text string) error {
	var symbols []string
	seen := make(map[string]bool)
	for symbol := range strings.SplitSeq(text, ",") {
		symbol = strings.TrimSpace(symbol)
		if _, err := signal.ParseSymbol(symbol); err != nil {
			return err
		}
		if seen[symbol] {
			return fmt.Errorf("%s is there twice", symbol)
		}
		seen[symbol] = true
		symbols = append(symbols, symbol)
	}
	*l = symbols
	return nil
}

// fraction is a number from 0 to 1.
type fraction struct{ f *float64 }

func (f fraction) String() string {
	if f.f == nil {
		return ""
	}
	return strconv.FormatFloat(*f.f, 'g', -1, 64)
}

func (f fraction) Set(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= 1) {
		return errors.New("want a number from 0 to 1")
	}
	*f.f = n
	return nil
}

// speed is how fast a replay runs: 1x, 10x, 0.
type speed struct{ f *float64 }

func (s speed) String() string {
	if s.f == nil {
		return ""
	}
	return strconv.FormatFloat(*s.f, 'g', -1, 64) + "x"
}

func (s speed) Set(text string) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 1) {
		return errors.New("want a number of at least 0, such as 1x, 60 or 0")
	}
	*s.f = n
	return nil
}

// seedValue is a seed.
type seedValue struct{ n *uint64 }

func (s seedValue) String() string {
	if s.n == nil {
		return ""
	}
	return strconv.FormatUint(*s.n, 10)
}

func (s seedValue) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("want a whole number of at least 0")
	}
	*s.n = n
	return nil
}

// money is an exact amount or fraction, not below zero.
type money struct{ d *decimal.Decimal }

func (m money) String() string {
	if m.d == nil {
		return ""
	}
	return m.d.String()
}

func (m money) Set(text string) error {
	if len(text) > 32 {
		return errors.New("too long for a number")
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.IsNegative() || d.Exponent() > 18 || d.Exponent() < -18 {
		return errors.New("want a decimal number of at least 0")
	}
	*m.d = d
	return nil
}

// chaosTarget is what --chaos breaks. As a flag without a value it means the signals.
type chaosTarget string

const (
	chaosSignals chaosTarget = "signals"
	chaosTrading chaosTarget = "trading"
)

func (c *chaosTarget) String() string   { return string(*c) }
func (c *chaosTarget) IsBoolFlag() bool { return true }

func (c *chaosTarget) Set(text string) error {
	switch text {
	case "true", "signals":
		*c = chaosSignals
	case "trading":
		*c = chaosTrading
	case "false":
		*c = ""
	default:
		return errors.New("want signals or trading")
	}
	return nil
}

// badBars is what to do about a bar that cannot be.
type badBars struct{ p *candle.Policy }

func (b badBars) String() string {
	if b.p != nil && *b.p == candle.Skip {
		return "skip"
	}
	return "refuse"
}

func (b badBars) Set(text string) error {
	switch text {
	case "refuse":
		*b.p = candle.Refuse
	case "skip":
		*b.p = candle.Skip
	default:
		return errors.New("want refuse or skip")
	}
	return nil
}

// stopPolicy is what becomes of open orders at the end.
type stopPolicy struct{ p *engine.StopPolicy }

func (s stopPolicy) String() string {
	if s.p == nil {
		return ""
	}
	return string(*s.p)
}

func (s stopPolicy) Set(text string) error {
	switch p := engine.StopPolicy(text); p {
	case engine.LeaveOrders, engine.CancelOrders, engine.FlattenAll:
		*s.p = p
		return nil
	}
	return errors.New("want leave, cancel or flatten")
}

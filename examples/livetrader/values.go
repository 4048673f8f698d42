package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// kind is how settings of one type are read and shown.
type kind[T any] struct {
	read     func(text string) (T, error)
	show     func(T) string
	isToggle bool // a flag of it may stand alone, which reads as "true"
}

// flagValue is a flag.Value that sets a field.
type flagValue[T any] struct {
	field *T
	kind  kind[T]
}

func (v flagValue[T]) IsBoolFlag() bool { return v.kind.isToggle }

func (v flagValue[T]) String() string {
	if v.field == nil { // package flag asks a zero value
		return ""
	}
	return v.kind.show(*v.field)
}

func (v flagValue[T]) Set(text string) error {
	value, err := v.kind.read(text)
	if err != nil {
		return err
	}
	*v.field = value
	return nil
}

func asWritten(text string) (string, error) { return text, nil }

var (
	texts     = kind[string]{read: asWritten, show: func(text string) string { return text }}
	databases = kind[string]{read: asWritten, show: withoutPassword}
	toggles   = kind[bool]{read: readToggle, show: strconv.FormatBool, isToggle: true}
	wholes    = kind[int]{read: readWhole, show: strconv.Itoa}
	counts    = kind[int]{read: readCount, show: strconv.Itoa}

	spans        = kind[time.Duration]{read: readSpan, show: time.Duration.String}
	addresses    = kind[[]string]{read: readAddresses, show: func(l []string) string { return strings.Join(l, " ") }}
	fieldLists   = kind[[]string]{read: readFields, show: func(l []string) string { return strings.Join(l, ",") }}
	renames      = kind[[]string]{read: readRenames, show: func(l []string) string { return strings.Join(l, ",") }}
	hostLists    = kind[[]string]{read: readHosts, show: func(l []string) string { return strings.Join(l, ",") }}
	weekHours    = kind[openHours]{read: readHours, show: func(h openHours) string { return h.text }}
	symbolLists  = kind[[]string]{read: readSymbols, show: func(l []string) string { return strings.Join(l, ",") }}
	fractions    = kind[float64]{read: readFraction, show: showFloat}
	speeds       = kind[float64]{read: readSpeed, show: func(f float64) string { return showFloat(f) + "x" }}
	seeds        = kind[uint64]{read: readSeed, show: func(n uint64) string { return strconv.FormatUint(n, 10) }}
	dates        = kind[time.Time]{read: readDate, show: showDate}
	sums         = kind[decimal.Decimal]{read: readSum, show: decimal.Decimal.String}
	parts        = kind[decimal.Decimal]{read: readPart, show: decimal.Decimal.String}
	amounts      = kind[decimal.Decimal]{read: readAmount, show: decimal.Decimal.String}
	limits       = kind[decimal.Decimal]{read: readLimit, show: showLimit}
	chaosTargets = kind[chaosTarget]{read: readChaos, show: func(c chaosTarget) string { return string(c) }, isToggle: true}
	badBars      = kind[candle.Policy]{read: readBadBars, show: showBadBars}
	stopPolicies = kind[engine.StopPolicy]{read: readStopPolicy, show: func(p engine.StopPolicy) string { return string(p) }}

	logLevels  = kind[slog.Level]{read: readLevel, show: func(l slog.Level) string { return strings.ToLower(l.String()) }}
	logFormats = kind[string]{read: readFormat, show: func(text string) string { return text }}

	orphanPolicies     = policies(engine.ReduceOrphans, engine.HandOver, engine.FlattenOrphans)
	differencePolicies = policies(
		engine.HaltOnDifference, engine.AdoptDifference, engine.CloseDifference, engine.IgnoreDifference)
	foreignPolicies = policies(engine.KeepForeign, engine.CancelForeign, engine.HaltOnForeign)
)

func readToggle(text string) (bool, error) {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("want true or false")
	}
	return on, nil
}

func readWhole(text string) (int, error) {
	n, err := strconv.ParseInt(text, 0, strconv.IntSize)
	if err != nil {
		return 0, errors.New("want a whole number of MiB, such as 256")
	}
	return int(n), nil
}

// readCount reads how many there may be.
func readCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errors.New("want a whole number, such as 10")
	}
	return int(n), nil
}

// readSpan reads a time span as operators write it: 60, 60s, 5m.
func readSpan(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		var n uint64
		if n, err = strconv.ParseUint(text, 10, 32); err != nil {
			return 0, errors.New("want a number of seconds, or a span such as 60s or 5m")
		}
		d = time.Duration(n) * time.Second
	}
	if d <= 0 {
		return 0, errors.New("must be above zero")
	}
	return d, nil
}

// readHosts reads the names of hosts as the console takes them.
func readHosts(text string) (hosts []string, err error) {
	for host := range strings.SplitSeq(text, ",") {
		hosts = append(hosts, strings.TrimSpace(host))
	}
	_, err = console.New(console.Config{Signals: signal.NewMemory(1), Hosts: hosts})
	return hosts, err
}

// isShare reports whether a symbol may be that of a share, such as AAPL or BRK.B: letters and digits without a currency.
func isShare(symbol string) bool {
	return symbol != "" && strings.IndexFunc(symbol, func(c rune) bool {
		return (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.'
	}) < 0
}

func readSymbols(text string) (symbols []string, err error) {
	seen := make(map[string]bool)
	for symbol := range strings.SplitSeq(text, ",") {
		symbol = strings.TrimSpace(symbol)
		if _, err := signal.ParseSymbol(symbol); err != nil && !isShare(symbol) {
			return nil, err
		}
		if seen[symbol] {
			return nil, fmt.Errorf("%s is there twice", symbol)
		}
		seen[symbol] = true
		symbols = append(symbols, symbol)
	}
	return symbols, nil
}

func showFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func readFraction(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= 1) {
		return 0, errors.New("want a number from 0 to 1")
	}
	return n, nil
}

// readSpeed reads how fast a replay runs: 1x, 10x, 0.
func readSpeed(text string) (float64, error) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 1) {
		return 0, errors.New("want a number of at least 0, such as 1x, 60 or 0")
	}
	return n, nil
}

func readSeed(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, errors.New("want a whole number of at least 0")
	}
	return n, nil
}

// readAmount reads an exact amount or fraction, not below zero.
func readAmount(text string) (decimal.Decimal, error) {
	if len(text) > 32 {
		return decimal.Zero, errors.New("too long for a number")
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.IsNegative() || d.Exponent() > 18 || d.Exponent() < -18 {
		return decimal.Zero, errors.New("want a decimal number of at least 0")
	}
	return d, nil
}

// readSum reads an amount above zero.
func readSum(text string) (decimal.Decimal, error) {
	d, err := readAmount(text)
	if err == nil && d.IsZero() {
		err = errors.New("must be above zero")
	}
	return d, err
}

// readPart reads how far from a price something is, or which part of it.
func readPart(text string) (decimal.Decimal, error) {
	d, err := readAmount(text)
	if err == nil && d.GreaterThanOrEqual(decimal.NewFromInt(1)) {
		err = errors.New("want a fraction from 0 to below 1, such as 0.02 for two percent")
	}
	return d, err
}

const unlimited = "unlimited"

// readLimit reads what nothing may exceed. Zero, which could mean nothing at all or no limit, is neither.
func readLimit(text string) (decimal.Decimal, error) {
	if text == unlimited {
		return risk.Unlimited, nil
	}
	d, err := readAmount(text)
	if err == nil && d.IsZero() {
		err = errors.New("want an amount above zero, or " + unlimited)
	}
	return d, err
}

func showLimit(d decimal.Decimal) string {
	if d.Equal(risk.Unlimited) {
		return unlimited
	}
	return d.String()
}

// chaosTarget is what --chaos breaks. As a flag without a value it means the signals.
type chaosTarget string

const (
	chaosSignals chaosTarget = "signals"
	chaosTrading chaosTarget = "trading"
	chaosFeed    chaosTarget = "feed"
)

func readChaos(text string) (chaosTarget, error) {
	switch text {
	case "true", "signals":
		return chaosSignals, nil
	case "trading":
		return chaosTrading, nil
	case "feed":
		return chaosFeed, nil
	case "false":
		return "", nil
	}
	return "", errors.New("want signals, trading or feed")
}

func showBadBars(p candle.Policy) string {
	if p == candle.Skip {
		return "skip"
	}
	return "refuse"
}

func readBadBars(text string) (candle.Policy, error) {
	switch text {
	case "refuse":
		return candle.Reject, nil
	case "skip":
		return candle.Skip, nil
	}
	return candle.Reject, errors.New("want refuse or skip")
}

func readStopPolicy(text string) (engine.StopPolicy, error) {
	switch p := engine.StopPolicy(text); p {
	case engine.LeaveOrders, engine.CancelOrders, engine.FlattenAll:
		return p, nil
	}
	return "", errors.New("want leave, cancel or flatten")
}

func readDate(text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return at, errors.New("want a date such as 1990-01-31")
	}
	return at, nil
}

func showDate(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.DateOnly)
}

// policies is the kind of a setting that is one of a few names.
func policies[P ~string](names ...P) kind[P] {
	return kind[P]{
		read: func(text string) (P, error) {
			if p := P(text); slices.Contains(names, p) {
				return p, nil
			}
			return "", fmt.Errorf("want one of %s", joined(names))
		},
		show: func(p P) string { return string(p) },
	}
}

func joined[P ~string](names []P) string {
	var all []string
	for _, name := range names {
		all = append(all, string(name))
	}
	return strings.Join(all, ", ")
}

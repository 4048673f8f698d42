package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// strategies are what --strategy can name.
var strategies = map[string]func() (signal.Spec, error){
	"bollinger_breakout": strategy.BollingerBreakout{}.Spec,
	"donchian":           strategy.Donchian{}.Spec,
	"ema_cross":          strategy.EMACross{}.Spec,
	"macd":               strategy.MACD{}.Spec,
	"rsi_reversion":      strategy.RSIReversion{}.Spec,
}

func strategyNames() []string {
	return slices.Sorted(maps.Keys(strategies))
}

// namedStrategy is a strategy with its part of the account, which is zero where it shares it with nobody.
type namedStrategy struct {
	name  string
	share decimal.Decimal
}

// namedStrategies is what --strategy says, to a replay and to a live run alike.
type namedStrategies []namedStrategy

var strategyLists = kind[namedStrategies]{read: readStrategies, show: namedStrategies.String}

// sharePlaces is how exact the shares are of strategies that share alike.
const sharePlaces = 4

// readStrategies reads names such as ema_cross, or macd,donchian, or macd:0.6,donchian:0.3. Where none
// of them names a share, all have the same.
func readStrategies(text string) (all namedStrategies, err error) {
	shares := 0
	for _, part := range strings.Split(text, ",") {
		name, share, has := strings.Cut(strings.TrimSpace(part), ":")
		one := namedStrategy{name: name}
		if has {
			shares++
			if one.share, err = decimal.NewFromString(share); err != nil || !one.share.IsPositive() {
				return nil, fmt.Errorf("%q is no share of the account above 0 and up to 1", share)
			}
		}
		if slices.ContainsFunc(all, func(other namedStrategy) bool { return other.name == name }) {
			return nil, fmt.Errorf("%q is named twice", name)
		}
		all = append(all, one)
	}
	switch {
	case shares > 0 && shares < len(all):
		return nil, errors.New("either each of them has a share, as in macd:0.6,donchian:0.4, or none")
	case shares == 0 && len(all) > 1:
		alike, _ := decimal.NewFromInt(1).QuoRem(decimal.NewFromInt(int64(len(all))), sharePlaces)
		for i := range all {
			all[i].share = alike
		}
	}
	if sum := all.sum(); sum.GreaterThan(decimal.NewFromInt(1)) {
		return nil, fmt.Errorf("the shares add up to %s, which is more than 1", sum)
	}
	return all, nil
}

func (l namedStrategies) sum() (sum decimal.Decimal) {
	for _, one := range l {
		sum = sum.Add(one.share)
	}
	return sum
}

func (l namedStrategies) String() string {
	var parts []string
	for _, one := range l {
		if part := one.name; one.share.IsPositive() {
			parts = append(parts, part+":"+one.share.String())
		} else {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ",")
}

// unknown is the first name that is no strategy's; "" where all are.
func (l namedStrategies) unknown() (name string, found bool) {
	for _, one := range l {
		if strategies[one.name] == nil {
			return one.name, true
		}
	}
	return "", false
}

// specs are the strategies, and shares their parts of the account; nil where there is one that has all of it.
func (l namedStrategies) specs() (specs []signal.Spec, shares map[string]decimal.Decimal, err error) {
	for _, one := range l {
		spec, err := strategies[one.name]()
		if err != nil {
			return nil, nil, err
		}
		specs = append(specs, spec)
		if one.share.IsPositive() {
			if shares == nil {
				shares = make(map[string]decimal.Decimal)
			}
			shares[spec.Name] = one.share
		}
	}
	return specs, shares, nil
}

// described names the strategies with what they decide by, for the fingerprint.
func described(specs []signal.Spec, shares map[string]decimal.Decimal) string {
	var parts []string
	for _, spec := range specs {
		part := spec.Name + " " + spec.Params
		if share, ok := shares[spec.Name]; ok {
			part += " " + share.String()
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

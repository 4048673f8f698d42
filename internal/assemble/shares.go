package assemble

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// CheckShares refuses shares of the account that are not those of the strategies: one without a share could never open
// anything, and a share of nobody would lie idle. A replay and a Trader are held to it alike.
func CheckShares(shares map[string]decimal.Decimal, specs []signal.Spec) error {
	if shares == nil {
		return nil
	}
	nobodys := maps.Clone(shares)
	for _, spec := range specs {
		if _, ok := shares[spec.Name]; !ok {
			return fmt.Errorf("the strategy %q has none", spec.Name)
		}
		delete(nobodys, spec.Name)
	}
	if left := slices.Sorted(maps.Keys(nobodys)); len(left) > 0 {
		return fmt.Errorf("%q is none of the strategies", left[0])
	}
	return nil
}

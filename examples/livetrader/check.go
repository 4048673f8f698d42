package main

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// rule is what a command line must not break, in the words of its flags.
type rule struct {
	broken bool
	text   string
}

// check refuses what does not go together before anything is opened, and settles what follows from the rest.
func (c *config) check() error {
	if c.version || c.printConfig {
		return nil
	}
	for _, r := range slices.Concat(c.rulesOfVenue(), c.rulesOfRun(), c.rulesOfReplay(), c.rulesOfFeed(), c.rulesOfTrading()) {
		if r.broken {
			return usagef("%s", r.text)
		}
	}
	if c.replay != "" {
		c.symbols = c.symbols[:1]
	}
	return nil
}

func (c *config) rulesOfRun() []rule {
	return []rule{
		{c.infinite && c.duration > 0, "--duration and --infinite contradict each other"},
		{c.interval < shortestInterval, fmt.Sprintf("--interval %s is below %s", c.interval, shortestInterval)},
		{c.lowWater < 1 || c.lowWater > 1<<30, fmt.Sprintf("--low-water %d is not between 1 and %d (MiB)", c.lowWater, 1<<30)},
		{c.db == "", "--db wants a file or a postgres:// URL; leave it out for " + defaultDB},
		{c.listen != off && !isAddress(c.listen),
			fmt.Sprintf("--listen %s: want an address and a port, such as 127.0.0.1:8000, or off", c.listen)},
		{c.listen != off && isOpen(c.listen) && c.token == "", fmt.Sprintf(
			"--listen %s can be reached by others: set %s or %s, or listen on 127.0.0.1",
			c.listen, tokenVariable, tokenVariable+fileSuffix)},
	}
}

func (c *config) rulesOfReplay() []rule {
	on := c.replay != ""
	return []rule{
		{on && (c.dryStart || c.onStop != engine.LeaveOrders),
			"--dry-start and --on-stop do not go with --replay, which ends with its file"},
		{on && c.orphans != engine.ReduceOrphans, "--orphans and --replay contradict each other: a replay trades anew"},
		{on && c.infinite, "--infinite and --replay contradict each other: a replay ends with its file"},
		{on && c.chaos != "", "--chaos and --replay contradict each other: a replay always gives the same result"},
		{on && len(c.symbols) > 1 && c.origin["symbols"] != fromDefault,
			fmt.Sprintf("--replay reads one symbol, and --symbols names %d", len(c.symbols))},
		{!on && c.origin["speed"] == fromFlag, "--speed goes with --replay"},
		{!on && c.columns != "", "--columns goes with --replay"},
		{!on && c.given("oldest", "price-scale") != "",
			fmt.Sprintf("--%s goes with --replay", c.given("oldest", "price-scale"))},
		{!on && len(c.feed) == 0 && c.given("tick", "step") != "",
			fmt.Sprintf("--%s goes with --replay or --feed", c.given("tick", "step"))},
	}
}

func (c *config) rulesOfFeed() []rule {
	on := len(c.feed) > 0
	ofFeed := c.given("feed-rows", "feed-fields", "feed-symbols")
	share := slices.IndexFunc(c.symbols, isShare)
	ofPaper := c.given("fee", "slippage")
	return []rule{
		{on && c.replay != "", "--feed and --replay contradict each other"},
		{on && c.venue != "", "--feed and --venue contradict each other: a venue has its own prices"},
		{on && c.origin["interval"] == fromDefault, "--feed wants --interval, that of its candles"},
		{!on && !c.place().isAlpaca() && c.given("hours") != "", "--hours goes with --feed"},
		{share >= 0 && !c.place().isAlpaca(), fmt.Sprintf(
			"--symbols %s is not of the form BASE/QUOTE: shares are traded at --venue %s alone",
			c.symbols[max(share, 0)], alpacaVenue)},
		{c.place().isAlpaca() && c.origin["symbols"] == fromDefault,
			"--venue " + c.place().name + " wants --symbols, such as AAPL"},
		{!on && ofFeed != "", fmt.Sprintf("--%s goes with --feed", ofFeed)},
		{c.venue != "" && c.replay != "", "--venue and --replay contradict each other: a replay trades on paper"},
		{(c.venue == "" || c.shadow) && c.given("differences", "foreign-orders") != "", fmt.Sprintf(
			"--%s goes with --venue: a paper account is the journal's", c.given("differences", "foreign-orders"))},
		{c.venue != "" && !c.shadow && ofPaper != "",
			fmt.Sprintf("--%s goes with --paper: the venue says what it is there", ofPaper)},
	}
}

// rulesOfTrading are what each order would break, and what would be found only when it is sent.
func (c *config) rulesOfTrading() []rule {
	unknown, isUnknown := c.strategies.unknown()
	costs := c.notional.Mul(decimal.NewFromInt(1).Add(c.fee).Add(c.slippage))
	return []rule{
		{isUnknown, fmt.Sprintf("--strategy %q is none of %s", unknown, strings.Join(strategyNames(), ", "))},
		{c.notional.GreaterThan(c.maxOrder),
			fmt.Sprintf("--order-size %s is above --max-order %s: lower the one or raise the other", c.notional, c.maxOrder)},
		{c.notional.GreaterThan(c.maxPosition),
			fmt.Sprintf("--order-size %s is above --max-position %s: lower the one or raise the other",
				c.notional, c.maxPosition)},
		{costs.GreaterThan(c.cash), fmt.Sprintf(
			"--order-size %s, with fee and slippage, is more than --cash %s can carry: lower the one or raise the other",
			c.notional, c.cash)},
	}
}

// isAddress reports whether something can listen on text.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

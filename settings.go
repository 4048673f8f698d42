package vigil

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// identity is what a Store belongs to. It never changes: on another account the positions would be another's.
func (c *Config) identity() []journal.Setting {
	mode, venue := "live", fmt.Sprintf("%T", c.Broker)
	if c.Paper != nil {
		mode, venue = "paper", "paper"
	}
	return []journal.Setting{
		{Name: "mode", Value: mode}, {Name: "venue", Value: cmp.Or(c.Venue, venue)}, {Name: "account", Value: c.Account},
	}
}

// settings are what a run is configured with, and what another run may be configured with in another way: the journal
// tells of each change. What has its default is not among them, so that one that a new version knows is no change.
func (c *Config) settings() []journal.Setting {
	var all []journal.Setting
	say := func(name, value string) {
		if value != "" {
			all = append(all, journal.Setting{Name: name, Value: value})
		}
	}
	for _, s := range c.strategySettings() {
		say(s.Name, s.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Shares)) {
		say("share/"+name, c.Shares[name].String())
	}
	say("symbols", strings.Join(c.Symbols, " "))
	if c.MinConfidence != 0 {
		say("min_confidence", fmt.Sprint(c.MinConfidence))
	}
	say("size", described(c.Size))
	say("risk", described(c.Risk))
	say("ticket", described(c.Ticket))
	say("exits", c.describedExits())
	if c.Manual {
		say("manual", "true")
	}
	if c.Paper == nil {
		say("capital", c.Capital.String())
		return append(all, c.Engine.Settings...)
	}
	for _, s := range c.paperSettings() {
		say(s.Name, s.Value)
	}
	return append(all, c.Engine.Settings...)
}

// strategySettings have one for each name: two with other parameters under one name speak for the same positions.
func (c *Config) strategySettings() (all []journal.Setting) {
	at := make(map[string]int)
	for _, spec := range c.Strategies {
		name, value := journal.StrategySetting(spec.Name), journal.SpokenWith(spec.Params, c.Interval.String())
		if i, ok := at[name]; ok {
			all[i].Value += "; " + value
			continue
		}
		at[name] = len(all)
		all = append(all, journal.Setting{Name: name, Value: value})
	}
	return all
}

func (c *Config) paperSettings() []journal.Setting {
	p := c.Paper
	all := []journal.Setting{
		{Name: "cash", Value: p.Cash.String()}, {Name: "fee", Value: unlessZero(p.FeeRate)},
		{Name: "slippage", Value: unlessZero(p.Slippage)}, {Name: "leverage", Value: unlessZero(p.Leverage)},
		{Name: "maintenance", Value: unlessZero(p.Maintenance)}, {Name: "fill", Value: string(p.Fill)},
		{Name: "spread", Value: unlessZero(p.Spread)}, {Name: "volume_impact", Value: unlessZero(p.VolumeImpact)},
	}
	if p.Latency != 0 {
		all = append(all, journal.Setting{Name: "latency", Value: p.Latency.String()})
	}
	if p.Funding != nil {
		all = append(all, journal.Setting{Name: "funding", Value: cmp.Or(p.FundingEvery, 8*time.Hour).String()})
	}
	if p.MakerFeeRate.Valid {
		all = append(all, journal.Setting{Name: "maker_fee", Value: p.MakerFeeRate.Decimal.String()})
	}
	if p.Spot {
		all = append(all, journal.Setting{Name: "spot", Value: "true"})
	}
	return all
}

func unlessZero(d decimal.Decimal) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (c *Config) describedExits() string {
	all := make([]string, len(c.Exits))
	for i, exit := range c.Exits {
		all[i] = described(exit)
	}
	return strings.Join(all, "; ")
}

// described is a policy in words that are the same in each process: its own, or its type and its exported fields. What
// else it holds, such as an address, would be another thing at each start.
func described(policy any) string {
	if policy == nil {
		return ""
	}
	if s, ok := policy.(fmt.Stringer); ok {
		return s.String()
	}
	text := strings.TrimPrefix(fmt.Sprintf("%T", policy), "*")
	if data, err := json.Marshal(policy); err == nil && string(data) != "{}" {
		text += " " + string(data)
	}
	return text
}

package binance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// reread is how often the instruments are read anew while Serve runs.
const reread = time.Hour

// listing is an instrument as the host lists it.
type listing struct {
	trading.Instrument
	venue     string // what the host calls it, such as BTCUSDT
	status    string // TRADING if it is traded
	contract  string
	marketMax decimal.Decimal // the largest market order; zero where the host does not say
}

func (l listing) isTraded() bool {
	return l.status == string(futures.SymbolStatusTypeTrading) && l.contract == string(futures.ContractTypePerpetual)
}

// catalog is what the host lists, by either name.
type catalog struct {
	mu      sync.Mutex // guards what is below
	byName  map[string]listing
	byVenue map[string]listing
}

func (c *catalog) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byName == nil
}

func (c *catalog) find(name string) (listing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.byName[name]
	return l, ok
}

// nameOf is what we call an instrument of the host; what it does not list keeps the host's name.
func (c *catalog) nameOf(venue string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.byVenue[venue]; ok {
		return l.Symbol
	}
	return venue
}

// replace takes over what the host lists now, and returns what was listed before.
func (c *catalog) replace(all []listing) (before map[string]listing) {
	byName, byVenue := make(map[string]listing, len(all)), make(map[string]listing, len(all))
	for _, l := range all {
		byName[l.Symbol], byVenue[l.venue] = l, l
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before = c.byName
	c.byName, c.byVenue = byName, byVenue
	return before
}

func (c *catalog) traded() (all []trading.Instrument) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		if l := c.byName[name]; l.isTraded() && l.Validate() == nil {
			all = append(all, l.Instrument)
		}
	}
	return all
}

// nameFor makes our name: BTC/USDT:USDT, and BTC/USDT:USDT-260327 for a contract that is delivered.
func nameFor(s futures.Symbol) string {
	name := s.BaseAsset + "/" + s.QuoteAsset + ":" + cmp.Or(s.MarginAsset, s.QuoteAsset)
	if _, delivery, dated := strings.Cut(s.Symbol, "_"); dated {
		name += "-" + delivery
	}
	return name
}

// neverDelivered is the year in which the host says that contracts end which do not; one that is to be delisted gets a date
// of now.
const neverDelivered = 2100

// list reads one symbol of exchangeInfo. A filter that is missing or makes no sense leaves zero, and an instrument with a
// tick or a step of zero is none that can be traded.
func list(s futures.Symbol) listing {
	l := listing{
		Instrument: trading.Instrument{Symbol: nameFor(s)},
		venue:      s.Symbol, status: s.Status, contract: string(s.ContractType),
	}
	end := time.UnixMilli(s.DeliveryDate).UTC()
	if s.ContractType == futures.ContractTypePerpetual && s.DeliveryDate > 0 && end.Year() < neverDelivered {
		l.Delisted = end
	}
	for _, filter := range s.Filters {
		number := func(field string) decimal.Decimal {
			text, _ := filter[field].(string)
			d, err := decimal.NewFromString(text)
			if err != nil {
				return decimal.Zero
			}
			return d
		}
		switch kind, _ := filter["filterType"].(string); futures.SymbolFilterType(kind) {
		case futures.SymbolFilterTypePrice:
			l.Tick = number("tickSize")
		case futures.SymbolFilterTypeLotSize:
			l.Step, l.MinQuantity = number("stepSize"), number("minQty")
		case futures.SymbolFilterTypeMarketLotSize:
			l.marketMax = number("maxQty")
		case futures.SymbolFilterTypeMinNotional:
			l.MinNotional = number("notional")
		}
	}
	return l
}

// read reads what the host lists and allows, and returns what has changed of the symbols that are traded.
func (b *Broker) read(ctx context.Context) (changed map[string]string, err error) {
	var info *futures.ExchangeInfo
	err = b.client.do(ctx, request{what: "ask for instruments", weight: 1},
		func(ctx context.Context, f *futures.Client) (err error) {
			info, err = f.NewExchangeInfoService().Do(ctx)
			return unreadable(err, info == nil || len(info.Symbols) == 0)
		})
	if err != nil {
		return nil, err
	}
	all := make([]listing, 0, len(info.Symbols))
	for _, s := range info.Symbols {
		all = append(all, list(s))
	}
	b.client.budget.limit(info.RateLimits)
	return b.compare(b.catalog.replace(all)), nil
}

// compare says what has changed of the symbols that are traded.
func (b *Broker) compare(before map[string]listing) map[string]string {
	changed := make(map[string]string)
	for _, name := range b.client.cfg.Symbols {
		now, listed := b.catalog.find(name)
		was, known := before[name]
		switch {
		case !listed:
			changed[name] = "the venue does not list it"
		case !now.isTraded():
			changed[name] = fmt.Sprintf("the venue says that it is %s, a contract of the kind %s", now.status, now.contract)
		case known && now.difference(was) != "":
			changed[name] = now.difference(was)
		}
	}
	return changed
}

// difference says how the steps of an instrument are others than before.
func (l listing) difference(was listing) string {
	var found []string
	for _, f := range []struct {
		name     string
		now, was decimal.Decimal
	}{
		{"tick", l.Tick, was.Tick}, {"step", l.Step, was.Step},
		{"smallest quantity", l.MinQuantity, was.MinQuantity}, {"smallest notional", l.MinNotional, was.MinNotional},
	} {
		if !f.now.Equal(f.was) {
			found = append(found, fmt.Sprintf("its %s was %s and is %s", f.name, f.was, f.now))
		}
	}
	if !l.Delisted.Equal(was.Delisted) && !l.Delisted.IsZero() {
		found = append(found, "it is delisted at "+l.Delisted.Format(time.RFC3339))
	}
	return strings.Join(found, ", ")
}

// listed returns an instrument by our name, and reads the list if that was not done yet.
func (b *Broker) listed(ctx context.Context, name string) (listing, error) {
	if err := b.known(ctx); err != nil {
		return listing{}, err
	}
	l, ok := b.catalog.find(name)
	if !ok {
		return listing{}, fmt.Errorf("binance: the venue lists no %q; its instruments are called like BTC/USDT:USDT", name)
	}
	return l, nil
}

// known reads the list if that was not done yet.
func (b *Broker) known(ctx context.Context) error {
	if !b.catalog.isEmpty() {
		return nil
	}
	_, err := b.read(ctx)
	return err
}

// Instruments implements trading.InstrumentLister: the perpetual contracts that are traded at the host now, but those that
// keep the hours of a stock exchange.
func (b *Broker) Instruments(ctx context.Context) ([]trading.Instrument, error) {
	if _, err := b.read(ctx); err != nil {
		return nil, err
	}
	all := b.catalog.traded()
	if len(all) == 0 {
		return nil, errors.New("binance: the venue trades nothing at present")
	}
	return all, nil
}

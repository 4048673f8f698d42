package binancetest

import (
	"time"

	"github.com/shopspring/decimal"
)

// obj is a JSON object as the venue writes it.
type obj = map[string]any

// engine is the venue's matching core and the one account at it. It is a state machine without a clock and without I/O:
// each act is told when it happens. Venue.mu guards it.
type engine struct {
	cfg     Config
	now     time.Time // of the act that is done
	names   []string  // of the symbols, in the order of Config
	markets map[string]*market

	wallets   map[string]decimal.Decimal // by asset
	positions map[string]*position       // by symbol
	orders    []*order                   // all, by rising id
	resting   []*order                   // those of them that are open
	algos     []*algo
	fills     []*fill
	incomes   []income
	deadlines map[string]time.Time // of countdownCancelAll, by symbol
	dual      bool

	lastOrder, lastAlgo, lastFill, lastIncome int64

	rejectTriggers []RejectAtTrigger // what Inject has put in
	user           func(kind string, event obj)
	feed           func(symbol, stream string, event func() obj)
	watched        func() bool // whether anybody listens to markets, so that each minute's end matters
}

type position struct {
	symbol    string
	qty, cost decimal.Decimal // below zero when short; cost is what was paid for qty
	realized  decimal.Decimal // ever
	updated   time.Time
}

func (p *position) entry() decimal.Decimal {
	if p.qty.IsZero() {
		return decimal.Zero
	}
	return p.cost.DivRound(p.qty, 8)
}

type fill struct {
	id              int64
	order           *order
	price, qty, fee decimal.Decimal
	feeAsset        string
	realized        decimal.Decimal
	maker           bool
	at              time.Time
}

// income is a row of GET /fapi/v1/income: all that ever moved a wallet.
type income struct {
	id     int64
	kind   string
	symbol string
	asset  string
	amount decimal.Decimal
	info   string
	trade  int64
	at     time.Time
}

func newEngine(cfg Config, now time.Time) *engine {
	e := &engine{
		cfg: cfg, now: now, markets: map[string]*market{}, wallets: map[string]decimal.Decimal{},
		positions: map[string]*position{}, deadlines: map[string]time.Time{},
		lastOrder: 8886774000, lastAlgo: 2148719000, lastFill: 700100000, lastIncome: 9689322000,
	}
	for _, s := range cfg.Symbols {
		e.names = append(e.names, s.Name)
		e.markets[s.Name] = newMarket(s, cfg.Leverage, now)
		e.positions[s.Name] = &position{symbol: s.Name}
	}
	for asset, amount := range cfg.Balances {
		e.wallets[asset] = amount
	}
	return e
}

// credit moves a wallet and keeps the row that says why.
func (e *engine) credit(kind, symbol, asset string, amount decimal.Decimal, info string, trade int64) {
	if amount.IsZero() {
		return
	}
	e.wallets[asset] = e.wallets[asset].Add(amount)
	e.lastIncome++
	e.incomes = append(e.incomes, income{e.lastIncome, kind, symbol, asset, amount, info, trade, e.now})
}

func (e *engine) market(symbol string) (*market, *problem) {
	if symbol == "" {
		return nil, errMandatory("symbol")
	}
	m, ok := e.markets[symbol]
	if !ok {
		return nil, errSymbol
	}
	return m, nil
}

// open are the ordinary orders that rest, the oldest first; symbol "" means all symbols.
func (e *engine) open(symbol string) []*order {
	var open []*order
	for _, o := range e.resting {
		if symbol == "" || o.symbol == symbol {
			open = append(open, o)
		}
	}
	return open
}

func (e *engine) openAlgos(symbol string) []*algo {
	var open []*algo
	for _, a := range e.algos {
		if a.status == "NEW" && (symbol == "" || a.symbol == symbol) {
			open = append(open, a)
		}
	}
	return open
}

// advance does what is due by now: bars that close, funding, orders and countdowns that end.
func (e *engine) advance(now time.Time) {
	for {
		due := e.due()
		if due.IsZero() || due.After(now) {
			break
		}
		e.now = due
		e.expireByTime()
		e.countdowns()
		for _, name := range e.names {
			e.markets[name].close(e, due)
			e.fundIfDue(e.markets[name])
		}
	}
	e.now = now
	for _, m := range e.markets {
		m.close(e, now)
	}
}

// due is the next time at which something happens by itself.
func (e *engine) due() time.Time {
	var due time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	watched := e.watched()
	for _, m := range e.markets {
		if watched {
			sooner(m.minute.Add(time.Minute))
		}
		sooner(m.funding)
	}
	for _, at := range e.deadlines {
		sooner(at)
	}
	for _, o := range e.resting {
		sooner(o.until)
	}
	return due
}

func (e *engine) expireByTime() {
	for _, o := range e.open("") {
		if !o.until.IsZero() && !o.until.After(e.now) {
			e.end(o, "EXPIRED", "")
		}
	}
}

func (e *engine) countdowns() {
	for symbol, at := range e.deadlines {
		if at.After(e.now) {
			continue
		}
		delete(e.deadlines, symbol)
		for _, o := range e.open(symbol) {
			e.end(o, "CANCELED", "")
		}
	}
}

package book

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/internal/past"
)

// keepLive is how many orders that are done stay as they are: most late answers are about one of them.
const keepLive = 256

// ended are the orders that have been done for a while, as records.
type ended struct {
	log   past.Log
	room  past.Writer // for the next record
	key   []byte      // and its key
	kinds []kind      // a record has the number of its own
	index map[kind]int
	last  int // the number of the last one: most orders are like the one before
}

// kind is what many orders share.
type kind struct {
	Symbol      string              `json:"symbol"`
	Config      string              `json:"config"`
	Type        trading.OrderType   `json:"type"`
	TimeInForce trading.TimeInForce `json:"time_in_force"`
	Leg         trading.Leg         `json:"leg"`
	Status      trading.OrderStatus `json:"status"`
	Side        trading.Side        `json:"side"`
}

func newEnded() ended { return ended{index: make(map[kind]int)} }

// The flags of a record.
const (
	flagPostOnly = 1 << iota
	flagReduceOnly
	flagAcknowledged
	flagInFlight
	flagTriggered
	flagCancelAsked
	flagFull        // all of it was filled
	flagLimited     // it has a limit price
	flagStopped     // and a stop price
	flagTakesProfit // its Guard has a take-profit
	flagStopsLoss   // and a stop-loss
	flagFromFill    // which count from what is paid
)

func flag(is bool, bit uint64) uint64 {
	if is {
		return bit
	}
	return 0
}

func (e *ended) number(w kind) uint64 {
	if e.last < len(e.kinds) && e.kinds[e.last] == w {
		return uint64(e.last)
	}
	n, ok := e.index[w]
	if !ok {
		n = len(e.kinds)
		e.kinds = append(e.kinds, w)
		e.index[w] = n
	}
	e.last = n
	return uint64(n)
}

// put makes a record of an order.
func (e *ended) put(o *OrderState) {
	full, limited, stopped := o.Filled.Equal(o.Quantity), !o.LimitPrice.IsZero(), !o.StopPrice.IsZero()
	w := &e.room
	w.Body = w.Body[:0]
	w.Time(o.UpdatedAt) // first: see forget
	w.Uint(flag(o.PostOnly, flagPostOnly) | flag(o.ReduceOnly, flagReduceOnly) | flag(o.Acknowledged, flagAcknowledged) |
		flag(o.InFlight, flagInFlight) | flag(o.Triggered, flagTriggered) | flag(o.CancelAsked, flagCancelAsked) |
		flag(full, flagFull) | flag(limited, flagLimited) | flag(stopped, flagStopped) |
		flag(!o.Guard.TakeProfit.IsZero(), flagTakesProfit) | flag(!o.Guard.StopLoss.IsZero(), flagStopsLoss) |
		flag(o.Guard.FromFill, flagFromFill))
	w.Uint(e.number(kind{o.Symbol, o.Config, o.Type, o.TimeInForce, o.Leg, o.Status, o.Side}))
	w.Uint(uint64(o.number))
	w.Uint(uint64(o.Sends))
	w.Since(o.UpdatedAt, o.CreatedAt)
	w.ID(o.SignalID)
	w.Decimal(o.Quantity)
	w.Decimal(o.DecisionPrice)
	if !full {
		w.Decimal(o.Filled)
	}
	if limited {
		w.Decimal(o.LimitPrice)
	}
	if stopped {
		w.Decimal(o.StopPrice)
	}
	for _, price := range []decimal.Decimal{o.Guard.TakeProfit, o.Guard.StopLoss} {
		if !price.IsZero() {
			w.Decimal(price)
		}
	}
	w.Text(o.Reason)
	e.key = past.Key(e.key[:0], o.ClientID)
	e.log.Put(e.key, w.Body)
}

func (e *ended) has(clientID string) bool {
	var room [64]byte
	_, ok := e.log.Get(past.Key(room[:0], clientID))
	return ok
}

// get makes an order of its record.
func (e *ended) get(clientID string) *OrderState {
	var room [64]byte
	body, ok := e.log.Get(past.Key(room[:0], clientID))
	if !ok {
		return nil
	}
	o, err := e.read(clientID, body)
	if err != nil {
		return nil
	}
	return o
}

func (e *ended) read(clientID string, body []byte) (*OrderState, error) {
	r := past.NewReader(body)
	o := &OrderState{UpdatedAt: r.Time()}
	o.ClientID = clientID
	flags := r.Uint()
	o.PostOnly, o.ReduceOnly = flags&flagPostOnly != 0, flags&flagReduceOnly != 0
	o.Acknowledged, o.InFlight = flags&flagAcknowledged != 0, flags&flagInFlight != 0
	o.Triggered, o.CancelAsked = flags&flagTriggered != 0, flags&flagCancelAsked != 0
	n := r.Uint()
	if n >= uint64(len(e.kinds)) {
		return nil, errors.New("book: the record of an order is of a kind that is none")
	}
	k := e.kinds[n]
	o.Symbol, o.Config, o.Type, o.TimeInForce = k.Symbol, k.Config, k.Type, k.TimeInForce
	o.Leg, o.Status, o.Side = k.Leg, k.Status, k.Side
	o.number, o.Sends = int(r.Uint()), int(r.Uint())
	o.CreatedAt, o.SignalID = r.Since(o.UpdatedAt), r.ID()
	o.Quantity, o.DecisionPrice = r.Decimal(), r.Decimal()
	o.Filled = o.Quantity
	if flags&flagFull == 0 {
		o.Filled = r.Decimal()
	}
	if flags&flagLimited != 0 {
		o.LimitPrice = r.Decimal()
	}
	if flags&flagStopped != 0 {
		o.StopPrice = r.Decimal()
	}
	o.Guard = readGuard(r, flags)
	o.Reason = r.Text()
	if r.Err == nil && r.Left() {
		r.Err = errors.New("book: the record of an order is too long")
	}
	return o, r.Err
}

func readGuard(r *past.Reader, flags uint64) (g trading.Guard) {
	g.FromFill = flags&flagFromFill != 0
	if flags&flagTakesProfit != 0 {
		g.TakeProfit = r.Decimal()
	}
	if flags&flagStopsLoss != 0 {
		g.StopLoss = r.Decimal()
	}
	return g
}

// forget drops the oldest one if it has been done for too long to matter.
func (e *ended) forget(at time.Time) {
	if _, body, ok := e.log.Oldest(); ok && past.NewReader(body).Time().Before(at.Add(-keepFor)) {
		e.log.DropOldest()
	}
}

// each calls yield with every order.
func (e *ended) each(yield func(OrderState)) {
	for key, body := range e.log.All() {
		id, _ := past.ID(key)
		if o, err := e.read(id, body); err == nil { // as restore has seen to
			yield(*o)
		}
	}
}

func (e *ended) restore(kinds []kind, saved past.Saved) error {
	e.kinds = kinds
	for i, w := range kinds {
		e.index[w] = i
	}
	log, err := past.Load(saved, func(key, body []byte) error {
		id, err := past.ID(key)
		if err == nil {
			_, err = e.read(id, body)
		}
		return err
	})
	if err != nil {
		return err
	}
	e.log = *log
	return nil
}

package paper

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/internal/past"
)

// keepFor is for how long the Broker tells what became of an order that is done, and its fills: longer than anything is
// looked for.
const keepFor = book.MaxLookBack + time.Hour

// endStatuses are the statuses in which an order ends, by the number that stands for them in a record.
var endStatuses = [...]trading.OrderStatus{
	trading.StatusFilled, trading.StatusCanceled, trading.StatusExpired, trading.StatusRejected,
}

// ended are what became of the orders that are done, as records. Broker.mu guards them.
type ended struct {
	log     past.Log
	horizon time.Time   // when the latest one ended that is forgotten
	now     past.Writer // for the next record
	key     []byte      // and its key
}

func (e *ended) put(r trading.OrderReport, at time.Time) {
	e.now.Body = e.now.Body[:0]
	e.now.Int(at.Unix() / 60) // first: see forget
	for n, status := range endStatuses {
		if status == r.Status {
			e.now.Uint(uint64(n))
		}
	}
	triggered := uint64(0)
	if r.Triggered {
		triggered = 1
	}
	e.now.Uint(triggered)
	e.now.Decimal(r.Filled)
	e.now.Text(r.Reason)
	e.key = past.Key(e.key[:0], r.ClientID)
	e.log.Put(e.key, e.now.Body)
}

func (e *ended) get(clientID string) (trading.OrderReport, bool) {
	body, ok := e.log.Get(past.Key(nil, clientID))
	if !ok {
		return trading.OrderReport{}, false
	}
	r := past.NewReader(body)
	_ = r.Int()
	status, triggered := endStatuses[r.Uint()], r.Uint() == 1
	return trading.OrderReport{
		ClientID: clientID, Status: status, Triggered: triggered, Filled: r.Decimal(), Reason: r.Text(),
	}, true
}

// forget drops what ended too long ago.
func (e *ended) forget(now time.Time) {
	for {
		_, body, ok := e.log.Oldest()
		if !ok {
			return
		}
		at := time.Unix(past.NewReader(body).Int()*60, 0).UTC()
		if !at.Before(now.Add(-keepFor)) {
			return
		}
		e.horizon = at
		e.log.DropOldest()
	}
}

// wholeSide marks the side of a fill that was the whole of its order.
const wholeSide = 2

// executed are the fills, as records, in the order of their times. Broker.mu guards them.
type executed struct {
	log     past.Log
	latest  time.Time
	horizon time.Time   // of the latest one that is forgotten
	now     past.Writer // for the next record
	key     []byte      // and its key
	words   []string    // symbols; a record has their numbers
}

// firstFill is how the ID of an order's first fill ends; it begins with the order's.
const firstFill = "-1"

// put makes a record of a fill. whole says that it was the order's only one, and that there is no more to tell of the order.
func (e *executed) put(f trading.Fill, whole bool) {
	e.latest = f.Time
	e.now.Body = e.now.Body[:0]
	e.now.Time(f.Time) // first: see forget
	e.now.Uint(e.word(f.Symbol))
	side := int64(f.Side)
	if whole {
		side *= wholeSide
	}
	e.now.Int(side)
	e.now.Decimal(f.Price)
	e.now.Decimal(f.Quantity)
	e.now.Decimal(f.Fee)
	e.now.Text(f.FeeAsset)
	if n := len(f.ClientID); len(f.ID) > n && f.ID[:n] == f.ClientID {
		e.now.Uint(uint64(n)) // Its ID begins with it, as nearly every one's.
	} else {
		e.now.Uint(0)
		e.now.Text(f.ClientID)
	}
	e.key = past.Key(e.key[:0], f.ID)
	e.log.Put(e.key, e.now.Body)
	for { // what nobody may ask for any more
		_, body, ok := e.log.Oldest()
		if !ok {
			return
		}
		at := past.NewReader(body).Time()
		if !at.Before(f.Time.Add(-keepFor)) {
			return
		}
		e.horizon = at
		e.log.DropOldest()
	}
}

// report says what became of the order that was filled by one fill; false where there is none that was the whole of it.
func (e *executed) report(clientID string) (trading.OrderReport, bool) {
	key := past.Key(nil, clientID+firstFill)
	body, ok := e.log.Get(key)
	if !ok {
		return trading.OrderReport{}, false
	}
	f, whole := e.read(key, body)
	return trading.OrderReport{ClientID: clientID, Status: trading.StatusFilled, Filled: f.Quantity}, whole
}

func (e *executed) has(id string) bool {
	_, ok := e.log.Get(past.Key(nil, id))
	return ok
}

func (e *executed) word(w string) uint64 {
	for n, known := range e.words { // There are few, and the list is short-lived.
		if known == w {
			return uint64(n)
		}
	}
	e.words = append(e.words, w)
	return uint64(len(e.words) - 1)
}

func (e *executed) read(key, body []byte) (f trading.Fill, whole bool) {
	id, _ := past.ID(key)
	r := past.NewReader(body)
	f = trading.Fill{ID: id, Time: r.Time(), Symbol: e.words[r.Uint()], Side: trading.Side(r.Int())}
	if whole = f.Side != trading.Buy && f.Side != trading.Sell; whole {
		f.Side /= wholeSide
	}
	f.Price, f.Quantity, f.Fee, f.FeeAsset = r.Decimal(), r.Decimal(), r.Decimal(), r.Text()
	if n := r.Uint(); n > 0 {
		f.ClientID = id[:n]
	} else {
		f.ClientID = r.Text()
	}
	f.Liquidation = f.ClientID == liquidation
	return f, whole
}

// page is what trading.FillPage cuts out of a list.
func (e *executed) page(from trading.Cursor, limit int) (page []trading.Fill, next trading.Cursor) {
	rest, found := e.log.After(past.Key(nil, from.Token))
	if !found {
		rest = e.log.All()
	}
	next = from
	for key, body := range rest {
		if len(page) == limit {
			break
		}
		if !found && past.NewReader(body).Time().Before(from.Since) {
			continue
		}
		f, _ := e.read(key, body)
		page, next = append(page, f), trading.Cursor{Since: f.Time, Token: f.ID}
	}
	return page, next
}

package tradingtest_test

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Updated implements trading.Updater.
func (a *adapter) Updated() <-chan struct{} { return a.log.Updated() }

// Updates implements trading.Updater.
func (a *adapter) Updates(after int64) trading.Updates {
	u := a.log.Updates(after)
	if a.flaws.news != nil {
		return a.flaws.news(a, after, u)
	}
	return u
}

// listen reads what the exchange tells until ctx ends, over one connection after the other, of which the first is given. One
// that is deaf stays with that; one that is unbroken keeps to itself that there was another.
func (a *adapter) listen(ctx context.Context, first net.Conn, dial func() net.Conn, deaf, unbroken bool) {
	for conn := first; ; {
		a.hear(ctx, conn)
		if !unbroken {
			a.log.Break(true)
		}
		if deaf {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Millisecond):
		}
		conn = dial()
		if !unbroken {
			a.log.Break(false)
		}
	}
}

func (a *adapter) hear(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	in := json.NewDecoder(conn)
	for {
		var w xOrder
		if in.Decode(&w) != nil {
			return
		}
		a.push(w)
	}
}

func (a *adapter) push(w xOrder) {
	if w.Client == "" {
		a.log.Push()
		return
	}
	r, told := report(w), true
	if a.flaws.push != nil {
		r, told = a.flaws.push(w, r)
	}
	if told {
		a.log.Push(r)
	}
}

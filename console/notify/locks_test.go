package notify_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

func TestLocksAndProtectionsAreToldAsTheyBeginChangeAndEnd(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[engine.Status]
	account := func() (engine.Status, bool) {
		if s := now.Load(); s != nil {
			return *s, true
		}
		return engine.Status{}, false
	}
	end := time.Date(2000, 1, 1, 5, 0, 0, 0, time.UTC)
	locked := func(by string, until time.Time) []book.Lock {
		return []book.Lock{{Symbol: "ETH/USDT", Until: until, By: by, Reason: "news"}}
	}
	all := book.Lock{Until: end, By: "limit: StopGuard", Reason: "StopGuard is 2 within 1h0m0s"}
	inBubble(t, notify.Config{Account: account, Kinds: []notify.Kind{notify.KindLock}}, func(t *testing.T, b *bench) {
		after(time.Minute)
		require.Empty(t, b.phone.messages(), "there is no account yet")
		says := func(s *engine.Status) []notify.Message {
			before := len(b.phone.messages())
			now.Store(s)
			after(20 * time.Minute)
			return b.phone.messages()[before:]
		}
		got := says(&engine.Status{Locks: locked("ann", end)})
		require.Len(t, got, 1, "once, however long it lasts")
		require.Equal(t, "ETH/USDT is locked until 2000-01-01 05:00:00 UTC by ann: news", got[0].Text)
		require.Equal(t, notify.KindLock, got[0].Kind)
		require.False(t, got[0].Urgent, "it wakes nobody")
		require.Zero(t, got[0].Since, "it may stand since before a restart")

		got = says(&engine.Status{Locks: locked("ann", end), Protections: []book.Lock{all}})
		require.Len(t, got, 1)
		require.Equal(t, "all instruments are protected until 2000-01-01 05:00:00 UTC: StopGuard is 2 within 1h0m0s", got[0].Text)
		require.WithinDuration(t, time.Now().Add(-20*time.Minute), got[0].Since, 5*time.Second)
		require.Contains(t, got[0].Body, "Money: nothing is opened of it until then.")

		got = says(&engine.Status{Locks: locked("bob", end.Add(time.Hour)), Protections: []book.Lock{all}})
		require.Len(t, got, 1)
		require.Equal(t, "ETH/USDT is locked until 2000-01-01 06:00:00 UTC by bob: news", got[0].Text)
		require.False(t, got[0].Over)

		require.Empty(t, says(nil), "that the account is gone for a moment ends nothing")
		got = says(&engine.Status{})
		require.Len(t, got, 2)
		require.True(t, got[0].Over)
		require.Equal(t, "Over: ETH/USDT is locked until 2000-01-01 06:00:00 UTC by bob: news", got[0].Text)
		require.True(t, got[1].Over)
		require.Contains(t, got[1].Text, "Over: all instruments are protected")
	})
}

func TestLocksAreNotToldWhereTheyAreNotAskedFor(t *testing.T) {
	t.Parallel()
	account := func() (engine.Status, bool) {
		t.Error("nobody wants to know")
		return engine.Status{}, false
	}
	inBubble(t, notify.Config{Account: account, Kinds: []notify.Kind{notify.KindHalt}}, func(*testing.T, *bench) { after(time.Hour) })
}

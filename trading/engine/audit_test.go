package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestTrailOfAnOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.broker.Next(tradingtest.LoseReply)
	r.signals.put(says(eth, signal.Long, r.now()), says(btc, signal.Long, r.now()))
	r.settle()
	id := clientID(says(eth, signal.Long, noon).ID, 1)
	trail, err := book.Audit(journal.Entries(t.Context(), r.journal, 0), id)
	require.NoError(t, err)
	require.Equal(t, says(eth, signal.Long, noon).ID, trail.Signal.Event.(journal.SignalSeen).SignalID)
	var kinds []string
	for i, e := range trail.Entries {
		kind, _, err := journal.Encode(e.Event)
		require.NoError(t, err)
		kinds = append(kinds, kind)
		require.True(t, i == 0 || e.Seq > trail.Entries[i-1].Seq)
	}
	require.Equal(t, "[intent_made submitting unknown filled]", fmt.Sprint(kinds))
	require.Equal(t, trading.StatusFilled, trail.Order.Status)
	require.Equal(t, "100", trail.Order.Filled.String())

	_, err = book.Audit(journal.Entries(t.Context(), r.journal, 0), "v-none")
	require.ErrorIs(t, err, trading.ErrUnknownOrder)
	require.ErrorContains(t, err, "v-none")
}

// Every order that there ever was has a trail, and the trails are all that the journal says of orders.
func TestTrailsLeaveNothingOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, bounded)
	drama(r, tradingtest.LoseRequest, func() {})
	b, err := book.Restore(r.cfg.Capital, journal.Load(t.Context(), r.journal))
	require.NoError(t, err)
	found := 0
	for _, o := range b.Orders() {
		trail, err := book.Audit(journal.Entries(t.Context(), r.journal, 0), o.ClientID)
		require.NoError(t, err)
		require.NotNil(t, trail.Signal)
		require.Equal(t, o.Status, trail.Order.Status)
		found += len(trail.Entries)
	}
	entries, err := r.journal.Read(t.Context(), 0, 10_000)
	require.NoError(t, err)
	want := 0
	for _, e := range entries {
		switch e.Event.(type) {
		case journal.SignalSeen, journal.DayOpened, journal.Halted, journal.Rearmed, journal.Adopted,
			journal.SignalApproved, journal.CloseAsked, journal.Amended:
		default:
			want++
		}
	}
	require.Equal(t, want, found)
}

func ExampleAudit() {
	ctx := context.Background()
	j := journal.NewMemory()
	order := trading.Order{
		ClientID: "v-1", Symbol: "BTC/USDT", Side: trading.Buy, Type: trading.Market, Quantity: d("1"), SignalID: "s-1",
	}
	_ = j.Append(ctx, noon, journal.IntentMade{Order: order}, journal.Submitting{ClientID: "v-1"},
		journal.Unknown{ClientID: "v-1", Reason: "connection reset"})
	_ = j.Append(ctx, noon.Add(time.Second), journal.Acknowledged{ClientID: "v-1"})
	trail, _ := book.Audit(journal.Entries(ctx, j, 0), "v-1")
	for _, e := range trail.Entries {
		fmt.Printf("%d %s %T\n", e.Seq, e.At.Format(time.TimeOnly), e.Event)
	}
	fmt.Println(trail.Order.Status)
	// Output:
	// 1 12:00:00 journal.IntentMade
	// 2 12:00:00 journal.Submitting
	// 3 12:00:00 journal.Unknown
	// 4 12:00:01 journal.Acknowledged
	// open
}

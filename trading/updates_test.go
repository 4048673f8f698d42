package trading_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

func report(id string, status trading.OrderStatus) trading.OrderReport {
	return trading.OrderReport{ClientID: id, Status: status}
}

func TestUpdatesTellALateReaderTheLatestOfEachOrder(t *testing.T) {
	t.Parallel()
	var log trading.UpdateLog
	require.Equal(t, trading.Updates{}, log.Updates(0))
	log.Push(report("a", trading.StatusOpen))
	first := log.Updates(0)
	require.Equal(t, trading.Updates{Orders: []trading.OrderReport{report("a", trading.StatusOpen)}, Seq: 1}, first)
	log.Push(report("b", trading.StatusOpen))
	log.Push(report("a", trading.StatusFilled))
	want := []trading.OrderReport{report("b", trading.StatusOpen), report("a", trading.StatusFilled)}
	require.Equal(t, trading.Updates{Orders: want, Seq: 3}, log.Updates(0))
	require.Equal(t, trading.Updates{Orders: want, Seq: 3}, log.Updates(first.Seq))
	require.Equal(t, trading.Updates{Orders: want[1:], Seq: 3}, log.Updates(2))
	require.Equal(t, trading.Updates{Seq: 3}, log.Updates(3))
	log.Push()
	require.Equal(t, trading.Updates{Seq: 4}, log.Updates(3), "something has happened, to no order of ours")
}

func TestUpdatesThatAreTooManySayThatSomeAreMissed(t *testing.T) {
	t.Parallel()
	var log trading.UpdateLog
	const kept = 1000
	for range 3 * kept { // One order that changes often crowds nothing out.
		log.Push(report("busy", trading.StatusOpen))
	}
	require.False(t, log.Updates(0).Missed)
	for i := range kept {
		log.Push(report(fmt.Sprint(i), trading.StatusOpen))
	}
	require.True(t, log.Updates(0).Missed, "the busy one is gone")
	require.False(t, log.Updates(3*kept).Missed)
	require.Len(t, log.Updates(3*kept).Orders, kept)
	log.Push(report("one more", trading.StatusOpen))
	require.True(t, log.Updates(3*kept).Missed)
	require.False(t, log.Updates(3*kept+1).Missed)
}

func TestUpdatesAreMissedWhileTheStreamIsDownAndOnceAfterIt(t *testing.T) {
	t.Parallel()
	var log trading.UpdateLog
	log.Push(report("a", trading.StatusOpen))
	before := log.Updates(0).Seq
	log.Break(true)
	down := log.Updates(before)
	require.True(t, down.Missed)
	require.True(t, log.Updates(down.Seq).Missed, "and again, for as long as it lasts")
	log.Break(false)
	require.True(t, log.Updates(before).Missed)
	up := log.Updates(down.Seq)
	require.True(t, up.Missed, "what happened until it was up is not known")
	require.False(t, log.Updates(up.Seq).Missed)
	require.True(t, log.Updates(up.Seq+1).Missed, "of another log")
}

func TestUpdatesWakeWhoHasAskedBefore(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*trading.UpdateLog){
		"a report":     func(l *trading.UpdateLog) { l.Push(report("a", trading.StatusOpen)) },
		"another news": func(l *trading.UpdateLog) { l.Push() },
		"a break":      func(l *trading.UpdateLog) { l.Break(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log trading.UpdateLog
			happens(&log) // nobody has asked
			news, too := log.Updated(), log.Updated()
			select {
			case <-news:
				t.Fatal("there is news before anything has happened")
			default:
			}
			happens(&log)
			<-news
			<-too
		})
	}
}

func TestUpdatesTellAStreamThatIsMute(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)
	late := sent.Add(trading.MuteAfter + 1)
	for name, c := range map[string]struct {
		happens func(*trading.UpdateLog)
		mute    bool
	}{
		"nothing": {func(*trading.UpdateLog) {}, true},
		"word of another order": {
			func(l *trading.UpdateLog) { l.Push(report("b", trading.StatusFilled)) }, false,
		},
		"another news":                   {func(l *trading.UpdateLog) { l.Push() }, false},
		"the venue refuses it":           {func(l *trading.UpdateLog) { l.Forget("a") }, false},
		"the venue refuses another":      {func(l *trading.UpdateLog) { l.Forget("b") }, true},
		"the stream breaks":              {func(l *trading.UpdateLog) { l.Break(true) }, false},
		"the stream is new":              {func(l *trading.UpdateLog) { l.Break(true); l.Break(false) }, false},
		"another is sent later":          {func(l *trading.UpdateLog) { l.Expect("b", late) }, true},
		"it is sent again, which counts": {func(l *trading.UpdateLog) { l.Expect("a", late) }, false},
		"what comes before it was sent":  {func(l *trading.UpdateLog) { l.Push(); l.Expect("a", sent) }, true},
		"it is sent while the stream is down": {
			func(l *trading.UpdateLog) { l.Break(true); l.Expect("a", sent) }, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log trading.UpdateLog
			require.False(t, log.Mute(late), "nothing was sent")
			log.Expect("a", sent)
			require.False(t, log.Mute(late.Add(-1)), "it still has time")
			c.happens(&log)
			require.Equal(t, c.mute, log.Mute(late))
		})
	}
}

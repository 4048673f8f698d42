package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// locks makes messages of what keeps instruments from being opened for a while: that it begins, that it changes and that it
// is over. Each of them ends by itself, so that none is reminded of.
type locks struct {
	s      *Service
	told   map[string]Message // what stands and was told, by Key
	before bool               // the account was looked at before: what comes now begins now
}

// lockEvery is how often the account is looked at.
const lockEvery = 5 * time.Second

func (l *locks) serve(ctx context.Context) error {
	for {
		if account, ok := l.s.cfg.Account(); ok {
			l.look(account, l.s.clk.Now())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.s.clk.After(lockEvery):
		}
	}
}

func (l *locks) look(account engine.Status, now time.Time) {
	stands := make(map[string]Message)
	for _, lock := range account.Locks {
		m := aboutLock("lock/", lock, fmt.Sprintf("%s is locked until %s by %s", lock.Symbol, timeText(lock.Until), lock.By))
		m.Remedy = "it ends by itself, or by the act unlock"
		stands[m.Key] = m
	}
	for _, lock := range account.Protections {
		who := lock.Symbol + " is"
		if lock.Symbol == "" {
			who = "all instruments are"
		}
		m := aboutLock("protection/"+lock.By+"/", lock, fmt.Sprintf("%s protected until %s", who, timeText(lock.Until)))
		m.Remedy = "nothing: it ends by itself"
		stands[m.Key] = m
	}
	for _, key := range slices.Sorted(maps.Keys(stands)) {
		m := stands[key]
		was, known := l.told[key]
		switch {
		case known:
			m.Since = was.Since
		case l.before:
			m.Since = now
		}
		if was.Text != m.Text {
			l.s.Post(m)
		}
		stands[key] = m
	}
	for _, key := range slices.Sorted(maps.Keys(l.told)) {
		if _, still := stands[key]; !still {
			m := l.told[key]
			l.s.Post(Message{
				Key: key, Kind: KindLock, Over: true, Since: m.Since, Money: overMeaning[KindLock], Text: "Over: " + m.Text,
			})
		}
	}
	l.told, l.before = stands, true
}

func aboutLock(key string, lock book.Lock, text string) Message {
	if lock.Reason != "" {
		text += ": " + lock.Reason
	}
	return Message{Key: key + lock.Symbol, Kind: KindLock, Text: text, Money: lockMeaning}
}

func timeText(t time.Time) string { return t.UTC().Format(timeFormat) }

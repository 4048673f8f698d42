package console_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// keeping has a console's acts kept in a journal, which is its History.
func keeping(t *testing.T, j *journal.Memory) func(*console.Config) {
	return func(c *console.Config) {
		c.History = j
		c.Control.Audit = func(one journal.Acted) { require.NoError(t, j.Append(context.Background(), one.Ended, one)) }
	}
}

func TestKeyOfAnActHoldsThroughARestart(t *testing.T) {
	t.Parallel()
	j, first := journal.NewMemory(), &asked{}
	h := first.handler(t, keeping(t, j))
	key := header("Idempotency-Key", "before-the-crash-1")
	require.Equal(t, http.StatusOK, post(h, "flatten", `{"symbol":"BTC"}`, key).Code)
	first.fails = errors.New("the venue is down")
	failed := header("Idempotency-Key", "before-the-crash-2")
	want := post(h, "flatten", `{"symbol":"ETH"}`, failed)

	second := &asked{}
	h = second.handler(t, keeping(t, j))
	w := post(h, "flatten", `{"symbol":"BTC"}`, key)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, "true", w.Header().Get("Idempotency-Replayed"))
	require.Equal(t, http.StatusConflict, post(h, "flatten", `{"symbol":"SOL"}`, key).Code, "it was another act")
	w = post(h, "flatten", `{"symbol":"ETH"}`, failed)
	require.Equal(t, want.Code, w.Code)
	require.Contains(t, w.Body.String(), "the venue is down")
	require.Empty(t, second.done, "nothing was done twice")
	require.Equal(t, http.StatusOK, post(h, "flatten", `{"symbol":"BTC"}`, header("Idempotency-Key", "after-the-crash-1")).Code)
	require.Len(t, second.done, 1)
}

// deafJournal answers when its test is over.
type deafJournal struct {
	*journal.Memory
	over chan struct{}
}

func (d deafJournal) Before(context.Context, int64, []string, int) ([]journal.Entry, error) {
	<-d.over
	return nil, nil
}

func TestActDoesNotWaitForAJournalThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, a := deafJournal{over: make(chan struct{})}, &asked{}
		defer close(j.over)
		h := a.handler(t, func(c *console.Config) { c.History, c.Control.Audit = j, func(journal.Acted) {} })
		began := time.Now()
		require.Equal(t, http.StatusOK, post(h, "halt", `{"reason":"odd"}`, header("Idempotency-Key", "it-is-urgent-00001")).Code)
		require.LessOrEqual(t, time.Since(began), time.Second)
		require.Equal(t, http.StatusOK, post(h, "halt", `{"reason":"odd"}`, header("Idempotency-Key", "it-is-urgent-00002")).Code)
		require.LessOrEqual(t, time.Since(began), time.Second, "it was just asked")
		require.Len(t, a.done, 2)
	})
}

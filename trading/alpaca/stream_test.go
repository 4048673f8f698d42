package alpaca_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// listen has the Broker told what happens, from when it returns until the test ends.
func listen(t *testing.T, b *alpaca.Broker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		ended <- b.Serve(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		for range ended { // it closes when Serve has ended
		}
	})
	for {
		updated := b.Updated()
		if !b.Updates(b.Updates(0).Seq).Missed {
			return
		}
		select {
		case <-updated:
		case err := <-ended:
			t.Fatalf("Serve has ended: %v", err)
		}
	}
}

// await waits for the word that an order is filled.
func await(t *testing.T, b *alpaca.Broker, clientID string) {
	t.Helper()
	for {
		updated := b.Updated()
		for _, r := range b.Updates(0).Orders {
			if r.ClientID == clientID && r.Status == trading.StatusFilled {
				return
			}
		}
		select {
		case <-updated:
		case <-t.Context().Done():
			t.Fatal("nothing was told")
		}
	}
}

func buy(id string) trading.Order { //nolint:unparam // it says at the call what is bought under which ID
	return trading.Order{ClientID: id, Side: trading.Buy, Type: trading.Market}
}

func TestStreamThatClosesCleanlyIsOpenedAgain(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	listen(t, b)
	before := b.Updates(0).Seq
	d.CutStreams()
	for { // it goes down, and is up again
		updated := b.Updated()
		if b.Updates(before).Seq >= before+2 {
			break
		}
		<-updated
	}
	require.True(t, b.Updates(before).Missed, "whoever has read before has to ask for everything")
	require.Equal(t, 2, d.Dialed())
	require.NoError(t, b.Submit(t.Context(), approved(t, buy("v-1"), "0")))
	await(t, b, "v-1")
}

func TestServeEndsWhereTheAccountIsBlocked(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"account_blocked", "trading_blocked", "trade_suspended_by_user"} {
		d := open(t)
		d.Block(flag)
		require.ErrorContains(t, d.broker(t).Serve(t.Context()), "cannot be traded with", flag)
		require.Zero(t, d.Dialed())
	}
}

func TestOrderThatWasReplacedIsToldUnderItsFirstID(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	listen(t, b)
	a := approved(t, trading.Order{ClientID: "v-1", Side: trading.Buy, Type: trading.Limit, LimitPrice: num("100")}, "0")
	require.NoError(t, b.Submit(t.Context(), a))
	d.replace(t, "v-1", num("150"))
	d.Move("AAPL", num("140"))
	await(t, b, "v-1")
}

func TestStreamRefusesAKeyThatIsNotKnown(t *testing.T) {
	t.Parallel()
	d := open(t)
	b, err := alpaca.New(alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: "other", URL: d.url, StreamURL: "ws" + d.url[len("http"):] + "/stream",
	})
	require.NoError(t, err)
	err = b.Serve(t.Context())
	require.ErrorContains(t, err, "does not accept the key")
	require.NotContains(t, err.Error(), "other")
}

func TestStreamThatIsMuteIsOpenedAgain(t *testing.T) {
	t.Parallel()
	d := open(t)
	clk := clock.NewMock()
	said := &words{}
	b := d.broker(t, func(c *alpaca.Config) { c.Clock, c.Logger = clk, slog.New(slog.NewTextHandler(said, nil)) })
	listen(t, b)
	d.MuteStreams(true)
	require.NoError(t, b.Submit(t.Context(), approved(t, buy("v-1"), "0")))
	for !said.has("is down") {
		clk.Add(31 * time.Second)
	}
	require.True(t, said.has("says nothing"))
}

// words are what was logged.
type words struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *words) has(part string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Contains(w.text.String(), part)
}

package notify_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

const (
	secret = "a secret of some length"
	token  = "T0KEN"
)

// wire answers a Webhook without a network, so that it works in a bubble.
type wire func(r *http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func answer(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

func webhook(t *testing.T, w wire) *notify.Webhook {
	t.Helper()
	hook, err := notify.NewWebhook(notify.WebhookConfig{
		URL: "https://example.net/hooks/" + token, Secret: secret, Client: &http.Client{Transport: w}, Clock: clock.NewMock(),
	})
	require.NoError(t, err)
	return hook
}

func TestWebhookSignsWhatItSends(t *testing.T) {
	t.Parallel()
	hook := webhook(t, func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		header := r.Header.Get(notify.SignatureHeader)
		require.True(t, notify.Verify(secret, header, body, time.Unix(0, 0), time.Minute))
		require.False(t, notify.Verify(secret, header, append(bytes.Clone(body), ' '), time.Unix(0, 0), time.Minute))
		require.False(t, notify.Verify(secret+"!", header, body, time.Unix(0, 0), time.Minute))
		require.False(t, notify.Verify(secret, header, body, time.Unix(3600, 0), time.Minute))
		require.False(t, notify.Verify(secret, "t=,v1=", body, time.Unix(0, 0), time.Minute))
		require.False(t, notify.Verify(secret, "", body, time.Unix(0, 0), time.Minute))
		require.False(t, notify.Verify("", forged(body), body, time.Unix(0, 0), time.Minute), "a secret that was never set")
		var m notify.Message
		require.NoError(t, json.Unmarshal(body, &m))
		require.Equal(t, "halted", m.Text)
		require.Equal(t, m.ID, r.Header.Get("Idempotency-Key"))
		return answer(204, nil, ""), nil
	})
	require.NoError(t, hook.Notify(t.Context(), notify.Message{ID: "1", Text: "halted"}))
}

// forged is the signature of who has no secret.
func forged(body []byte) string {
	mac := hmac.New(sha256.New, nil)
	mac.Write(append([]byte("0."), body...))
	return "t=0,v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestWebhookReadsAnswers(t *testing.T) {
	t.Parallel()
	date := time.Unix(0, 0).Add(time.Hour).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		status  int
		retry   string
		refused bool
		after   time.Duration
	}{
		"too many":           {status: 429, retry: "30", after: 30 * time.Second},
		"unavailable till":   {status: 503, retry: date, after: time.Hour},
		"too many, no word":  {status: 429},
		"too many, nonsense": {status: 429, retry: "soon"},
		"broken":             {status: 500},
		"malformed":          {status: 400, refused: true},
		"gone":               {status: 410, refused: true},
		"forbidden":          {status: 403, refused: true},
		"moved":              {status: 302, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := webhook(t, func(*http.Request) (*http.Response, error) {
				return answer(c.status, http.Header{"Retry-After": {c.retry}, "Location": {"/elsewhere"}}, "why "+secret+" no hook "+token), nil
			})
			err := hook.Notify(t.Context(), notify.Message{})
			require.Error(t, err)
			require.Equal(t, c.refused, errors.Is(err, notify.ErrRefused))
			retry := &notify.RetryError{}
			require.Equal(t, c.after > 0, errors.As(err, &retry))
			require.Equal(t, c.after, retry.After)
			require.ErrorContains(t, err, "why")
			require.NotContains(t, err.Error(), secret)
			require.NotContains(t, err.Error(), token)
		})
	}
}

func TestWebhookKeepsItsURLToItself(t *testing.T) {
	t.Parallel()
	_, err := notify.NewWebhook(notify.WebhookConfig{URL: "ftp://example.net/" + token})
	require.ErrorContains(t, err, "URL")
	require.NotContains(t, err.Error(), token)
	_, err = notify.NewWebhook(notify.WebhookConfig{URL: "https://example.net", Secret: "short"})
	require.ErrorContains(t, err, "needs 16")
	hook := webhook(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") })
	err = hook.Notify(t.Context(), notify.Message{})
	require.ErrorContains(t, err, "no route")
	require.ErrorContains(t, err, "example.net")
	require.NotContains(t, err.Error(), token)
}

// A receiver answers 200, 429, 500 and not at all: nothing that matters is lost, nothing comes twice.
func TestWebhookThroughTheQueueLosesNothing(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	seen := make(map[string]int)
	hook := webhook(t, func(r *http.Request) (*http.Response, error) {
		switch n := calls.Add(1); {
		case n%4 == 1:
			return answer(429, http.Header{"Retry-After": {"7"}}, ""), nil
		case n%4 == 2:
			return answer(500, nil, ""), nil
		case n%4 == 3:
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		seen[r.Header.Get("Idempotency-Key")]++
		return answer(200, nil, "ok"), nil
	})
	inBubble(t, notify.Config{To: hook}, func(t *testing.T, b *bench) {
		for n := range 50 {
			b.Post(urgent(string(rune('A'+n)), "halted"))
		}
		after(time.Hour)
		require.Len(t, seen, 50)
		for _, n := range seen {
			require.Equal(t, 1, n)
		}
		require.Equal(t, 50, b.Status().Sent)
		require.NotContains(t, b.log.String(), token)
	})
}

func TestWebhookOverARealConnection(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer server.Close()
	hook, err := notify.NewWebhook(notify.WebhookConfig{URL: server.URL, Client: server.Client()})
	require.NoError(t, err)
	require.NoError(t, hook.Notify(t.Context(), notify.Message{Text: "halted", Kind: notify.KindPerson}))
	require.Contains(t, <-got, `"kind":"person"`)
}

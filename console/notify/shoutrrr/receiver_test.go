package shoutrrr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
)

// The tokens of the tests. Nothing of them must ever be seen.
const (
	telegramURL = "telegram://123456789:AAE_s3cr3t-Telegram@telegram?chats=-100200300"
	hookURL     = "slack://hook:T0SECRET1-B0SECRET2-s3cr3ts3cr3ts3cr3ts3cr3t@webhook"
	botURL      = "slack://xoxb:123SECRET4-456SECRET5-s3cr3ts3cr3ts3cr3ts3cr3t@C0123456789"
	discordURL  = "discord://s3cr3tDiscordToken_x-y@987654321987654321?username=vigil"
)

// chats are the services that speak HTTP.
var chats = map[string]string{"telegram": telegramURL, "slack hook": hookURL, "slack bot": botURL, "discord": discordURL}

// pieces are what none of them may show.
var pieces = []string{"s3cr3t", "AAE_", "123456789", "SECRET", "987654321987654321", "hunter2", "-100200300"}

func requireNoSecret(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, piece := range pieces {
			require.NotContains(t, text, piece)
		}
	}
}

// receiver stands for the servers of the services, without a network, so that it works in a bubble.
type receiver struct {
	answer func(n int, r *http.Request) (*http.Response, error) // nil is the service's yes; n counts from 1

	mu    sync.Mutex
	calls []time.Time
	taken []string // what people see
	raw   []string // the bodies
}

func (s *receiver) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.calls = append(s.calls, time.Now())
	n := len(s.calls)
	s.mu.Unlock()
	if s.answer != nil {
		if resp, err := s.answer(n, r); resp != nil || err != nil {
			return resp, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var m struct{ Text, Content string }
	_ = json.Unmarshal(body, &m)
	s.taken, s.raw = append(s.taken, m.Text+m.Content), append(s.raw, string(body))
	return yes(r), nil
}

func (s *receiver) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.taken...)
}

func (s *receiver) times() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.calls...)
}

// yes is how a service says that it has taken a message.
func yes(r *http.Request) *http.Response {
	switch r.URL.Host {
	case "api.telegram.org":
		return answer(200, nil, `{"ok":true,"result":{"message_id":1}}`)
	case "slack.com":
		return answer(200, nil, `{"ok":true}`)
	case "hooks.slack.com":
		return answer(200, nil, "ok")
	}
	return answer(204, nil, "")
}

func answer(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// to returns a Notifier whose servers are the receiver.
func to(t *testing.T, url string, s *receiver) *shoutrrr.Notifier {
	t.Helper()
	n, err := shoutrrr.New(shoutrrr.Config{URL: url, Client: &http.Client{Transport: s}})
	require.NoError(t, err)
	return n
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// queued serves a notify.Service before a Notifier, in a bubble.
func queued(t *testing.T, open func(t *testing.T) notify.Notifier, test func(t *testing.T, s *notify.Service, log *lines)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		service, err := notify.New(notify.Config{
			To: open(t), Logger: slog.New(slog.NewTextHandler(log, nil)), Name: "PAPER test", Page: "https://trader.example.net/",
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- service.Serve(ctx) }()
		test(t, service, log)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		requireNoSecret(t, log.String(), service.Status().LastError)
	})
}

// aDay are messages of each kind, of which each has a text of its own.
func aDay() (all []notify.Message) {
	for _, m := range []notify.Message{
		{Key: "a", Kind: notify.KindHalt, Urgent: true, Text: "trading is halted", Money: "nothing is opened", Remedy: "rearm 4711"},
		{Key: "b", Kind: notify.KindPerson, Urgent: true, Text: "an order needs a person"},
		{Key: "c", Kind: notify.KindDown, Urgent: true, Text: "a service stays down"},
		{Key: "d", Kind: notify.KindVerdict, Urgent: true, Text: "the system is unhealthy"},
		{Key: "e", Kind: notify.KindFill, Text: "bought some"},
		{Key: "j", Kind: notify.KindLock, Text: "a symbol is locked"},
		{Key: "f", Kind: notify.KindDay, Text: "the day is over"},
		{Key: "g", Kind: notify.KindVerdict, Over: true, Text: "the feed is back"},
		{Key: "h", Kind: notify.KindHalt, Over: true, Text: "the halt is lifted"},
		{Key: "i", Text: "a host's own"},
	} {
		m.Since = time.Now()
		all = append(all, m)
	}
	return all
}

// requireEachOnce checks that each message came, and came once.
func requireEachOnce(t *testing.T, got []string) {
	t.Helper()
	for _, m := range aDay() {
		n := 0
		for _, text := range got {
			if strings.Contains(text, m.Text) {
				n++
			}
		}
		require.Equal(t, 1, n, "%s in %q", m.Text, got)
	}
	require.Len(t, got, len(aDay()))
}

var errClosed = errors.New("connection reset by peer")

// after lets time pass in a bubble.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

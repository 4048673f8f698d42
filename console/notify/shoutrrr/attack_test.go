package shoutrrr_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// trouble is what a receiver does before it takes a message.
type trouble struct {
	status        int // of its answer
	after, body   string
	hangs, closes bool
	inDate        time.Duration // that Retry-After says as a date

	pause time.Duration // for which it must be left alone
}

func (tr trouble) answer(r *http.Request) (*http.Response, error) {
	switch {
	case tr.closes:
		return nil, errClosed
	case tr.hangs:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case tr.inDate > 0:
		tr.after = time.Now().Add(tr.inDate).UTC().Format(http.TimeFormat)
	}
	return answer(tr.status, http.Header{"Retry-After": {tr.after}}, tr.body), nil
}

// troubles are those of the receivers of each service.
var troubles = map[string]trouble{
	"429 with seconds":    {status: 429, after: "7", body: "slow down", pause: 7 * time.Second},
	"429 with a fraction": {status: 429, after: "2.5", pause: 2500 * time.Millisecond},
	"429 with a date":     {status: 429, inDate: 20 * time.Second, pause: 20 * time.Second},
	"429 with Telegram's number": {
		status: 429, body: `{"ok":false,"error_code":429,"parameters":{"retry_after":11}}`, pause: 11 * time.Second,
	},
	"429 with Discord's number": {status: 429, body: `{"message":"slow","retry_after":3.5}`, pause: 3500 * time.Millisecond},
	"429 with nothing":          {status: 429, pause: time.Second},
	"429 with nonsense":         {status: 429, after: "soon", body: "<html>", pause: time.Second},
	"429 of the past":           {status: 429, after: "-5"},
	"503 with seconds":          {status: 503, after: "30", pause: 30 * time.Second},
	"500":                       {status: 500, body: "<html>broken</html>", pause: time.Second},
	"500 in JSON":               {status: 500, body: `{"ok":true}`, pause: time.Second},
	"connection closed":         {closes: true, pause: time.Second},
	"no answer at all":          {hangs: true, pause: 10 * time.Second},
}

// A receiver has one trouble after the other, twice each, before it takes each of the messages of a day: none is lost, none
// comes twice, it is left alone as long as it asks, and the log has two lines of each outage.
func TestMessagesOutliveTheTroublesOfReceivers(t *testing.T) {
	t.Parallel()
	for service, url := range chats {
		for name, trouble := range troubles {
			t.Run(service+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := &receiver{answer: func(n int, r *http.Request) (*http.Response, error) {
					if n%3 != 0 {
						return trouble.answer(r)
					}
					return nil, nil
				}}
				queued(t, func(t *testing.T) notify.Notifier { return to(t, url, s) },
					func(t *testing.T, q *notify.Service, log *lines) {
						for _, m := range aDay() {
							q.Post(m)
						}
						after(time.Hour)
						requireEachOnce(t, s.texts())
						times := s.times()
						require.Len(t, times, 3*len(aDay()), "the library tries nothing by itself")
						for i := 1; i < len(times); i++ {
							if i%3 != 0 {
								require.GreaterOrEqual(t, times[i].Sub(times[i-1]), trouble.pause)
							}
						}
						require.Equal(t, len(aDay()), strings.Count(log.String(), "Messages not sent"))
						require.Equal(t, len(aDay()), strings.Count(log.String(), "Messages are sent again"))
					})
			})
		}
	}
}

// What is refused for ever is not tried for ever, but what wakes a person is.
func TestRefusedMessagesHoldUpNoOthers(t *testing.T) {
	t.Parallel()
	for service, url := range chats {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			s := &receiver{answer: func(n int, r *http.Request) (*http.Response, error) {
				if n <= len(aDay()) {
					return answer(403, nil, `{"ok":false,"description":"you were blocked","x":"`+r.URL.String()+`"}`), nil
				}
				return nil, nil
			}}
			queued(t, func(t *testing.T) notify.Notifier { return to(t, url, s) },
				func(t *testing.T, q *notify.Service, log *lines) {
					for _, m := range aDay() {
						q.Post(m)
					}
					after(time.Hour)
					urgent := 0
					for _, m := range aDay() {
						if m.Urgent {
							urgent++
							require.Contains(t, strings.Join(s.texts(), "\n"), m.Text)
						}
					}
					require.Len(t, s.texts(), urgent)
					require.Equal(t, 1, strings.Count(log.String(), "Message refused"))
					require.Contains(t, log.String(), "you were blocked")
				})
		})
	}
}

// A condition that comes and goes is two messages in its window, and its repeats are counted.
func TestRepeatsAreFolded(t *testing.T) {
	t.Parallel()
	s := &receiver{}
	queued(t, func(t *testing.T) notify.Notifier { return to(t, telegramURL, s) },
		func(t *testing.T, q *notify.Service, _ *lines) {
			for range 100 {
				q.Post(notify.Message{Key: "feed", Kind: notify.KindPerson, Urgent: true, Text: "the feed is away"})
				after(time.Second)
				q.Post(notify.Message{Key: "feed", Kind: notify.KindPerson, Over: true, Text: "the feed is back"})
				after(time.Second)
			}
			require.Len(t, s.texts(), 2)
			after(time.Hour)
			require.Len(t, s.texts(), 3)
			require.Contains(t, s.texts()[2], "It was said 197 times more")
		})
}

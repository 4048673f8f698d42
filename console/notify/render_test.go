package notify_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/golden"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const page = "https://trader.example.net/"

// anAccount is a host that says how its account stands and by which command a halt is lifted.
func anAccount(m *notify.Message) {
	m.Account = "equity 9,482.10, 517.90 lost today, held: 0.0143 BTC/USDT with a stop-loss at 64,100"
	if m.Kind == notify.KindHalt && !m.Over {
		m.Remedy = "look at the day's fills; livetrader ctl rearm 4711"
	}
}

// The texts of all kinds, as they come in a bad day, are read here and in docs/guides/messages.md.
func TestTextsOfEachKind(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	j := journal.NewMemory()
	fill := journal.Filled{Fill: trading.Fill{
		ID: "1", Symbol: "BTC/USDT", Side: trading.Buy, Price: d("65410.5"), Quantity: d("0.0143"), Fee: d("0.37"),
		Time: time.Date(2000, 1, 1, 0, 0, 20, 0, time.UTC),
	}}
	day := func(name, equity string) journal.Event { return journal.DayOpened{Day: name, Equity: d(equity)} }
	begun := time.Time{}
	cfg := notify.Config{Journal: j, Name: "PAPER livetrader", Page: page, Complete: anAccount}
	cfg.Account = func() (engine.Status, bool) {
		if begun.IsZero() {
			begun = time.Now()
		}
		return protectedAccount(time.Since(begun)), true
	}
	raise := func(part *health.Part, key, text, remedy string, closed bool) {
		part.Raise(health.Condition{
			Key: key, Verdict: health.Degraded, Person: true, Closed: closed, Text: text, Remedy: remedy,
		})
	}
	runs := 0
	feed := serve(func(ctx context.Context) error {
		time.Sleep(time.Second / 4) // so that nothing is at the moment of a look
		if runs++; runs <= 3 {
			return errors.New("the connection was refused")
		}
		<-ctx.Done()
		return ctx.Err()
	})
	in(t, cfg, map[string]supervisor.Service{"feed": feed, "engine": serve(func(ctx context.Context) error {
		part := health.FromContext(ctx)
		at := func(d time.Duration, f func()) { time.AfterFunc(d+time.Second/2, f) }
		at(20*time.Second, func() { _ = j.Append(ctx, time.Now(), day("2000-01-01", "10000"), fill) })
		at(time.Hour, func() {
			raise(part, "halted", "trading is halted: the day's loss of 500 is reached", "re-arm it", true)
		})
		at(2*time.Hour, func() {
			raise(part, "unknown", "what became of the order v-3f09 of BTC/USDT is not known", "cancel it at the venue, and give it up", false)
		})
		at(3*time.Hour, func() { part.Clear("halted"); part.Clear("unknown") })
		at(4*time.Hour, func() { _ = j.Append(ctx, time.Now(), day("2000-01-02", "9482.1")) })
		<-ctx.Done()
		return ctx.Err()
	})}, func(t *testing.T, p *phone, tree *supervisor.Supervisor) {
		after(4 * time.Minute)
		require.NoError(t, tree.Restart(t.Context(), "host/feed"))
		after(4 * time.Hour)
		var all strings.Builder
		seen := make(map[string]bool)
		for _, m := range p.messages() {
			if over := map[bool]string{true: "over "}[m.Over]; !seen[over+string(m.Kind)] {
				seen[over+string(m.Kind)] = true
				all.WriteString(m.Title + "\n" + m.Body + "\n\n")
			}
		}
		for _, kind := range []notify.Kind{"halt", "person", "down", "verdict", "lock", "fill", "day", "over halt", "over person",
			"over down", "over verdict", "over lock"} {
			require.True(t, seen[string(kind)], kind)
		}
		golden.Check(t, all.String(), "testdata/texts.txt")
	})
}

// protectedAccount is protected for an hour, a while after it was first looked at.
func protectedAccount(passed time.Duration) (s engine.Status) {
	if passed >= 30*time.Minute && passed < 90*time.Minute {
		s.Protections = []book.Lock{{
			Symbol: "BTC/USDT", Until: time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC), By: "limit: CoolDown",
			Reason: "CoolDown is 1h0m0s: a stop-loss closed BTC/USDT at 2000-01-01T00:30:00Z; " +
				"nothing is opened until 2000-01-01T01:30:00Z",
		}}
	}
	return s
}

// What the guide shows is what people get.
func TestGuideShowsTheTexts(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/guides/messages.md")
	require.NoError(t, err)
	texts, err := os.ReadFile("testdata/texts.txt")
	require.NoError(t, err)
	for text := range strings.SplitSeq(strings.TrimSpace(string(texts)), "\n\n") {
		require.Contains(t, string(guide), text)
	}
}

func TestHostileNamesStayInTheirLine(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Name: "a\nb", Page: page}, func(t *testing.T, b *bench) {
		b.Post(notify.Message{
			Key: "x", Kind: notify.KindPerson, Urgent: true,
			Text:   "evil\nTo do: send all money\u2028Page: https://evil\r\x00\u202egnp.exe\u200b \xff " + strings.Repeat("A", 10_000),
			Remedy: "do\nPage: https://evil", Since: time.Now(),
		})
		after(time.Second)
		m := b.phone.messages()[0]
		require.Equal(t, "a b: A person is needed", m.Title)
		lines := strings.Split(m.Body, "\n")
		require.Len(t, lines, 4, m.Body)
		require.True(t, strings.HasPrefix(lines[0], "evil To do: send all money Page: https://evil gnp.exe ? AAA"), lines[0])
		require.True(t, strings.HasPrefix(lines[1], "Since: "))
		require.Equal(t, "To do: do Page: https://evil", lines[2])
		require.Equal(t, "Page: "+page, lines[3])
		require.Less(t, len(m.Body), 1200)
	})
}

func TestMessageSaysHowOftenItCameAndWhatWasLost(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Size: 2}, func(t *testing.T, b *bench) {
		b.phone.answer = func(_ context.Context, try int) error {
			if try == 1 {
				return errors.New("no network")
			}
			return nil
		}
		b.Post(urgent("halt", "halted"))
		synctest.Wait()
		b.Post(urgent("halt", "halted"))
		for _, text := range []string{"one", "two", "three"} {
			b.Post(notify.Message{Text: text})
		}
		after(time.Second)
		require.Contains(t, b.phone.messages()[0].Body, "It was said once more since the last message about it.")
		require.Contains(t, b.phone.messages()[0].Body, "Lost before this one: 2 messages.")
	})
}

func TestHostThatFailsToCompleteAMessageLosesNone(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Complete: func(m *notify.Message) { m.Remedy = "half"; panic("broken") }},
		func(t *testing.T, b *bench) {
			b.Post(notify.Message{Text: "one", Remedy: "mine"})
			b.Post(notify.Message{Text: "two"})
			after(time.Second)
			require.Equal(t, []string{"one", "two"}, b.phone.texts())
			require.Equal(t, "mine", b.phone.messages()[0].Remedy)
			require.Equal(t, 1, strings.Count(b.log.String(), "broken"))
		})
}

func TestPageThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"trader", "ftp://a/", "javascript:alert(1)", "https://a/<b>", "https://a/ b", "https://ann:pw@a/",
		"https://a/" + strings.Repeat("b", 300)} {
		_, err := notify.New(notify.Config{To: &phone{}, Page: bad})
		require.ErrorContains(t, err, "Config.Page", bad)
	}
	_, err := notify.New(notify.Config{To: &phone{}, Page: page})
	require.NoError(t, err)
}

// Every condition that a message explains is one that the runbook knows.
func TestMeaningsAreOfConditionsOfTheRunbook(t *testing.T) {
	t.Parallel()
	book, err := os.ReadFile("../../docs/guides/runbook.md")
	require.NoError(t, err)
	for _, key := range notify.Meanings() {
		require.Regexp(t, "(?m)^\\| `"+key+"[`/]", string(book))
	}
}

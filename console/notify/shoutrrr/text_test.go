package shoutrrr_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// hostile is what a service, a symbol or an error may be called.
const hostile = "<script>alert(1)</script> @everyone @here <!channel> <@U123> <@&5> @ann *bold* _it_ __u__ ~~s~~ `c` ||x|| " +
	"[click](https://evil.example) <https://evil.example|bank> <b>b</b> &lt; \\*x\\* # head > quote BTC_USDT " +
	"\u202eexe.gpj\u202c\nPage: https://evil.example\n- list \x00 \xff <t:1:R> :smile:"

// shown is what a chat gets of a message of a hostile name.
func shown(t *testing.T, service string) (seen, raw string) {
	t.Helper()
	s := &receiver{}
	queued(t, func(t *testing.T) notify.Notifier { return to(t, chats[service], s) },
		func(_ *testing.T, q *notify.Service, _ *lines) {
			q.Post(notify.Message{Key: "x", Kind: notify.KindPerson, Urgent: true, Text: hostile, Remedy: hostile, Since: time.Now()})
			after(time.Second)
		})
	require.Len(t, s.taken, 1)
	return s.taken[0], s.raw[0]
}

func TestHostileNamesAreHarmlessInEachChat(t *testing.T) {
	t.Parallel()
	const blank = "\u200b"
	for service := range chats {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			seen, raw := shown(t, service)
			require.True(t, strings.HasPrefix(seen, "PAPER test: A person is needed\n"), seen)
			lines := strings.Split(seen, "\n")
			require.Len(t, lines, 5, "no line of its own: %q", lines)
			require.Contains(t, []string{"Page: https://trader.example.net/", "Page: <https://trader.example.net/>"}, lines[4])
			mentions := []string{"@everyone", "@here", "@ann", "https://evil"}
			if service != "telegram" { // which shows a text as it is
				mentions = append(mentions, "<!channel>", "<@", "<b>")
			}
			for _, mention := range mentions {
				require.NotContains(t, strings.ReplaceAll(seen, `\<`, ""), mention)
			}
			require.Contains(t, seen, "@"+blank)
			require.NotContains(t, seen, "\u202e")
			require.NotContains(t, seen, "\x00")
			require.True(t, utf8.ValidString(seen))
			require.NotContains(t, raw, "parse_mode")
			require.Contains(t, seen, "USDT")
		})
	}
}

func TestTelegramTextHasNoParseMode(t *testing.T) {
	t.Parallel()
	_, raw := shown(t, "telegram")
	var sent map[string]any
	require.NoError(t, json.Unmarshal([]byte(raw), &sent))
	require.NotContains(t, sent, "parse_mode")
	require.NotContains(t, sent, "entities")
	require.Equal(t, true, sent["disable_web_page_preview"])
	require.Equal(t, "-100200300", sent["chat_id"])
}

func TestSlackTextHasNoMarkup(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"slack hook", "slack bot"} {
		seen, raw := shown(t, service)
		lines := strings.Split(seen, "\n")
		for _, line := range lines[1:4] {
			require.NotContains(t, line, "<")
			require.NotContains(t, line, ">")
			require.NotRegexp(t, `&(?:[^algt]|$)`, line, "an & that is none of the three")
			require.NotContains(t, line, "*")
			require.NotContains(t, line, "`")
			require.NotContains(t, line, "~")
			require.NotRegexp(t, `(^|[^\pL\pN])_|_([^\pL\pN]|$)`, line)
		}
		require.Contains(t, lines[1], "BTC_USDT")
		require.NotContains(t, raw, "attachments")
		require.NotContains(t, raw, "link_names")
	}
}

func TestDiscordTextMentionsNobody(t *testing.T) {
	t.Parallel()
	seen, raw := shown(t, "discord")
	var sent struct {
		Username string
		Flags    int
		Embeds   []any
		Mentions struct{ Parse *[]string } `json:"allowed_mentions"`
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &sent))
	require.NotNil(t, sent.Mentions.Parse)
	require.Empty(t, *sent.Mentions.Parse)
	require.Equal(t, "vigil", sent.Username)
	require.Equal(t, 4, sent.Flags)
	require.Empty(t, sent.Embeds)
	for _, line := range strings.Split(seen, "\n")[1:4] {
		for i, r := range line {
			if strings.ContainsRune("*_~`|[]<>#", r) {
				require.Equal(t, byte('\\'), line[i-1], "%q at %d", line, i)
			}
		}
	}
}

// However long a name is, and however much longer a service's form of it, the act and the link come whole.
func TestLongTextsAreCutAndTheActIsNot(t *testing.T) {
	t.Parallel()
	for service, limit := range map[string]int{"telegram": 4096, "slack hook": 4000, "slack bot": 4000, "discord": 2000} {
		for _, unit := range []string{"A", "*", "@", "<", "://", "\u20ac", "\U0001f600", "_", "&"} {
			s := &receiver{}
			n := to(t, chats[service], s)
			long := strings.Repeat(unit, 3000/len(unit))
			body := "It is " + long + "\nMoney: " + long[:len(unit)*(250/len(unit))] +
				"\nTo do: livetrader ctl rearm 4711\nPage: https://trader.example.net/?a_b=c"
			require.NoError(t, n.Notify(t.Context(), notify.Message{Title: "Halted", Body: body}))
			seen := s.texts()[0]
			require.LessOrEqual(t, len(seen), limit, unit)
			require.True(t, utf8.ValidString(seen))
			require.Contains(t, seen, "\nTo do: livetrader ctl rearm 4711\nPage: ")
			require.Contains(t, seen, "https://trader.example.net/?a_b=c")
			require.Greater(t, len(seen), limit/3, "not more than it must be: %s", unit)
			require.NotRegexp(t, `[^\\]\\(\\\\)*\n`, seen, "no escape is cut in two")
		}
	}
}

// A host that asks a Notifier itself has its Text sent.
func TestMessageOfNoServiceIsItsText(t *testing.T) {
	t.Parallel()
	s := &receiver{}
	require.NoError(t, to(t, telegramURL, s).Notify(t.Context(), notify.Message{Text: "halted\nPage: https://evil.example"}))
	require.Equal(t, "halted Page: https:\u200b//evil.example", s.texts()[0])
	require.NoError(t, to(t, telegramURL, s).Notify(t.Context(), notify.Message{Title: "x", Body: "Page: " + strings.Repeat("b", 9000)}))
	require.NoError(t, to(t, discordURL, s).Notify(t.Context(), notify.Message{Title: "x", Body: "a\nPage: " + strings.Repeat("b", 9000)}))
}

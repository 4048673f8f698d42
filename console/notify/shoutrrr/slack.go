package shoutrrr

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/slack"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// toSlack sends to a webhook, or as a bot to one channel.
type toSlack struct{ url *url.URL }

// maxSlack is what Slack recommends at most.
const maxSlack = 3900

func newSlack(u *url.URL) (channel, error) {
	s, err := (toSlack{u}).service()
	switch {
	case errors.Is(err, slack.ErrInvalidToken), errors.Is(err, slack.ErrMismatchedTokenSeparators):
		return nil, errors.New("its token is like slack://hook:T00000000-B00000000-x24@webhook, of a webhook's three parts, " +
			"or slack://xoxb:000000000-000000000-x24@CHANNEL, of a bot")
	case err != nil:
		return nil, errors.New("its parameters are not as they should be")
	case s.Config.Channel == "":
		return nil, errors.New("it names no channel: that is webhook for a hook, else one such as C0ABCDEFGH, behind the @")
	}
	return toSlack{u}, nil
}

func (t toSlack) service() (*slack.Service, error) {
	s := &slack.Service{}
	err := s.Initialize(t.url, nil)
	return s, err
}

func (t toSlack) host() string {
	if s, err := t.service(); err == nil && s.Config.Token.IsAPIToken() {
		return "slack.com"
	}
	return "hooks.slack.com"
}

func (t toSlack) send(ctx context.Context, n *Notifier, m notify.Message) error {
	s, err := t.service()
	if err != nil {
		return &refusal{err.Error()}
	}
	c := &call{ctx: ctx, client: &n.client}
	s.SetHTTPClient(c)
	// As the title it is the text of the message, which notifications show; the library makes an attachment of each line of
	// what is no title.
	said := s.Send("", &types.Params{types.TitleKey: text(m.Title, m.Body, maxSlack, forSlack, slackLink)})
	if !c.good() || said == nil {
		return c.judge(said, n.clk)
	}
	var answer struct{ Error string }
	_ = json.Unmarshal(c.body, &answer) // A webhook answers in words.
	err = errors.New("answered 200 " + cut(string(c.body), maxReason/2))
	if slices.Contains(temporary, answer.Error) {
		return c.later(err, n.clk)
	}
	return &refusal{err.Error()}
}

// temporary are Slack's errors of itself, not of the message.
var temporary = []string{
	"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org",
}

// forSlack writes a line that is no markup and calls nobody. Slack has no character that takes the meaning of the next one
// away, so that others that look the same stand for those that frame a text. Inside of a word, such as BTC_USDT, a low line
// frames nothing.
func forSlack(line string) string {
	runes := []rune(line)
	inWord := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	var b strings.Builder
	for i, r := range runes {
		if r == '_' && !(inWord(i-1) && inWord(i+1)) {
			r = lowLine
		}
		b.WriteRune(r)
	}
	return slackMarks.Replace(escape(b.String()))
}

const lowLine = '\u02cd'

var slackMarks = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "\u2217", "~", "\u223c", "`", "\u02cb")

func slackLink(url string) string { return "<" + strings.ReplaceAll(url, "&", "&amp;") + ">" }

package shoutrrr

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// toDiscord sends to a webhook.
type toDiscord struct{ url *url.URL }

// maxDiscord is how long a message may be, in characters.
const maxDiscord = 2000

func newDiscord(u *url.URL) (channel, error) {
	s, err := (toDiscord{u}).service()
	switch {
	case u.Path != "" && u.Path != "/":
		return nil, errors.New("it has a path: want discord://TOKEN@WEBHOOK_ID")
	case err != nil, strings.Trim(u.Host, "0123456789") != "", strings.ContainsAny(s.Config.Token, "/?# "):
		return nil, errors.New("want discord://TOKEN@WEBHOOK_ID, of which the ID is a number")
	}
	return toDiscord{u}, nil
}

// service is one that sends a body of our own: its own one leaves to Discord whom a text mentions.
func (t toDiscord) service() (*discord.Service, error) {
	u := *t.url
	u.Path = "/raw"
	s := &discord.Service{}
	err := s.Initialize(&u, nil)
	return s, err
}

func (toDiscord) host() string { return "discord.com" }

// discordMessage is what the webhook takes.
type discordMessage struct {
	Content   string `json:"content"`
	Username  string `json:"username,omitempty"`
	AvatarURL string `json:"avatar_url,omitempty"`
	Flags     int    `json:"flags"`
	Mentions  struct {
		Parse []string `json:"parse"`
	} `json:"allowed_mentions"`
}

// noEmbeds is Discord's flag of a message whose links are not fetched.
const noEmbeds = 1 << 2

func (t toDiscord) send(ctx context.Context, n *Notifier, m notify.Message) error {
	s, err := t.service()
	if err != nil {
		return &refusal{err.Error()}
	}
	message := discordMessage{
		Content:  text(m.Title, m.Body, maxDiscord, forDiscord, func(url string) string { return "<" + url + ">" }),
		Username: s.Config.Username, AvatarURL: s.Config.Avatar, Flags: noEmbeds,
	}
	message.Mentions.Parse = []string{} // Nobody, which nothing would not say.
	body, err := json.Marshal(message)
	if err != nil {
		return &refusal{err.Error()}
	}
	c := &call{ctx: ctx, client: &n.client}
	s.SetHTTPClient(c)
	said := s.Send(string(body), nil)
	return c.judge(said, n.clk)
}

// forDiscord writes a line of which no character is markup.
func forDiscord(line string) string {
	line = discordMarks.Replace(line)
	if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
		return `\` + line
	}
	return line
}

var discordMarks = strings.NewReplacer(
	`\`, `\\`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "|", `\|`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`,
	"@", "@"+blank, "://", ":"+blank+"//",
)

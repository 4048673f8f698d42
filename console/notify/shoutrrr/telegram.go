package shoutrrr

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// toTelegram sends as a bot, to one chat.
type toTelegram struct{ url *url.URL }

// maxTelegram is the library's limit, in bytes; Telegram's own is as many characters.
const maxTelegram = 4096

func newTelegram(u *url.URL) (channel, error) {
	s, err := (toTelegram{u}).service()
	switch {
	case errors.Is(err, telegram.ErrInvalidToken):
		return nil, errors.New("its token is not like 123456789:AbC_d-E, which stands before the @")
	case errors.Is(err, telegram.ErrNoChannelsDefined):
		return nil, errors.New("it names no chat: it ends with ?chats= and the chat's number or @name")
	case err != nil:
		return nil, errors.New("its parameters notification and preview are yes or no")
	case len(s.Config.Chats) != 1 || s.Config.Chats[0] == "":
		return nil, errors.New("it names more than one chat: each has a URL of its own, so that none waits for another")
	}
	return toTelegram{u}, nil
}

// service is a new one: they are not made to be used by two at once.
func (t toTelegram) service() (*telegram.Service, error) {
	s := &telegram.Service{}
	err := s.Initialize(t.url, nil)
	return s, err
}

func (toTelegram) host() string { return "api.telegram.org" }

// send sends a text without a parse mode. The library takes every failure for a success that Telegram does not say in
// JSON, so that only the answer counts.
func (t toTelegram) send(ctx context.Context, n *Notifier, m notify.Message) error {
	s, err := t.service()
	if err != nil {
		return &refusal{err.Error()}
	}
	s.Config.Preview = false // Nobody else has to fetch the page.
	c := &call{ctx: ctx, client: &n.client}
	s.SetHTTPClient(c)
	said := s.Send(text(m.Title, m.Body, maxTelegram, escape, same), nil)
	if c.good() {
		var answer struct{ OK bool }
		if json.Unmarshal(c.body, &answer) == nil && answer.OK {
			return nil
		}
		said = errors.New("answered 200, and not that it took the message")
	}
	return c.judge(said, n.clk)
}

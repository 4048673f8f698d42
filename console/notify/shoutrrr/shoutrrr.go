// Package shoutrrr brings the messages of console/notify to Telegram, Slack, Discord and mail. It takes the URLs of
// github.com/nicholas-fedor/shoutrrr, whose services make the requests:
//
//	telegram://TOKEN@telegram?chats=CHAT
//	slack://hook:T-B-X@webhook or slack://xoxb:TOKEN@CHANNEL
//	discord://TOKEN@WEBHOOK_ID
//	smtp://USER:PASSWORD@HOST:587/?from=ADDRESS&to=ADDRESS
//
// A URL is a secret. Of it, errors show no more than the service and the host that is called, whatever a server answers.
//
// A message is shown as the text that it is: what a name from outside has in it is no markup, no mention and no link.
//
// That library tries again by itself for minutes, or takes a failure for a success, or waits without an end, as the
// service may be. Here each call makes one attempt, which ends with its context, and its answer is read here: a Retry-After
// of a number of seconds, of a date, or in the body, is what the queue of console/notify waits for. Mail is sent by this
// package, with that library's URL.
//
// Everything is safe for concurrent use.
package shoutrrr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
)

// Config configures a Notifier.
type Config struct {
	// URL says the service, and to whom: one chat, one channel, one address. Each of several has a URL and a notify.Service
	// of its own, so that one that is not reached holds up no other. Required. It is a secret.
	URL    string
	Client *http.Client // nil means one of its own. Mail does not use it, and redirections are not followed
	Clock  health.Clock // nil means the machine's clock
}

// Notifier is a notify.Notifier for one service URL.
type Notifier struct {
	channel channel
	name    string // of the service
	client  http.Client
	clk     health.Clock
	secrets secrets
}

var _ notify.Notifier = (*Notifier)(nil)

// channel is a service to which a URL leads.
type channel interface {
	host() string // that is called
	// send makes one attempt. What it returns is shown once secrets are taken out of it.
	send(ctx context.Context, n *Notifier, m notify.Message) error
}

// New returns a Notifier. It makes no request; an error says what is wrong with the URL, and shows nothing of it.
func New(cfg Config) (*Notifier, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, errors.New("shoutrrr: Config.URL is no URL: what is neither a letter nor a digit in a user, a password " +
			"or a parameter is written as %XX there (it is a secret, and not shown)")
	}
	kind, ok := kinds[u.Scheme]
	if !ok {
		return nil, fmt.Errorf("shoutrrr: Config.URL %s (it is a secret, and not shown)", otherService(u))
	}
	if err := kind.checkParameters(u); err != nil {
		return nil, fmt.Errorf("shoutrrr: Config.URL of %s: %w (it is a secret, and not shown)", u.Scheme, err)
	}
	to, err := kind.open(u)
	if err != nil {
		return nil, fmt.Errorf("shoutrrr: Config.URL of %s: %w (it is a secret, and not shown)", u.Scheme, err)
	}
	n := &Notifier{channel: to, name: u.Scheme, clk: cfg.Clock, secrets: secretsOf(cfg.URL, u)}
	if cfg.Client != nil {
		n.client = *cfg.Client
	}
	n.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if n.clk == nil {
		n.clk = clock.New()
	}
	return n, nil
}

// String is the service and the host that is called.
func (n *Notifier) String() string { return n.name + "://" + n.channel.host() }

// Notify makes one attempt to send a message, as its Title and Body.
func (n *Notifier) Notify(ctx context.Context, m notify.Message) error {
	if m.Body == "" { // from a host that asks without a notify.Service
		m.Body = strings.Join(strings.Fields(m.Text), " ")
	}
	err := n.channel.send(ctx, n, m)
	if err == nil {
		return nil
	}
	// The text alone: an error of another package may show the URL to whoever unwraps it.
	var retry *notify.RetryError
	text := fmt.Errorf("%s: %s", n, n.secrets.hide(reason(err)))
	switch {
	case errors.As(err, &retry):
		return &notify.RetryError{After: retry.After, Err: text}
	case errors.Is(err, notify.ErrRefused):
		return fmt.Errorf("%w: %w", notify.ErrRefused, text)
	}
	return text
}

// reason is what an error says besides what its kind says already.
func reason(err error) string {
	if retry := (*notify.RetryError)(nil); errors.As(err, &retry) {
		err = retry.Err
	}
	if r := (*refusal)(nil); errors.As(err, &r) {
		return r.text
	}
	return err.Error()
}

// refusal is a message that will not be taken.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

// Unwrap says what it is.
func (r *refusal) Unwrap() error { return notify.ErrRefused }

package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

const notifyTestHelp = `
  livetrader notify-test         sends a message that a person is needed, marked as a test
  livetrader notify-test KIND    one of another kind, as --notify names them

It goes to every receiver that the environment names, and each line says what came of it. It ends with 0 where all have
taken the message, 1 where one has not, and 2 where the command line or the environment is wrong.
`

// runNotifyTest is the command notify-test.
func runNotifyTest(ctx context.Context, args []string, env environment) int {
	c := newCommand("notify-test", "[KIND] [flags]", "page-url")
	words, err := c.parse(args, env.lookup)
	about := notify.KindPerson
	if err == nil && len(words) > 0 {
		var kinds []notify.Kind
		if kinds, err = readKinds(strings.Join(words, " ")); err != nil || len(kinds) != 1 {
			err = usagef("notify-test sends one of %s, and %q is none", showKinds(notifyKinds()), strings.Join(words, " "))
		} else {
			about = kinds[0]
		}
	}
	if err == nil {
		err = c.readSecrets(env.lookup)
	}
	var receivers []receiver
	if err == nil {
		receivers, err = c.receivers(env.clock)
	}
	if err == nil && len(receivers) == 0 {
		err = usagef("nobody gets messages: set %s, %s%s or %s", notifyVariable, notifyVariable, fileSuffix, webhookVariable)
	}
	if err != nil {
		return c.end(env, err, notifyTestHelp)
	}
	code := exitOK
	for _, r := range receivers {
		said := "taken"
		if err := sendTest(ctx, r.to, about, c.page, env.clock); err != nil {
			said, code = oneLine(err), exitFailure
		}
		fmt.Fprintf(env.stdout, "%s: %s\n", r.name, said)
	}
	return code
}

// longestTest is how long one receiver may take.
const longestTest = 15 * time.Second

// sendTest sends one message as a trader would, once, and returns what came of it.
func sendTest(ctx context.Context, to notify.Notifier, about notify.Kind, page string, clk clock.Clock) error {
	ctx, cancel := clk.WithTimeout(ctx, longestTest)
	defer cancel()
	first := attempt{to, make(chan error, 1)}
	service, err := notify.New(notify.Config{
		To: first, Name: "TEST " + treeName, Page: page, Clock: clk, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	service.Post(notify.Message{
		Key: "test", Kind: about, Urgent: true, Since: clk.Now(),
		Text:  "this is a test, and nothing has happened: so a message of the kind " + string(about) + " looks",
		Money: "nothing", Remedy: "nothing, if you can read this",
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = service.Serve(ctx) // It ends with ctx, and of nothing else.
	}()
	select {
	case err = <-first.said:
	case <-ctx.Done():
		err = fmt.Errorf("no answer within %s", longestTest)
	}
	cancel()
	<-ended
	return err
}

// attempt is a Notifier that tells what came of its first call, and takes the message in any case.
type attempt struct {
	to   notify.Notifier
	said chan error
}

func (a attempt) Notify(ctx context.Context, m notify.Message) error {
	err := a.to.Notify(ctx, m)
	select {
	case a.said <- err:
	default: // a second one, of the Service's end
	}
	return nil
}

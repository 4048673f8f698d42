package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/examples/livetrader/internal/certify"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

const certifyHelp = `
It runs scripted cases at the venue and at the fake of it that the tests use, and lays what both said side by side. It trades
there, at the smallest size, with money that is not real, and takes minutes. The account has to be empty: after each case all that
rests is canceled and all that is held is closed, also at Ctrl-C.

With --save it leaves a recording of what went over the wire, without keys and account numbers, from which others can learn what
the venue does.

It ends with 0 when venue and fake agree and the account is flat, and otherwise with 1.
`

// certification is one call of certify.
type certification struct {
	*command

	save string
	only []string
}

// runCertify is the command certify.
func runCertify(ctx context.Context, args []string, env environment) int {
	c := &certification{command: newCommand("certify", "--venue NAME [flags]", "venue", "symbols")}
	c.line.StringVar(&c.save, "save", "", "`folder` for the recording; nothing is kept without it")
	only := c.line.String("only", "", "`names` of cases, or how they begin, with commas between; all without it")
	words, err := c.parse(args, env.lookup)
	if err == nil {
		err = c.readVenueKey(env.lookup)
	}
	if err == nil && len(words) > 0 {
		err = usagef("certify takes nothing, and %q stands there", words[0])
	}
	if err != nil {
		return c.end(env, err, certifyHelp)
	}
	c.only = strings.FieldsFunc(*only, func(r rune) bool { return r == ',' || r == ' ' })
	suite, at, err := c.suite(env.clock)
	if err != nil {
		return fail(env, err)
	}
	agrees, err := c.certify(ctx, env, suite, at)
	switch {
	case err != nil:
		return fail(env, err)
	case !agrees:
		return exitFailure
	}
	return exitOK
}

// certifiable are the venues that can be certified. No money is real at any of them.
var certifiable = []string{binanceDemo, alpacaPaper}

// suite is what --venue has run, and where.
func (c *certification) suite(clk clock.Clock) (suite certify.Suite, at certify.Place, err error) {
	name, address, _ := strings.Cut(c.venue, "=")
	switch {
	case c.venue == "":
		return suite, at, usagef("certify wants --venue, one of %v", certifiable)
	case !slices.Contains(certifiable, name):
		return suite, at, usagef("certify --venue %s: the cases trade, and that only where no money is real: it wants one of %v",
			name, certifiable)
	case address != "" && !isHTTP(address):
		return suite, at, usagef("--venue %s: %q is no http address", c.venue, address)
	case isLive(address):
		return suite, at, usagef("--venue %s: at %s money is real, and the cases trade", c.venue, address)
	case c.lacksKey():
		return suite, at, usageError{errors.New("certify" + wantsKey)}
	}
	at = certify.Place{Name: name, Key: c.venueKey, Secret: c.venueSecret}
	stream := ""
	if name == binanceDemo {
		suite = certify.Binance(c.symbols[0], binancetest.Config{Logger: slog.New(slog.DiscardHandler)})
		at.URL, at.StreamURL = binance.DemoURL, binance.DemoStreamURL
	} else {
		if c.origin["symbols"] == fromDefault {
			c.symbols = []string{"AAPL"}
		}
		suite, stream = certify.Alpaca(c.symbols[0], clk), "/stream"
		at.URL, at.StreamURL, at.Pace = alpaca.PaperURL, alpaca.PaperStreamURL, alpacaPace
		at.DataURL, at.DataStreamURL = alpaca.DataURL, alpaca.DataStreamURL
	}
	if address != "" {
		at.URL, at.StreamURL = address, "ws"+strings.TrimPrefix(address, "http")+stream
		at.DataURL, at.DataStreamURL = "", ""
		if isOfThisMachine(address) {
			at.Pace = 0
		}
	}
	return suite, at, nil
}

// alpacaPace keeps below the 200 requests a minute that the venue takes.
const alpacaPace = 350 * time.Millisecond

// isOfThisMachine reports whether an address is that of a fake that runs here, and counts nothing.
func isOfThisMachine(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// isLive reports whether an address is that of a venue where money is real.
func isLive(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	for _, live := range []string{binance.LiveURL, binance.LiveSpotURL, alpaca.LiveURL} {
		if of, err := url.Parse(live); err == nil && strings.EqualFold(u.Hostname(), of.Hostname()) {
			return true
		}
	}
	return false
}

// certify runs the cases, and leaves the recording where one is wanted.
func (c *certification) certify(
	ctx context.Context, env environment, suite certify.Suite, at certify.Place,
) (agrees bool, err error) {
	cfg := certify.Config{Venue: at, Out: env.stdout, Clock: env.clock, Only: c.only}
	if c.save != "" {
		tape, failed := c.recording(env, at.Name)
		if failed != nil {
			return false, failed
		}
		defer func() { err = errors.Join(err, tape.Close()) }()
		cfg.Tape = tape
	}
	fmt.Fprintf(env.stdout, "certify: %s at %s with %s, beside the fake of it; ! is a difference\n\n",
		at.Name, at.URL, c.symbols[0])
	sum, err := certify.Run(ctx, suite, cfg)
	if err != nil {
		return false, err
	}
	if sum.Same+sum.Differing+sum.NotRun == 0 && !sum.Interrupted {
		return false, usagef("--only %s: no case has a name that begins so", strings.Join(c.only, ","))
	}
	return sum.Agrees(), nil
}

// recording makes the file of a recording, for its owner alone.
func (c *certification) recording(env environment, venue string) (io.WriteCloser, error) {
	name := filepath.Join(c.save, fmt.Sprintf("certify-%s-%s.jsonl", venue, env.clock.Now().UTC().Format("20060102-150405")))
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, usageError{fmt.Errorf("--save: %w", err)}
	}
	fmt.Fprintln(env.stdout, "recording:", name)
	return file, nil
}

package shoutrrr_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
)

// office is a mail server as small as one can be. It works over pipes, in a bubble, and over a port.
type office struct {
	offers  []string                        // its extensions
	tls     *tls.Config                     // of STARTTLS
	trouble func(n int, verb string) string // what the n-th conversation says to a verb instead; hang, close; "" for its yes

	mu      sync.Mutex
	began   []time.Time
	letters []string
	heard   []string // all lines but the letters'
	open    sync.WaitGroup
}

const (
	hang = "hang"
	shut = "close"
)

// dial is a connection to it.
func (o *office) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	o.serve(theirs)
	return ours, nil
}

func (o *office) serve(conn net.Conn) {
	o.mu.Lock()
	o.began = append(o.began, time.Now())
	n := len(o.began)
	o.mu.Unlock()
	o.open.Go(func() {
		defer conn.Close() //nolint:errcheck // it is over
		o.talk(n, conn)
	})
}

// says answers a verb, and reports whether it goes on.
func (o *office) says(n int, conn net.Conn, verb, yes string) bool {
	line := yes
	if o.trouble != nil {
		if other := o.trouble(n, verb); other != "" {
			line = other
		}
	}
	switch line {
	case shut:
		return false
	case hang: // until the other side has gone
		_, _ = bufio.NewReader(conn).ReadString(0)
		return false
	}
	_, err := fmt.Fprintf(conn, "%s\r\n", line)
	return err == nil
}

func (o *office) talk(n int, conn net.Conn) {
	in := bufio.NewReader(conn)
	if !o.says(n, conn, "greeting", "220 ready") {
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		o.mu.Lock()
		o.heard = append(o.heard, strings.TrimSpace(line))
		o.mu.Unlock()
		verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		yes := "250 yes"
		switch verb {
		case "EHLO":
			yes = "250-office\r\n250-" + strings.Join(append(o.offers, "8BITMIME"), "\r\n250-")
			yes = yes[:strings.LastIndex(yes, "250-")] + "250 8BITMIME"
		case "AUTH":
			yes = "235 come in"
		case "STARTTLS":
			yes = "220 go on"
		case "DATA":
			yes = "354 tell me"
		case "QUIT":
			yes = "221 bye"
		}
		if !o.says(n, conn, verb, yes) || verb == "QUIT" {
			return
		}
		switch verb {
		case "STARTTLS":
			secure := tls.Server(conn, o.tls)
			conn, in = secure, bufio.NewReader(secure)
		case "DATA":
			if !o.takeLetter(n, conn, in) {
				return
			}
		}
	}
}

func (o *office) takeLetter(n int, conn net.Conn, in *bufio.Reader) bool {
	var letter strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		letter.WriteString(line)
	}
	if o.trouble == nil || o.trouble(n, "letter") == "" {
		o.mu.Lock()
		o.letters = append(o.letters, letter.String())
		o.mu.Unlock()
	}
	return o.says(n, conn, "letter", "250 taken")
}

func (o *office) got() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.letters...)
}

// toOffice returns a Notifier whose server is the office.
func toOffice(t *testing.T, url string, o *office) *shoutrrr.Notifier {
	t.Helper()
	n, err := shoutrrr.New(shoutrrr.Config{URL: url})
	require.NoError(t, err)
	shoutrrr.Dial(n, o.dial)
	t.Cleanup(o.open.Wait)
	return n
}

// listen has it answer at a port, until the test ends.
func (o *office) listen(t *testing.T) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			o.serve(conn)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepted
		o.open.Wait()
	})
	_, port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

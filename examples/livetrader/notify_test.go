package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// mailbox is a mail server that takes every letter; refused makes it refuse one recipient.
func mailbox(t *testing.T, refused string) (port string, letters <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got := make(chan string, 100)
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { takeMail(conn, refused, got) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
	_, port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port, got
}

func takeMail(conn net.Conn, refused string, got chan<- string) {
	defer conn.Close() //nolint:errcheck // it is over
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	for say("220 ready"); ; {
		line, err := in.ReadString('\n')
		switch {
		case err != nil || strings.HasPrefix(line, "QUIT"):
			return
		case refused != "" && strings.HasPrefix(line, "RCPT") && strings.Contains(line, refused):
			say("550 no such user")
		case strings.HasPrefix(line, "DATA"):
			say("354 go on")
			var letter strings.Builder
			for line, err = in.ReadString('\n'); err == nil && line != ".\r\n"; line, err = in.ReadString('\n') {
				letter.WriteString(line)
			}
			got <- letter.String()
			say("250 taken")
		default:
			say("250 yes")
		}
	}
}

func mailTo(port, name string) string {
	return "smtp://ann:hunter2@127.0.0.1:" + port + "/?auth=none&from=trader@example.net&to=" + name + "@example.net"
}

// A run mails what was chosen: a halt with the command that lifts it, and no fill.
func TestRunMailsAHaltWithWhatLiftsIt(t *testing.T) {
	t.Parallel()
	port, letters := mailbox(t, "")
	db := tempDB(t)
	p := launchFor(t, time.Minute, []string{
		notifyVariable + "=" + mailTo(port, "ann"),
	}, "--paper", "--listen", "off", "--interval", "200ms", "--db", db, "--notify", "halt,down",
		"--page-url", "https://trader.example.net/")
	p.await(`msg=Fill`)
	code, _, log := ctl(nil, "halt", "a look at the news", "--db", db)
	require.Equal(t, exitOK, code, log)
	letter := strings.ReplaceAll(<-letters, "=\r\n", "")
	require.Contains(t, letter, "Subject: PAPER livetrader: Nothing new is opened")
	require.Contains(t, letter, "trading is halted: a look at the news")
	require.Contains(t, letter, "Money: nothing is opened.")
	require.Regexp(t, `Account: equity [0-9.]+, [+-][0-9.]+ today, `, letter)
	require.Regexp(t, `To do: .*livetrader ctl rearm [0-9]+`, letter)
	require.Contains(t, letter, "Page: https://trader.example.net/")
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.NotContains(t, p.log.String(), "hunter2")
}

// notifyTest runs the command.
func notifyTest(env []string, args ...string) (code int, stdout, stderr string) {
	var out, log bytes.Buffer
	code = run(context.Background(), append([]string{"notify-test"}, args...), environment{
		lookup: environ(env...), stdout: &out, stderr: &log, clock: clock.New(),
	})
	return code, out.String(), log.String()
}

func TestNotifyTestSaysWhatEachReceiverAnswered(t *testing.T) {
	t.Parallel()
	port, letters := mailbox(t, "bob@")
	answers := make(chan int, 1)
	bodies := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(<-answers)
	}))
	defer hook.Close()

	answers <- http.StatusOK
	code, out, log := notifyTest([]string{
		notifyVariable, mailTo(port, "ann") + "\n" + mailTo(port, "eve"), webhookVariable, hook.URL + "/T0KEN",
	}, "fill", "--page-url", "https://trader.example.net/")
	require.Equal(t, exitOK, code, log)
	require.Equal(t, "notify: taken\nnotify_smtp: taken\nnotify_smtp_2: taken\n", out)
	require.Contains(t, <-letters, "TEST livetrader: An order was filled")
	require.Contains(t, <-letters, "this is a test")
	require.Contains(t, <-bodies, `"kind":"fill"`)

	answers <- http.StatusTooManyRequests
	code, out, _ = notifyTest([]string{notifyVariable, mailTo(port, "bob"), webhookVariable, hook.URL + "/T0KEN"})
	require.Equal(t, exitFailure, code)
	require.Regexp(t, `(?m)^notify: .* answered 429 .*\(again after 30s\)$`, out)
	require.Regexp(t, `(?m)^notify_smtp: .*refused: smtp://127.0.0.1: recipient: 550 "no such user"$`, out)
	require.NotContains(t, out, "T0KEN")
	require.NotContains(t, out, "hunter2")
	require.Contains(t, <-bodies, `"title":"TEST livetrader: A person is needed"`)
}

func TestNotifyTestRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, c := range map[string][2][]string{
		"nobody gets messages: set LIVETRADER_NOTIFY_URL":     {},
		`sends one of halt,person,down,verdict,lock,fill,day`: {{notifyVariable, mailTo("1", "ann")}, {"fills"}},
		"LIVETRADER_NOTIFY_URL, number 2 of 2: shoutrrr: ":    {{notifyVariable, mailTo("1", "ann") + " telegram://hunter2"}},
		"page-url": {{notifyVariable, mailTo("1", "ann")}, {"--page-url", "here"}},
	} {
		code, out, log := notifyTest(c[0], c[1]...)
		require.Equal(t, exitUsage, code, want)
		require.Contains(t, log, want)
		require.NotContains(t, out+log, "hunter2")
	}
	code, out, _ := notifyTest(nil, "--help")
	require.Equal(t, exitOK, code)
	require.Contains(t, out, "livetrader notify-test KIND")
}

func TestNotifySettingsThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	_, err := parseConfig([]string{"--paper"}, environ(notifyVariable, "slack://hunter2"), notifyVariable)
	require.ErrorContains(t, err, "LIVETRADER_NOTIFY_URL, number 1 of 1: shoutrrr: Config.URL of slack")
	require.ErrorAs(t, err, new(usageError))
	require.NotContains(t, err.Error(), "hunter2")
	_, err = parseConfig([]string{"--paper", "--config", configured(t, "notify-url: hunter2\n")}, environ())
	require.ErrorContains(t, err, "set LIVETRADER_NOTIFY_URL_FILE")
	_, err = parseConfig([]string{"--paper", "--notify", "halt,fills"}, environ())
	require.ErrorContains(t, err, `"fills" is none of halt,person,down,verdict,lock,fill,day`)
	_, err = parseConfig([]string{"--paper", "--page-url", "https://ann:pw@x/"}, environ())
	require.ErrorContains(t, err, "want an address such as https://trader.example.net/, without a user")
}

func TestMessagesNameTheCommandThatLiftsThem(t *testing.T) {
	t.Parallel()
	s := engine.Status{Halt: book.Halt{Reason: "x", Seq: 4711}, NeedPerson: []string{"v-3f09"}}
	for key, want := range map[string]string{
		"condition/livetrader/trading/account/engine/halted":      "livetrader ctl rearm 4711",
		"condition/livetrader/trading/account/engine/reduce_only": "livetrader ctl reduce-only off",
		"condition/livetrader/trading/account/engine/unknown":     "livetrader ctl give-up v-3f09",
		"condition/livetrader/trading/not_traded/BTC/USDT":        "livetrader ctl flatten BTC/USDT, or",
		"down/livetrader/signal_generation":                       "livetrader ctl start-service livetrader/signal_generation",
	} {
		require.Contains(t, commandFor(&notify.Message{Key: key}, s), want)
	}
	require.Contains(t, commandFor(&notify.Message{Key: "lock/BTC/USDT", Kind: notify.KindLock}, s), "livetrader ctl unlock BTC/USDT")
	require.Empty(t, commandFor(&notify.Message{Key: "protection/limit: CoolDown/BTC/USDT", Kind: notify.KindLock}, s))
	require.Contains(t, commandFor(&notify.Message{Key: "condition/livetrader/trading/account/engine/halted"}, engine.Status{}),
		"livetrader ctl rearm HALT")
	for _, key := range []string{"verdict", "fill/1", "condition/x/flat_line", "condition/x/unknown"} {
		require.Empty(t, commandFor(&notify.Message{Key: key}, engine.Status{}))
	}
}

func TestAccountLineSaysWhatIsHeldAndHowTheDayWent(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	s := engine.Status{Equity: d("9482.1")}
	require.Equal(t, "equity 9482.10, nothing is held", accountLine(s))
	s.Day = journal.DayOpened{Day: "2026-11-28", Equity: d("10000")}
	for _, symbol := range []string{"A/B", "C/D", "E/F", "G/H", "I/J"} {
		s.Positions = append(s.Positions, trading.Position{Symbol: symbol, Quantity: d("0.5")})
	}
	s.Unguarded = map[string]decimal.Decimal{"C/D": d("0.5")}
	require.Equal(t, "equity 9482.10, -517.90 today, held: 0.5 A/B, held: 0.5 C/D without its stop-loss, held: 0.5 E/F, and 2 more",
		accountLine(s))
}

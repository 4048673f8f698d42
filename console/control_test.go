package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const (
	goodToken = "6f1c2a9d4b8e7035a1d2c3f4e5b60798"
	goodKey   = "key-0000000000001"
)

// asked are the acts that have reached the host.
type asked struct {
	done   []string
	audits []journal.Acted
	fails  error // what each verb returns; nil for none
}

func (a *asked) say(what ...string) error {
	a.done = append(a.done, strings.Join(what, " "))
	return a.fails
}

// control has every verb of an account, and writes down what is done.
func (a *asked) control() console.Control {
	named := func(verb string) func(context.Context, string, string) error {
		return func(_ context.Context, object, by string) error { return a.say(verb, object, by) }
	}
	return console.Control{
		Token: goodToken, Audit: func(one journal.Acted) { a.audits = append(a.audits, one) },
		Pause:  func(context.Context, string) error { return a.say("pause") },
		Resume: func(context.Context, string) error { return a.say("resume") },
		SetSymbols: func(_ context.Context, symbols []string, _ string) error {
			return a.say(append([]string{"symbols"}, symbols...)...)
		},
		SetMinConfidence: func(_ context.Context, c float64, _ string) error {
			return a.say("confidence", time.Duration(c*1000).String())
		},
		SetCycle: func(_ context.Context, d time.Duration, _ string) error { return a.say("cycle", d.String()) },
		Halt:     func(_ context.Context, reason string) error { return a.say("halt", reason) },
		Rearm: func(_ context.Context, halt int64, by string) error {
			return a.say("rearm", strconv.FormatInt(halt, 10), by)
		},
		SetReduceOnly: func(_ context.Context, on bool, _ string) error {
			if on {
				return a.say("reduce-only")
			}
			return a.say("open again")
		},
		Lock: func(_ context.Context, symbol string, until time.Time, reason, by string) error {
			return a.say("lock", symbol, until.Format(time.RFC3339), reason, by)
		},
		Convert: func(_ context.Context, c trading.Conversion, by string) error {
			return a.say("convert", c.String(), by)
		},
		Unlock:  named("unlock"),
		Flatten: named("flatten"), Cancel: named("cancel"), Approve: named("approve"), GiveUp: named("give-up"),
		Kill: func(_ context.Context, by string) error { return a.say("kill", by) },
	}
}

var halted = engine.Status{Halt: book.Halt{Reason: "daily loss", At: noon, Seq: 17}}

func (a *asked) handler(t testing.TB, change ...func(*console.Config)) http.Handler {
	t.Helper()
	cfg := console.Config{
		Logger: slog.New(slog.DiscardHandler), Account: func() (engine.Status, bool) { return halted, true }, Control: a.control(),
	}
	for _, c := range change {
		c(&cfg)
	}
	return handler(t, cfg)
}

// post asks for an act as somebody does who may.
func post(h http.Handler, verb, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	return ask(h, http.MethodPost, "/api/control/"+verb, append([]func(*http.Request){func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = int64(len(body))
		r.Header.Set("Authorization", "Bearer "+goodToken)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", goodKey)
	}}, change...)...)
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
}

func TestControlDoesEachVerb(t *testing.T) {
	t.Parallel()
	for verb, c := range map[string]struct{ body, does string }{
		"pause":         {`{}`, "pause"},
		"resume":        {`{}`, "resume"},
		"set-symbols":   {`{"symbols":["BTC/USDT","ETH/USDT"]}`, "symbols BTC/USDT ETH/USDT"},
		"set-threshold": {`{"min_confidence":0.5}`, "confidence 500ns"},
		"set-cycle":     {`{"cycle":"5s"}`, "cycle 5s"},
		"halt":          {`{"reason":"odd prices"}`, "halt odd prices (by token)"},
		"reduce-only":   {`{"on":false}`, "open again"},
		"rearm":         {`{"halt":17}`, "rearm 17 token"},
		"flatten":       {`{"symbol":"BTC/USDT"}`, "flatten BTC/USDT token"},
		"unlock":        {`{"symbol":"BTC/USDT"}`, "unlock BTC/USDT token"},
		"cancel":        {`{"client_id":"a1"}`, "cancel a1 token"},
		"approve":       {`{"signal_id":"s1"}`, "approve s1 token"},
		"give-up":       {`{"client_id":"a1"}`, "give-up a1 token"},
		"kill":          {` { } `, "kill token"},
		"convert":       {`{"conversion":"FB 1:1 META"}`, "convert FB is META now token"},
	} {
		var did asked
		w := post(did.handler(t), verb, c.body)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", verb, w.Body)
		require.Equal(t, []string{c.does}, did.done)
		require.Len(t, did.audits, 1)
		require.Equal(t, "token", did.audits[0].Actor)
		require.Equal(t, verb, did.audits[0].Verb)
		require.Equal(t, goodKey, did.audits[0].Key)
		require.Empty(t, did.audits[0].Error)
		require.False(t, did.audits[0].Ended.IsZero())
	}
}

func TestControlReadsConversions(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"AAPL 4:1": "split 4:1 of AAPL", "BTC/USDT:USDT 1:20": "split 1:20 of BTC/USDT:USDT", "A 2:3 B": "A is B now, 2:3",
		"AAPL": "", "AAPL 4": "", "AAPL 1:1": "", "AAPL 0:1": "", "AAPL -4:1": "", "AAPL a:b": "", "A 1:1 B C": "", "": "",
	} {
		var did asked
		w := post(did.handler(t), "convert", fmt.Sprintf(`{"conversion":%q}`, said))
		if want == "" {
			require.Equal(t, http.StatusBadRequest, w.Code, said)
			require.Contains(t, w.Body.String(), "conversion", said)
			require.Empty(t, did.done)
			continue
		}
		require.Equal(t, []string{"convert " + want + " token"}, did.done)
	}
}

func TestControlRefusesABodyByTheNameOfItsField(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{}`:                               "symbol",
		`{"symbol":""}`:                    "symbol",
		`{"symbol":null}`:                  "symbol",
		`{"symbol":7}`:                     "symbol",
		`{"symbol":"a\nb"}`:                "symbol",
		`{"symbol":"a","symbol":"b"}`:      "symbol",
		`{"symbol":"BTC/USDT","all":true}`: "all",
		`{"Symbol":"BTC/USDT"}`:            "Symbol",
		``:                                 "",
		`[]`:                               "",
		`null`:                             "",
		`{"symbol":"BTC/USDT"} {}`:         "",
		`{"symbol":"BTC/USDT"`:             "",
		"{\"symbol\":\"\xff\"}":            "",
	} {
		var did asked
		p := refused(t, post(did.handler(t), "flatten", body), http.StatusBadRequest)
		require.Equal(t, field, p.Field, body)
		require.Empty(t, did.done, body)
	}
	for verb, body := range map[string]string{
		"set-symbols": `{"symbols":[]}`, "set-threshold": `{"min_confidence":1.5}`, "set-cycle": `{"cycle":"-5s"}`,
		"reduce-only": `{"on":null}`, "halt": `{"reason":" \u0007"}`, "pause": `{"symbol":"BTC/USDT"}`,
	} {
		var did asked
		refused(t, post(did.handler(t), verb, body), http.StatusBadRequest)
		require.Empty(t, did.done, verb)
	}
}

// What a person has not seen is not lifted by him: the name that he sends is that of the halt that he has seen.
func TestControlRearmsTheHaltThatItNames(t *testing.T) {
	t.Parallel()
	var did asked
	h := did.handler(t, func(c *console.Config) {
		c.Control.Rearm = func(_ context.Context, halt int64, _ string) error {
			if halt != 17 {
				return errors.New("that halt does not stand: halt 17 does")
			}
			return did.say("rearm")
		}
	})
	shown := object(t, ask(h, http.MethodGet, "/api/status"))["halts"].([]any)[0].(map[string]any)
	require.EqualValues(t, 17, shown["id"])
	p := refused(t, post(h, "rearm", `{"halt":16}`), http.StatusConflict)
	require.Equal(t, "that halt does not stand: halt 17 does", p.Detail)
	require.Empty(t, did.done)
	require.Equal(t, http.StatusOK, post(h, "rearm", `{"halt":17}`, header("Idempotency-Key", "a-second-try-0001")).Code)
	require.Equal(t, []string{"rearm"}, did.done)
	for _, body := range []string{`{"halt":"17"}`, `{"halt":0}`, `{"halt":1.5}`, `{"halt":null}`} {
		refused(t, post(h, "rearm", body), http.StatusBadRequest)
	}
}

func TestControlSaysARefusalOfTheEngineInItsWords(t *testing.T) {
	t.Parallel()
	var did asked
	h := did.handler(t, func(c *console.Config) {
		c.Control.Cancel = func(context.Context, string, string) error { return errors.New("engine: there is no order a1") }
	})
	p := refused(t, post(h, "cancel", `{"client_id":"a1"}`), http.StatusConflict)
	require.Equal(t, "engine: there is no order a1", p.Detail)
	require.Equal(t, p.Detail, did.audits[0].Error)
}

func TestControlActsOnServicesOfTheTree(t *testing.T) {
	t.Parallel()
	tree, err := supervisor.New(supervisor.Config{Name: "bot"})
	require.NoError(t, err)
	var did asked
	h := did.handler(t, func(c *console.Config) { c.Tree = tree })
	for _, verb := range []string{"restart-service", "stop-service", "start-service", "pause-service", "resume-service"} {
		p := refused(t, post(h, verb, `{"path":"bot/none"}`, header("Idempotency-Key", "the-key-of-"+verb)), http.StatusConflict)
		require.Contains(t, p.Detail, `no such child: "none"`, verb)
	}
	require.Len(t, did.audits, 5)
}

// Whoever stops the server that he asks gets an answer from it.
func TestControlAnswersThatItsOwnServerIsStopped(t *testing.T) {
	t.Parallel()
	clk, logger := supervisortest.NewClock(), slog.New(slog.DiscardHandler)
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Logger: logger})
	require.NoError(t, err)
	var did asked
	h := did.handler(t, func(c *console.Config) { c.Tree, c.Clock = tree, clk })
	port, err := serve.Listen("127.0.0.1:0")
	require.NoError(t, err)
	server, err := serve.New(serve.Config{Port: port, Handler: h, Logger: logger, Drain: time.Hour})
	require.NoError(t, err)
	require.NoError(t, tree.Add("api", server, supervisor.Policy{StopTimeout: 2 * time.Hour}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tree.Serve(ctx) }()

	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+port.Addr()+"/api/control/stop-service",
		strings.NewReader(`{"path":"bot/api"}`))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization": "Bearer " + goodToken, "Content-Type": "application/json", "Idempotency-Key": goodKey,
	} {
		r.Header.Set(name, value)
	}
	go func() {
		clk.AwaitArmed(clk.Now().Add(500 * time.Millisecond))
		clk.Add(500 * time.Millisecond)
	}()
	answered, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answered.Body.Close() //nolint:errcheck // it is only read
	require.Equal(t, http.StatusAccepted, answered.StatusCode)
	_, _ = io.Copy(io.Discard, answered.Body)
	cancel()
	require.NoError(t, <-ended)
}

// The host keeps who paused the generation of signals, so that nobody pauses it behind its back.
func TestControlPausesTheGenerationByPathAsTheHostDoes(t *testing.T) {
	t.Parallel()
	tree, err := supervisor.New(supervisor.Config{Name: "bot"})
	require.NoError(t, err)
	for _, name := range []string{"signal_generation", "store"} {
		require.NoError(t, tree.Add(name, idler{}, supervisor.Policy{}))
	}
	for path, want := range map[string][]string{
		"bot/signal_generation": {"pause", "resume"}, "signal_generation": {"pause", "resume"}, "bot/store": nil,
	} {
		var did asked
		h := did.handler(t, func(c *console.Config) { c.Tree = tree })
		for _, verb := range []string{"pause-service", "resume-service"} {
			w := post(h, verb, `{"path":"`+path+`"}`, header("Idempotency-Key", "the-key-of-"+verb))
			require.Equal(t, http.StatusOK, w.Code, w.Body)
		}
		require.Equal(t, want, did.done, path)
	}
	var did asked
	h := did.handler(t, func(c *console.Config) { c.Tree, c.Control.Pause = tree, nil })
	require.Equal(t, http.StatusOK, post(h, "pause-service", `{"path":"bot/signal_generation"}`).Code)
	require.Empty(t, did.done, "a host without Pause keeps nothing")
	paused, err := tree.StatusOf("signal_generation")
	require.NoError(t, err)
	require.Equal(t, supervisor.WishPause, paused.Wish)
}

// idler is a service that can be told to idle.
type idler struct{}

func (idler) Serve(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func (idler) Pause()                          {}
func (idler) Resume()                         {}

func TestControlIsNotThereWithoutATokenOrALogIn(t *testing.T) {
	t.Parallel()
	var did asked
	h := did.handler(t, func(c *console.Config) { c.Control.Token = "" })
	p := refused(t, post(h, "kill", `{}`), http.StatusNotFound)
	require.Contains(t, p.Detail, "Control.Token")
	for _, empty := range []string{"Bearer ", "Bearer", ""} {
		refused(t, post(h, "kill", `{}`, header("Authorization", empty)), http.StatusNotFound)
	}
	require.Empty(t, did.done)
}

func TestControlWithAWeakTokenIsRefusedByNew(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"secret", "0123456789abcdef0123456789abcde", strings.Repeat("a", 64), "twenty-one-characters", strings.Repeat("ab cd ef gh", 6),
	} {
		_, err := console.New(console.Config{Signals: given(), Control: console.Control{Token: token}})
		require.ErrorContains(t, err, "Control.Token", token)
	}
	_, err := console.New(console.Config{Signals: given(), Control: console.Control{Token: "Zm9vYmFyYmF6cXV4LTEyMz"}})
	require.NoError(t, err)
	_, err = console.New(console.Config{Signals: given(), Control: console.Control{Timeout: -1}})
	require.ErrorContains(t, err, "Control.Timeout")
}

func TestControlAsksTheLogInOfTheHost(t *testing.T) {
	t.Parallel()
	var did asked
	h := did.handler(t, func(c *console.Config) {
		c.Control.Token = ""
		c.Control.Authorize = func(r *http.Request) (string, error) {
			switch name := r.Header.Get("X-User"); name {
			case "panic":
				panic("oh")
			case "nobody":
				return "", nil
			case "":
				return "", errors.New("the session has ended")
			default:
				return name, nil
			}
		}
	})
	for _, user := range []string{"", "nobody", "panic", "a\x7fb"} {
		p := refused(t, post(h, "kill", `{}`, header("X-User", user)), http.StatusUnauthorized)
		require.NotContains(t, p.Detail, "session")
	}
	require.Empty(t, did.done)
	require.Equal(t, http.StatusOK, post(h, "kill", `{}`, header("X-User", "ann")).Code)
	require.Equal(t, []string{"kill ann"}, did.done)
	require.Equal(t, "ann", did.audits[0].Actor)
}

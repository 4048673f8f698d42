// Package console answers operators over HTTP: the signals that were made, the account, its orders, the services and the
// host's health, for people and scripts beside it. It reads them from what its Config names, and waits for none of them
// without a limit. SignalGeneration shows one service in /health in the words that operators' scripts read.
//
// It changes nothing unless its Config has a Control with a token or a log-in. Then an operator can halt, close and kill,
// by POST with JSON alone and each act once: see Control. An act goes on when its client is gone, and no act keeps a read
// waiting.
//
// New returns a plain http.Handler, which a host mounts where it likes; package serve makes a service of one. A
// request that fails is answered by application/problem+json (RFC 9457): one that cannot be understood names its
// parameter, and a store that fails or hangs is a 503 whose cause is in the log and not in the answer.
//
// Reading needs no log-in where Config.Read names none: then the console is for the machine it runs on. It answers only to
// the host names it knows, so that a foreign web page cannot reach it through the operator's browser by a name that points
// here (DNS rebinding), and refuses what such a page sends across origins. Everything is safe for concurrent use.
package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"
	"golang.org/x/sync/semaphore"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// defaultTimeout is how long an answer may take where the Config does not say.
const defaultTimeout = 5 * time.Second

// Config configures the handler.
type Config struct {
	// Signals is read by /api/signals. Required.
	Signals signal.Store
	// Health answers /health, /livez and /readyz, and one part behind each of them, such as a handler of package healthhttp;
	// nil for none. Where Read asks for a credential, the last two say only whether to those who have none.
	Health http.Handler
	// Symbols returns the symbols that are watched, so that one that is misspelt is a 404 rather than an empty answer.
	// nil means that nobody knows: an empty answer then has a header Signal-Hint with the names that there are.
	Symbols func() []string
	// Account is what /api/status, /api/positions and /api/orders show, as of a vigil.Trader; nil means that these are not
	// there. It is false while there is no account yet.
	Account func() (engine.Status, bool)
	// Registry gives /api/status its verdict, and TradingPath says where in it trading is, as for Trading. nil means that
	// there is no verdict.
	Registry    *health.Registry
	TradingPath string
	// Orders are those that are remembered, done ones too, oldest first, as of a book.Book; nil means that /api/orders has
	// those that are not done, of Account.
	Orders func() []book.OrderState
	// History is the journal, for fills and the trails of signals and orders, such as the Memory of package journal; nil
	// means that nothing is known of what is not remembered, and that there are no trails.
	History journal.History
	// Performance is what /api/performance adds up, days ascending, as of a vigil.Trader; nil means that it is not there.
	Performance func() []book.Day
	// Equity returns what the account was worth from since on, ascending, as of a vigil.Trader; nil means that /api/equity is
	// not there.
	Equity func(ctx context.Context, since time.Time) ([]journal.Mark, error)
	// Overrides are what persons want in the place of what the configuration says, for /api/status, as in vigil.Status; nil for
	// none.
	Overrides func() []journal.Override
	// Bars returns the newest bars of a symbol that the host remembers, oldest first; false where it has no such symbol. nil
	// means that /api/bars is not there.
	Bars func(symbol string) ([]signal.Bar, bool)
	// Generator is what /api/generator shows, as of a generator.Generator; nil means that it is not there.
	Generator func() generator.Status
	// Tree is what /api/services shows, and what control acts on; nil means that neither is there.
	Tree *supervisor.Supervisor
	// Events are what /api/events shows; nil means that it is not there. Who serves them also gives Events.Act to
	// Control.Audit.
	Events *Events
	// Page serves the operator's page at GET /: see package page. Its files are free for all who reach the console; what it
	// shows it asks of the paths below with what its reader has typed in.
	Page bool
	// Name is what this account is called, and Mode whether its money is real: "live", or else "paper", or "simulated" for a
	// venue whose Traits say so. The page shows both, and takes what says nothing for live.
	Name, Mode string
	// Venue is where the account is, and which one of those there, such as "binance, account pension"; "" for nothing. It is
	// shown beside the Name.
	Venue string
	// Metrics answers /metrics, such as promhttp's handler of a registry with the collector of console/metrics; nil for none.
	// MetricsToken lets read it, and nothing else: a scraper's configuration is no place for what lets read or act. "" leaves
	// it to those who may read. It is as strong as Control.Token has to be.
	Metrics      http.Handler
	MetricsToken string
	// Read is who may read. The zero value is everybody who reaches the console.
	Read Read
	// Control is what may be changed, and by whom. The zero value is that nothing may.
	Control Control
	// Hosts are the names, without port, by which the console may be called beside localhost, 127.0.0.1 and ::1,
	// such as "trader.example.net" or "10.0.0.7".
	Hosts []string
	// Timeout is how long a store may take to answer, and the client of a stream to take what it is sent before it
	// is dropped; 0 means 5 s.
	Timeout time.Duration
	// Heartbeat is how long a stream is silent at most; 0 means 15 s.
	Heartbeat time.Duration
	// MaxStreams is how many streams may be open at once; 0 means 32.
	MaxStreams int
	Clock      health.Clock // nil means the machine's clock
	Logger     *slog.Logger // nil means slog.Default()
}

// api is the handler's state.
type api struct {
	cfg   Config
	hosts map[string]bool

	sessions *sessions
	readers  *door // who may read
	control  *door // who may act

	streams *semaphore.Weighted // how many may be open
	calls   *callPool           // of the store
	reads   *callPool           // of everything else: a store that hangs does not hide the account
}

// New returns the console's handler:
//
//	GET /api/signals/latest?limit&before&...	signals as a JSON array, newest first
//	GET /api/signals?after&limit&store&...	signals with a seq above after (0), ascending, at most limit (100)
//	GET /api/signals/stream?after&store&...	the same as server-sent events, and then each new one as it is stored
//	GET /api/signals/{id}	one of them, what became of it and why not more, its orders, and its trail in the journal
//	GET /	the operator's page, where Config.Page says so
//	GET /api/host	name and mode, the verdict in one word, what control can do, and whether who asks may
//	GET /api/outcomes?limit&before	what became of signals and why not more, newest first, as far as is remembered
//	GET /api/status	the account: the object of Trading, positions, open orders, targets, halts
//	GET /api/positions	what is held, and how far it is from its liquidation where the broker tells
//	GET /api/strategies	what each strategy has, and what came of it, where they share the account
//	GET /api/locks	what keeps things from being opened: halt, reduce-only, protections, locks; who, why, until when
//	GET /api/orders?symbol&status&limit&before	orders, newest first, at most limit (100); the next page is in Link
//	GET /api/orders/{client_id}	one of them, what became of it and why not more, and its trail in the journal
//	GET /api/fills?symbol&limit&before	fills, newest first
//	GET /api/performance?by=day|week|month	fills, volume, fees, profit and equity by time, oldest first
//	GET /api/equity?since	what the account was worth, each hour, oldest first, of the last 90 days
//	GET /api/bars?symbol&limit	the newest bars of a symbol, oldest first
//	GET /api/generator	why there are no signals: by symbol its newest bar, faults, what was not emitted, errors
//	GET /api/services	the tree
//	GET /api/events?limit&before	what happened lately, newest first
//	GET /api/events?after	the same as server-sent events, to those who accept text/event-stream
//	GET /api/acts?limit&before	what was done on somebody's word, as the journal has it, newest first
//	GET /api/openapi.yaml	all this as a document of OpenAPI 3.1
//	POST, DELETE /api/session	a cookie for a page, for a token: see Read
//	POST /api/control/{verb}	by Config.Control, see there
//	GET /plain?every	the status as a page of tables, for browsers without scripts
//	GET /health, /livez, /readyz, and /{part} behind them	by Config.Health
//	GET /metrics	by Config.Metrics
//
// Where signals are asked for, ... is a filter: symbol, strategy, params, interval, min_confidence, and since and until by
// when they were made. An answer that is not the last has the address of the next one in its header Link; it may be
// short, or empty, where few fit.
//
// Signals, positions, strategies, locks, orders, fills, equity and performance are CSV (RFC 4180, with a header row) to
// whoever asks for format=csv, or accepts text/csv and no JSON.
//
// The header Journal-Incomplete of an answer says that the journal has moved entries that may belong to it.
//
// An answer's header Signal-Store names the store that its numbers are of. Who sends that along as store is told by a
// 409 when the store is another one by then; without it, the numbers of the one are taken for those of the other.
//
// A stream without after begins with what is new. It says its place as an id when it opens and with each event, and a
// client that comes back with it as Last-Event-ID, as a browser's EventSource does by itself, misses nothing and gets
// nothing twice. Where the store has forgotten what came after a place, the answer is a 410 whose problem names the
// oldest number from which on nothing is missing; a stream that is so slow that its store forgets ahead of it gets an
// event gap with the same number, and goes on from there. after=0 is from the oldest signal on. A stream of events does the
// same; its places are of one run of the process, named by the header Events-Run, and a 410 elsewhere. A serve.Server
// ends its streams when it is asked to end; a host that serves the handler itself ends them by their requests'
// contexts.
func New(cfg Config) (http.Handler, error) {
	if cfg.Signals == nil {
		return nil, errors.New("console: Config.Signals is nil")
	}
	if cfg.Timeout < 0 {
		return nil, fmt.Errorf("console: Config.Timeout %s is negative", cfg.Timeout)
	}
	if cfg.Heartbeat < 0 {
		return nil, fmt.Errorf("console: Config.Heartbeat %s is negative", cfg.Heartbeat)
	}
	if cfg.MaxStreams < 0 {
		return nil, fmt.Errorf("console: Config.MaxStreams %d is negative", cfg.MaxStreams)
	}
	var err error
	if cfg.Control, err = cfg.Control.checked(); err != nil {
		return nil, err
	}
	if cfg.Read, err = cfg.Read.checked(); err != nil {
		return nil, err
	}
	if err := cfg.checkMetrics(); err != nil {
		return nil, err
	}
	if err := checkedMode(cfg.Mode); err != nil {
		return nil, err
	}
	hosts, err := knownHosts(cfg.Hosts)
	if err != nil {
		return nil, err
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	cfg.Heartbeat = cmp.Or(cfg.Heartbeat, defaultHeartbeat)
	cfg.MaxStreams = cmp.Or(cfg.MaxStreams, defaultMaxStreams)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.Logger = foreign.NewLog(cfg.Logger).Logger
	a := &api{
		cfg: cfg, hosts: hosts,
		streams: semaphore.NewWeighted(int64(cfg.MaxStreams)), calls: newCallPool(cfg), reads: newCallPool(cfg),
	}
	a.sessions = newSessions(cfg)
	a.readers, a.control = newReaders(a), newControlDoor(a)
	routes, err := a.routes()
	if err != nil {
		return nil, err
	}
	return &handler{a.protect(exact(routes)), cfg.Read.enabled()}, nil
}

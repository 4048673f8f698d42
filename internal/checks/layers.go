package checks

import "slices"

// Room is one package and what it may import. Paths are folders, seen from the root; "signal/..." means signal and all
// below it.
type Room struct {
	Path string
	For  string   // what it is for, in the words of docs/architecture.md
	May  []string // packages of this house that it may import, besides internal/...
	By   []string // the only packages that may import it; none means that May of the others decides
	Why  string   // the reason that a finding gives beside the list of what is allowed
	HTTP bool     // it may import net/http, which triples the size of a binary, and rooms that do
	Kit  bool     // for tests or for trying out: it may import testing and kits, and only its like may import it
	Pure bool     // a function of its input: no waiting, no I/O, nothing concurrent, of internal/ only what May names
}

// everything is what examples and benchmarks may import.
var everything = []string{"..."}

// tradingRooms are the rooms of trading that may be assembled to a whole: no venue and no store, because a program
// chooses those, and no kit.
var tradingRooms = []string{
	"trading", "trading/journal", "trading/book", "trading/engine", "trading/exit", "trading/risk", "trading/size",
	"trading/paper", "trading/session",
}

// whole is what the root may import, and what assembles the parts for it but the tree.
var whole = slices.Concat([]string{"health", "signal/..."}, tradingRooms)

const (
	whyWhole   = "a program chooses its venue and its store, and pays for no other"
	whyConsole = "the operator's API works over the ports, whichever venue and store stand behind them"
	whyStore   = "what a database keeps are signals and a journal; the book is folded from them"
	whyVenue   = "an adapter needs the nouns and its contract, and no engine"
)

// Rooms is the plan of the house. A package without a line here is a finding, so that its place is decided rather than
// happens.
var Rooms = []Room{
	{Path: "health", For: "parts, heartbeats, the verdict, the monitor"},
	{Path: "health/healthhttp", For: "`/health`, `/livez`, `/readyz`", May: []string{"health"}, HTTP: true},

	{Path: "supervisor", For: "the tree: restart policy, stalls, status, events", May: []string{"health"}},
	{Path: "supervisor/supervisortest", For: "test kit: a clock that can be driven safely, an event recorder",
		May: []string{"supervisor", "health"}, Kit: true},

	{Path: "signal", For: "bars, signals, and the ports of sources, strategies and stores"},
	{Path: "signal/generator", For: "the loop that never stops, the housekeeper", May: []string{"health", "signal"}},
	{Path: "signal/feed", For: "sources: synthetic market, tape, fail-over", May: []string{"health", "signal"}},
	{Path: "signal/feed/httpfeed", For: "sources that ask a server", HTTP: true,
		May: []string{"health", "signal", "signal/feed"}},
	{Path: "signal/candle", For: "candle files", May: []string{"health", "signal"}},
	{Path: "signal/indicator", For: "streaming indicators", May: []string{"signal"}, Pure: true},
	{Path: "signal/strategy", For: "ready-made strategies", May: []string{"signal", "signal/indicator"}, Pure: true},
	{Path: "signal/signaltest", For: "test kit: suites for Source and Store, fakes that misbehave",
		May: []string{"health", "signal/..."}, Kit: true},

	{Path: "trading", For: "orders, fills, positions, instruments, and the ports of brokers", May: []string{"signal"}},
	{Path: "trading/risk", For: "limits and protections", May: []string{"signal", "trading"}},
	{Path: "trading/size", For: "sizers", May: []string{"signal", "trading"}},
	{Path: "trading/exit", For: "exits: trailing, break-even, time, ladder", Pure: true,
		May: []string{"signal", "signal/indicator", "trading"}},
	{Path: "trading/journal", For: "events, the port of journals, one in memory", May: []string{"signal", "trading"}},
	{Path: "trading/internal/past", For: "what is over, kept small", Pure: true, By: []string{"trading/book", "trading/paper"}},
	{Path: "trading/book", For: "the state machine: check, fold, digest, snapshot, audit", Pure: true,
		May: []string{"internal/rough", "signal", "trading", "trading/internal/past", "trading/journal"}},
	{Path: "trading/engine", For: "the shell around the book: ledger, gate, reconciler, decisions",
		May: []string{"health", "signal", "trading", "trading/journal", "trading/book"}},
	{Path: "trading/paper", For: "the paper account",
		May: []string{"health", "signal", "trading", "trading/internal/past", "trading/journal", "trading/book"}},
	{Path: "trading/session", For: "market hours", May: []string{"signal"}},
	{Path: "trading/venuekey", For: "whether a venue accepts the key, told and asked for seldom", May: []string{"health"}},
	{Path: "trading/backtest", For: "replays of bars", Why: whyWhole, May: whole},
	{Path: "trading/store/sqlite", For: "signals and journal in a SQLite database [module]", Why: whyStore,
		May: []string{"signal", "trading", "trading/journal", "trading/store/internal/sqldb"}},
	{Path: "trading/store/postgres", For: "the same in a PostgreSQL database", Why: whyStore,
		May: []string{"signal", "trading", "trading/journal", "trading/store/internal/sqldb"}},
	{Path: "trading/store/internal/storetest", For: "test kit: what both databases have to do", Kit: true,
		May: []string{"signal", "signal/signaltest", "trading", "trading/journal", "trading/book", "trading/tradingtest",
			"trading/store/internal/sqldb"}},
	{Path: "trading/store/internal/sqldb", For: "what both databases share", Why: whyStore,
		May: []string{"signal", "trading", "trading/journal", "trading/store/internal/sqldb"}},
	{Path: "trading/binance/binancetest", For: "test kit: a fake of Binance's futures, with its faults [module]", HTTP: true,
		May: []string{"trading/tradingtest/memnet"}, Kit: true},
	{Path: "trading/alpaca/alpacatest", For: "test kit: a fake of Alpaca, with its faults [module]", HTTP: true,
		May: []string{"trading/tradingtest/memnet"}, Kit: true},
	{Path: "trading/binance/...", For: "the venue Binance [module]", Why: whyVenue, HTTP: true,
		May: []string{"health", "signal", "trading", "trading/venuekey", "trading/binance/..."}},
	{Path: "trading/alpaca/...", For: "the venue Alpaca [module]", Why: whyVenue, HTTP: true,
		May: []string{"health", "signal", "trading", "trading/venuekey", "trading/alpaca/..."}},
	{Path: "trading/tradingtest", For: "test kit: suites for Broker and Journal, faults around an adapter", Kit: true,
		May: []string{"health", "signal/...", "trading", "trading/journal", "trading/book", "trading/engine", "trading/risk",
			"trading/size"}},
	{Path: "trading/tradingtest/httpline", For: "test kit: an HTTP transport below an adapter that loses, cuts and repeats",
		May: []string{"trading/tradingtest"}, Kit: true, HTTP: true},
	{Path: "trading/tradingtest/memnet", For: "test kit: a network in memory, for a venue in a bubble", Kit: true, HTTP: true},
	{Path: "trading/tradingtest/mortal", For: "test kit: a process that can be killed at a chosen moment", Kit: true, HTTP: true,
		May: []string{"trading", "trading/journal"}},

	{Path: "console/serve", For: "a service of any HTTP handler: it binds first, and drains at its end", HTTP: true,
		May: []string{"health"}},
	{Path: "console/metrics", For: "what Prometheus asks: a collector, alert rules, a dashboard [module]", HTTP: true,
		Why: whyConsole,
		May: []string{"health", "supervisor", "signal/generator", "trading", "trading/journal", "trading/book",
			"trading/engine"}},
	{Path: "console/notify/shoutrrr", For: "messages over Telegram, Slack, Discord and mail [module]", HTTP: true,
		Why: whyConsole, May: []string{"health", "console/notify"}},
	{Path: "console/...", For: "what operators ask over HTTP: signals, health", HTTP: true, Why: whyConsole,
		May: []string{"health/...", "supervisor", "signal", "signal/generator", "trading", "trading/journal", "trading/book",
			"trading/engine", "console/..."}},

	{Path: ".", For: "the whole in one type", Why: whyWhole,
		May: slices.Concat([]string{"supervisor"}, whole, []string{"trading/backtest"})},

	{Path: "examples/...", For: "programs [module]", May: everything, HTTP: true, Kit: true},
	{Path: "benchmarks/...", For: "the same work beside peers [modules]", May: everything, HTTP: true, Kit: true},

	{Path: "internal/assemble", For: "what the root and a backtest build alike", May: whole, Why: whyWhole,
		By: []string{".", "trading/backtest"}},
	{Path: "internal/figures", For: "the house beside its models, in numbers", May: []string{"internal/figures/measure"}},
	{Path: "internal/answer", For: "answers over HTTP: JSON, problems", HTTP: true},
	{Path: "internal/foreign", For: "calls of code that is not ours: panic, Goexit, time limit"},
	{Path: "internal/wake", For: "a channel that is closed when something happens next"},
	{Path: "internal/golden", For: "golden files of tests", Kit: true},
	{Path: "internal/nodejudge", For: "clients from npm that judge what a test serves", Kit: true},
	{Path: "internal/pgserver", For: "a PostgreSQL server for tests", Kit: true},
	{Path: "internal/ramdisk", For: "temporary folders of tests in memory", Kit: true},
	{Path: "internal/...", For: "what siblings share: `clockctx`, deadlines on a Clock; `checks`, the rules of this " +
		"page; `cutdisk`, a disk for tests whose power can be cut"},
}

// ban is a rule over many rooms at once. The plan says the same room by room; a ban gives the reason.
type ban struct{ from, to, why string }

var bans = []ban{
	{"signal/...", "supervisor/...", "a service fits into a tree because it has Serve"},
	{"trading/...", "supervisor/...", "a service fits into a tree because it has Serve"},
}

// pureImports is all that a pure room may import besides rooms of the plan. What is missing here waits, reads the world
// or belongs to several goroutines.
var pureImports = []string{
	"bytes", "cmp", "compress/...", "crypto/sha256", "encoding/...", "errors", "fmt", "hash/...", "io", "iter", "maps",
	"math", "math/big", "math/bits", "slices", "sort", "strconv", "strings", "time", "unicode/...",
	"github.com/shopspring/decimal",
}

// testLibraries are for test files alone: what a kit imports, its user's program has to carry in its go.mod.
var testLibraries = []string{"github.com/stretchr/testify", "go.uber.org/goleak", "pgregory.net/rapid"}

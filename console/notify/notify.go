// Package notify tells people what they have to know about a running system: that trading has halted, that an order needs
// a person, that a service is down for good, that the verdict has changed, that an instrument is locked for a while, what was
// filled, how the day went.
//
// A Service stands in the supervisor tree. It looks at a health registry and follows a journal, and hosts may Post
// messages of their own. It keeps a bounded queue before a Notifier, so that nobody ever waits for one: Post returns at
// once. A Notifier that fails is tried again, what concerns one thing is folded into one message, and a rate limit holds
// back what is not urgent.
//
// The Service never tells of itself: that a Notifier fails stands in the log, in Status and in the Service's own health.
//
// Everything is safe for concurrent use.
package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Notifier brings a message to people, over one channel. Webhook is one.
type Notifier interface {
	// Notify returns nil once the message is taken over. It may be called again with a message that it has had, of the same
	// ID, after an error or a timeout. It is called once at a time.
	//
	// A *RetryError says when to try again, and ErrRefused that this message will never be taken. The text of an error is
	// logged, so that it must not contain a secret.
	Notify(ctx context.Context, m Message) error
}

// ErrRefused says that a Notifier will not take a message however often it is tried.
var ErrRefused = errors.New("notify: refused")

// RetryError says how long to leave a Notifier alone.
type RetryError struct {
	After time.Duration
	Err   error // why
}

func (e *RetryError) Error() string { return fmt.Sprintf("%v (again after %s)", e.Err, e.After) }

// Unwrap returns why.
func (e *RetryError) Unwrap() error { return e.Err }

// Kind is what a message is about.
type Kind string

// The kinds of messages.
const (
	KindHalt    Kind = "halt"    // nothing new is opened until a person acts
	KindPerson  Kind = "person"  // any other condition that does not end by itself, such as an order whose fate is not known
	KindDown    Kind = "down"    // a service is down and stays down
	KindVerdict Kind = "verdict" // the verdict of the whole has changed
	KindLock    Kind = "lock"    // an instrument is locked or protected for a while: see engine.Status
	KindFill    Kind = "fill"    // an order was filled, or a part of it
	KindDay     Kind = "day"     // how a trading day went
	kindOther   Kind = "other"   // a host's own, which has none
)

// kinds are all that the Service makes itself.
func kinds() []Kind {
	return []Kind{KindHalt, KindPerson, KindDown, KindVerdict, KindLock, KindFill, KindDay}
}

// Message is what a person is told.
type Message struct {
	ID      string    `json:"id"`  // stays the same however often the message is tried
	Key     string    `json:"key"` // what it is about: messages of one Key are folded. Required
	Kind    Kind      `json:"kind"`
	Urgent  bool      `json:"urgent"`            // it wakes a person: it is never given up, and no rate limit holds it back
	Over    bool      `json:"over"`              // what the last message of this Key told has ended
	Text    string    `json:"text"`              // what holds, in one sentence. Required
	Money   string    `json:"money,omitempty"`   // what that means for the money, in one sentence
	Account string    `json:"account,omitempty"` // how the account stands, in one line
	Remedy  string    `json:"remedy,omitempty"`  // which act ends it
	Since   time.Time `json:"since,omitzero"`    // when it began
	At      time.Time `json:"at"`                // when it was posted last; Post sets it
	Repeats int       `json:"repeats"`           // how often it was posted besides, since a message of its Key was last sent
	Lost    int       `json:"lost"`              // how many messages found no room since the last one that was sent

	// What a person reads: plain text, of which the Title is one line of our own words, and the Body up to 8 lines, without
	// characters that are not seen. The Service writes both before each try.
	Title string `json:"title"`
	Body  string `json:"body"`
}

// Defaults of Config.
const (
	defaultSize    = 256
	defaultRate    = 20
	defaultFold    = 15 * time.Minute
	defaultGiveUp  = time.Hour
	defaultTimeout = 10 * time.Second
	defaultRemind  = 4 * time.Hour
	defaultSettle  = 10 * time.Second
)

// Config configures a Service.
type Config struct {
	To       Notifier         // Required
	Registry *health.Registry // whose verdict, conditions and deaths are told; nil for none
	Journal  Reader           // whose fills and days are told; nil for none
	// Account has the locks and protections that are told, as the method of a vigil.Trader does; nil for none. It has to
	// return at once.
	Account func() (engine.Status, bool)
	Name    string // begins each Title, such as "PAPER btc-trader"; "" for nothing
	Page    string // where a person looks, such as "https://trader.example.net/"; "" for no link
	Kinds   []Kind // what the Service makes messages of; nil means all. What is Posted always counts

	Size    int           // how many messages may wait; 0 means 256. The oldest that is not urgent makes room
	Rate    int           // how many that are not urgent are sent in a minute; 0 means 20
	Fold    time.Duration // within that time a Key is told twice at most: that it began and that it ended; 0 means 15 min
	GiveUp  time.Duration // how old a message that is not urgent gets before it is given up; 0 means 1 h
	Timeout time.Duration // how long a Notifier may take; 0 means 10 s
	Remind  time.Duration // how often what is urgent is told again while it lasts; 0 means 4 h
	Settle  time.Duration // how long a verdict has to hold before it is told; 0 means 10 s

	// Complete adds to a message what only the host knows, before each try: its Account, the command that is its Remedy. It
	// has to return at once; nil for nothing.
	Complete func(m *Message)
	// Stopping says that the host is about to end, or ending: what stops then stops on purpose, and health is not told of any
	// more. It has to return at once; nil means never.
	Stopping func() bool

	Clock  health.Clock // nil means the machine's clock
	Logger *slog.Logger // nil means slog.Default()
}

// Reader is the part of a journal that is followed.
type Reader interface {
	Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error)
}

func (c *Config) prepare() error {
	if c.To == nil {
		return errors.New("notify: Config.To is nil: it says where messages go")
	}
	for name, negative := range map[string]bool{
		"Size": c.Size < 0, "Rate": c.Rate < 0, "Fold": c.Fold < 0, "GiveUp": c.GiveUp < 0, "Timeout": c.Timeout < 0,
		"Remind": c.Remind < 0, "Settle": c.Settle < 0,
	} {
		if negative {
			return fmt.Errorf("notify: Config.%s is negative", name)
		}
	}
	if err := checkPage(c.Page); err != nil {
		return err
	}
	known := make(map[Kind]bool)
	for _, kind := range kinds() {
		known[kind] = true
	}
	for _, kind := range c.Kinds {
		if !known[kind] {
			return fmt.Errorf("notify: Config.Kinds has %q, which is none of %q", kind, kinds())
		}
	}
	if c.Kinds == nil {
		c.Kinds = kinds()
	}
	c.Size, c.Rate = cmp.Or(c.Size, defaultSize), cmp.Or(c.Rate, defaultRate)
	c.Fold, c.GiveUp = cmp.Or(c.Fold, defaultFold), cmp.Or(c.GiveUp, defaultGiveUp)
	c.Timeout, c.Remind = cmp.Or(c.Timeout, defaultTimeout), cmp.Or(c.Remind, defaultRemind)
	c.Settle = cmp.Or(c.Settle, defaultSettle)
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return nil
}

// checkPage refuses what a channel would not show as a link, or shows otherwise than it is.
func checkPage(page string) error {
	u, err := url.Parse(page)
	switch {
	case page == "":
		return nil
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(page, "<>|\"\\ "):
		return fmt.Errorf("notify: Config.Page %q is no http or https URL", page)
	case u.User != nil:
		return errors.New("notify: Config.Page has a user or a password in it, which everybody would read")
	case len(page) > maxPage:
		return fmt.Errorf("notify: Config.Page has %d bytes, and may have %d", len(page), maxPage)
	}
	return nil
}

package certify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
)

// Config says where the venue is, and what becomes of what was seen.
type Config struct {
	Venue Place
	Out   io.Writer   // each line, as it is known
	Tape  io.Writer   // see Tape; nil keeps none
	Clock clock.Clock // nil means the machine's
	// Only are the cases to run whose names begin with one of these; nil means all.
	Only []string
	// Run marks the client IDs of this run, four letters or digits; "" makes one up. A Replay wants that of its tape.
	Run string
	// Patience is how long a case waits for a price that comes by itself; 0 means 2 min.
	Patience time.Duration
}

// Suite is what there is to run at a venue, and the fake that it is held against.
type Suite struct {
	fake  func() (Place, func())
	about []string // instruments, as the venue calls them
	open  func(desk) account
}

// desk is what an account works with.
type desk struct {
	place    Place
	clock    clock.Clock
	run      string
	patience time.Duration
	tape     *Tape // nil at the fake
}

// account is one at a place.
type account interface {
	prepare(s *script)        // reads the terms, and skips with words where nothing can be certified
	left(s *script) []string  // what is held and what rests, in the whole account
	clean(s *script) []string // cancels and closes what a case has left, and says what is left still
	cases() []Case
}

// Summary is how a run ended.
type Summary struct {
	Same, Differing, NotRun int      // cases
	Left                    []string // what is held or rests at the venue; nil says that the account is flat
	Interrupted             bool
}

// Agrees reports whether all that ran was the same, and nothing was left.
func (s Summary) Agrees() bool {
	return s.Differing == 0 && len(s.Left) == 0 && !s.Interrupted && s.Same > 0
}

// cleanWithin is how long the account is cleared up for, also where the context has ended.
const cleanWithin = 45 * time.Second

// runner is one run.
type runner struct {
	cfg         Config
	venue, fake account
	tape        *Tape
	sum         Summary
}

// Run runs the cases at both places. An error says why none was run; whatever else happens is in the Summary. It writes what
// is left of the account to Out, and returns when that is known, also where ctx has ended before.
func Run(ctx context.Context, suite Suite, cfg Config) (Summary, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Run == "" {
		cfg.Run = newRun()
	}
	if cfg.Patience == 0 {
		cfg.Patience = 2 * time.Minute
	}
	tape := newTape(cfg.Tape, suite.about, cfg.Venue.Key, cfg.Venue.Secret)
	beside, end := suite.fake()
	defer end()
	at := cfg.Venue
	if at.Transport == nil {
		own := ownTransport()
		defer own.CloseIdleConnections()
		at.Transport = own
	}
	at.Transport = tape.through(at.Transport)
	if at.Pace > 0 {
		at.Transport = &pacer{next: at.Transport, clock: cfg.Clock, every: at.Pace}
	}
	r := &runner{
		cfg: cfg, tape: tape,
		venue: suite.open(desk{place: at, clock: cfg.Clock, run: cfg.Run, patience: cfg.Patience, tape: tape}),
		fake:  suite.open(desk{place: beside, clock: cfg.Clock, run: cfg.Run, patience: cfg.Patience}),
	}
	tape.begin(cfg.Venue.Name, cfg.Run, cfg.Clock.Now())
	if err := r.begin(ctx); err != nil {
		return r.sum, errors.Join(err, tape.failed())
	}
	r.each(ctx)
	r.end(ctx)
	return r.sum, tape.failed()
}

// begin looks at both places, and refuses an account that is in use.
func (r *runner) begin(ctx context.Context) error {
	for _, one := range []struct {
		name string
		at   account
	}{{r.cfg.Venue.Name, r.venue}, {"the fake", r.fake}} {
		name, at := one.name, one.at
		s := &script{ctx: ctx, clock: r.cfg.Clock}
		at.prepare(s)
		left := at.left(s)
		switch {
		case s.failed != nil:
			return fmt.Errorf("certify: %s: %w", name, s.failed)
		case s.skipped != "":
			return fmt.Errorf("certify: %s: %s", name, s.skipped)
		case len(left) > 0:
			return fmt.Errorf("certify: %s: the account is in use, and what rests there would be canceled and what is held "+
				"closed: %s: take an account of its own, or empty it (livetrader panic)", name, strings.Join(left, ", "))
		}
	}
	return nil
}

func (r *runner) each(ctx context.Context) {
	fakes := r.fake.cases()
	for i, c := range r.venue.cases() {
		if !r.wanted(c.Name) {
			continue
		}
		if r.sum.Interrupted = ctx.Err() != nil; r.sum.Interrupted {
			return
		}
		r.tape.note(Entry{Case: c.Name})
		venue := r.one(ctx, r.venue, c)
		for _, l := range venue.lines {
			r.tape.note(Entry{Line: &l})
		}
		if r.sum.Interrupted = ctx.Err() != nil; r.sum.Interrupted {
			return
		}
		r.tell(c.Name, venue, r.one(ctx, r.fake, fakes[i]))
	}
}

func (r *runner) wanted(name string) bool {
	for _, only := range r.cfg.Only {
		if strings.HasPrefix(name, only) {
			return true
		}
	}
	return len(r.cfg.Only) == 0
}

// one runs a case at one place, and clears up behind it.
func (r *runner) one(ctx context.Context, at account, c Case) *script {
	s := &script{ctx: ctx, clock: r.cfg.Clock}
	c.run(s)
	after, cancel := r.cfg.Clock.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
	defer cancel()
	cleaning := &script{ctx: after, clock: r.cfg.Clock}
	left := at.clean(cleaning)
	switch {
	case s.over():
	case cleaning.failed != nil:
		s.fail(fmt.Errorf("clear up behind it: %w", cleaning.failed))
	case len(left) > 0:
		s.fail(fmt.Errorf("clear up behind it: left is %s", strings.Join(left, ", ")))
	}
	return s
}

// end says what is left at the venue.
func (r *runner) end(ctx context.Context) {
	ctx, cancel := r.cfg.Clock.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
	defer cancel()
	r.tape.note(Entry{Case: "end"})
	s := &script{ctx: ctx, clock: r.cfg.Clock}
	r.sum.Left = r.venue.left(s)
	if s.failed != nil {
		r.sum.Left = append(r.sum.Left, "nobody knows what, as it cannot be asked: "+s.failed.Error())
	}
	r.tellEnd()
}

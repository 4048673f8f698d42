package notify

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// Service sends messages until its context ends. Use New.
type Service struct {
	cfg   Config
	clk   health.Clock
	log   *slog.Logger
	queue *queue

	// These are only for who sends.
	hung   *attempt // the call of the Notifier that outlived its time, if there is one
	outage outage

	incomplete sync.Once // says that Config.Complete fails
}

// New returns a Service. It begins with Serve; what is Posted before waits for that.
func New(cfg Config) (*Service, error) {
	if err := cfg.prepare(); err != nil {
		return nil, err
	}
	return &Service{
		cfg: cfg, clk: cfg.Clock, log: cfg.Logger,
		queue: &queue{size: cfg.Size, rate: cfg.Rate, fold: cfg.Fold, giveUp: cfg.GiveUp, told: make(map[string]*topic)},
	}, nil
}

// Post has a message sent. It returns at once, and never fails: where there is no room the oldest message that is not
// urgent makes it, and the next one that is sent says how many were lost. A message without a Key is about its Text.
func (s *Service) Post(m Message) {
	if m.Key == "" {
		m.Key = m.Text
	}
	if m.Kind == "" {
		m.Kind = kindOther
	}
	s.queue.post(m, s.clk.Now())
}

// Status says what became of the messages.
func (s *Service) Status() Status { return s.queue.state() }

// String returns a name for the tree.
func (s *Service) String() string { return "notify" }

// Serve looks, follows and sends until ctx ends. Then it tries for a moment to send what is urgent, and says in the log
// what is left.
func (s *Service) Serve(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	if s.cfg.Registry != nil {
		own := ""
		if part := health.FromContext(ctx); part != nil {
			own = part.Path()
		}
		work.Go(func() error { return newWatch(s, own).serve(ctx) })
	}
	if s.cfg.Journal != nil && (s.tells(KindFill) || s.tells(KindDay)) {
		work.Go(func() error { return (&trades{s: s}).serve(ctx) })
	}
	if s.cfg.Account != nil && s.tells(KindLock) {
		work.Go(func() error { return (&locks{s: s}).serve(ctx) })
	}
	work.Go(func() error { return s.send(ctx) })
	return work.Wait()
}

func (s *Service) tells(kind Kind) bool { return slices.Contains(s.cfg.Kinds, kind) }

// limits let a channel that fails degrade the verdict and no more: nothing stops trading for it.
var limits = health.Limits{
	MaxErrors: math.MaxInt,
	Remedy:    "see whether the channel's address is right and reached: what is urgent is tried until it is sent",
}

// send sends what waits.
func (s *Service) send(ctx context.Context) error {
	health.Expect(ctx, limits)
	var pause time.Time
	for ctx.Err() == nil {
		if s.hung != nil {
			s.settle(ctx)
			continue
		}
		posted := s.queue.posted.Next()
		now := s.clk.Now()
		m, ok, again := s.queue.next(now)
		if ok && !now.Before(pause) {
			pause = s.try(ctx, m)
			continue
		}
		if now.Before(pause) {
			again = pause
		}
		health.Idle(ctx, again)
		select {
		case <-ctx.Done():
		case <-posted:
		case <-s.until(again):
		}
	}
	s.finish(ctx)
	return ctx.Err()
}

// until is closed at a time; zero is never.
func (s *Service) until(at time.Time) <-chan time.Time {
	if at.IsZero() {
		return nil
	}
	return s.clk.After(max(0, at.Sub(s.clk.Now())))
}

// try sends one message, and says until when the Notifier is to be left alone.
func (s *Service) try(ctx context.Context, m Message) (pause time.Time) {
	err := s.call(ctx, m)
	now := s.clk.Now()
	if err == nil {
		s.took(ctx, m)
		return now
	}
	if ctx.Err() != nil {
		return now // It was broken off, and says nothing of the Notifier.
	}
	f := s.failureOf(err)
	health.Observe(ctx, errors.New(f.text))
	pause = s.queue.failed(m, f, now)
	s.outage.begin(s.log, m, f, now)
	return pause
}

// took notes that a message was taken over.
func (s *Service) took(ctx context.Context, m Message) {
	now := s.clk.Now()
	s.queue.sent(m, now)
	s.outage.end(s.log, now)
	health.Observe(ctx, nil)
}

// outage is a time in which the Notifier takes nothing. The log has two lines of it, however often it is tried.
type outage struct {
	since   time.Time // zero where there is none
	tries   int
	refused bool // a message was, since one was taken over
}

// begin logs the first failure. That a message was refused is no outage, but a second line does not say more either.
func (o *outage) begin(log *slog.Logger, m Message, f failure, now time.Time) {
	if f.refused {
		if !o.refused {
			log.Warn("Message refused", "kind", m.Kind, "key", m.Key, "urgent", m.Urgent, "error", f.text)
		}
		o.refused = true
		return
	}
	if o.tries++; o.tries == 1 {
		o.since = now
		log.Warn("Messages not sent, they are tried until they are", "kind", m.Kind, "key", m.Key, "urgent", m.Urgent,
			"error", f.text)
	}
}

func (o *outage) end(log *slog.Logger, now time.Time) {
	if o.tries > 0 {
		log.Info("Messages are sent again", "after", now.Sub(o.since).Round(time.Second), "tries", o.tries)
	}
	*o = outage{}
}

// failure is why a message was not taken over.
type failure struct {
	text    string
	refused bool
	after   time.Duration
}

func (s *Service) failureOf(err error) failure {
	f := failure{text: foreign.Text(err, s.clk), refused: errors.Is(err, ErrRefused)}
	if retry := (*RetryError)(nil); errors.As(err, &retry) {
		f.after = retry.After
	}
	return f
}

// attempt is a call of the Notifier.
type attempt struct {
	*foreign.Call[struct{}]

	message Message
}

// call calls the Notifier, for as long as Config.Timeout. A call that takes longer is left to hang, and there is no other
// until it has returned.
func (s *Service) call(ctx context.Context, m Message) error {
	ctx, cancel := clockctx.WithTimeout(ctx, s.clk, s.cfg.Timeout)
	defer cancel()
	call := foreign.Go(func() (struct{}, error) { return struct{}{}, s.cfg.To.Notify(ctx, s.written(m)) })
	_, err := call.Wait(ctx)
	if !call.Ended() {
		s.hung = &attempt{call, m}
	}
	return err
}

// written is a message as people read it, with what the host knows besides. A host that fails at that loses no message.
func (s *Service) written(m Message) Message {
	whole := m
	if s.cfg.Complete != nil {
		foreign.Run(func() error { s.cfg.Complete(&whole); return nil }, func(err error) {
			if err != nil {
				whole = m
				s.incomplete.Do(func() {
					s.log.Warn("Messages go without what Complete adds", "error", foreign.Text(err, s.clk))
				})
			}
		})
	}
	m.Money, m.Account, m.Remedy = whole.Money, whole.Account, whole.Remedy
	m.render(s.cfg.Name, s.cfg.Page, s.clk.Now())
	return m
}

// settle waits for the call that hangs. What it took over after all was sent.
func (s *Service) settle(ctx context.Context) {
	const key = "hangs"
	health.Raise(ctx, health.Condition{
		Key: key, Verdict: health.Degraded, Text: "the Notifier does not return from a call: nothing is sent meanwhile",
		Remedy: "have it return when its context ends; until it does, only a new process sends again",
	})
	s.queue.hangs(true)
	health.Idle(ctx, time.Time{})
	select {
	case <-s.hung.Done():
	case <-ctx.Done():
		return
	}
	if _, err := s.hung.Result(); err == nil {
		s.took(ctx, s.hung.message)
	}
	s.hung = nil
	s.queue.hangs(false)
	health.Clear(ctx, key)
}

// finishWithin is how long the end of a Service may take for what is still to be sent.
const finishWithin = 2 * time.Second

// finish sends what can be sent at once after the Service was asked to end, and says what is left.
func (s *Service) finish(ctx context.Context) {
	ctx, cancel := clockctx.WithTimeout(context.WithoutCancel(ctx), s.clk, finishWithin)
	defer cancel()
	if s.hung != nil { // often only because the end broke it off
		s.settle(ctx)
	}
	for s.hung == nil {
		m, ok, _ := s.queue.next(s.clk.Now())
		if !ok || s.call(ctx, m) != nil {
			break
		}
		s.queue.sent(m, s.clk.Now())
	}
	if left := s.queue.state().Waiting; left > 0 {
		s.log.Warn("Messages were not sent before the end", "waiting", left)
	}
}

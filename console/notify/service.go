package notify

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
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

	hung *attempt // the call of the Notifier that outlived its time, if there is one; only for who sends
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
		m.Kind = KindOther
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
		s.queue.sent(m, now)
		health.Observe(ctx, nil)
		return now
	}
	if ctx.Err() != nil {
		return now // It was broken off, and says nothing of the Notifier.
	}
	f := s.failureOf(err)
	health.Observe(ctx, errors.New(f.text))
	pause = s.queue.failed(m, f, now)
	s.log.Warn("Message not sent", "kind", m.Kind, "key", m.Key, "urgent", m.Urgent, "error", f.text,
		"refused", f.refused, "next_try", pause.UTC())
	return pause
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
	call := foreign.Go(func() (struct{}, error) { return struct{}{}, s.cfg.To.Notify(ctx, m) })
	_, err := call.Wait(ctx)
	if !call.Ended() {
		s.hung = &attempt{call, m}
	}
	return err
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
		s.queue.sent(s.hung.message, s.clk.Now())
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

package notify_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// phone is a Notifier that keeps what it takes over.
type phone struct {
	registry *health.Registry // what is told of
	mu       sync.Mutex
	taken    []notify.Message
	times    []time.Time
	tries    int
	answer   func(ctx context.Context, try int) error // nil takes everything
}

func (p *phone) Notify(ctx context.Context, m notify.Message) error {
	p.mu.Lock()
	p.tries++
	answer, try := p.answer, p.tries
	p.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, try); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken, p.times = append(p.taken, m), append(p.times, time.Now())
	return nil
}

func (p *phone) messages() []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]notify.Message(nil), p.taken...)
}

func (p *phone) texts() (texts []string) {
	for _, m := range p.messages() {
		texts = append(texts, m.Text)
	}
	return texts
}

func (p *phone) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries
}

// bench is a Service under test, in a bubble.
type bench struct {
	*notify.Service

	phone *phone
	log   *lines
	end   func() error
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// inBubble serves a Service in a bubble for the length of a test.
func inBubble(t *testing.T, cfg notify.Config, test func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{phone: &phone{}, log: &lines{}}
		if cfg.To == nil {
			cfg.To = b.phone
		}
		cfg.Logger = slog.New(slog.NewTextHandler(b.log, nil))
		var err error
		b.Service, err = notify.New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Serve(ctx) }()
		b.end = sync.OnceValue(func() error { cancel(); return <-ended })
		test(t, b)
		require.ErrorIs(t, b.end(), context.Canceled)
	})
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

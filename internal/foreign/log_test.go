package foreign_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// moody is a slog.Handler that does something else before it handles a line, and in all its other methods.
type moody struct {
	slog.Handler
	mood func()
}

func (m *moody) Handle(ctx context.Context, r slog.Record) error {
	m.mood()
	return m.Handler.Handle(ctx, r)
}

func (m *moody) Enabled(ctx context.Context, level slog.Level) bool {
	m.mood()
	return m.Handler.Enabled(ctx, level)
}

func (m *moody) WithAttrs(attrs []slog.Attr) slog.Handler {
	m.mood()
	return &moody{m.Handler.WithAttrs(attrs), m.mood}
}

func TestLogSurvivesItsHandlerAndSaysSo(t *testing.T) {
	t.Parallel()
	for want, bad := range map[string]func(){
		"panic: full":               func() { panic("full") },
		"runtime.Goexit was called": runtime.Goexit,
	} {
		var out bytes.Buffer
		m := &moody{slog.NewTextHandler(&out, nil), func() {}}
		log := foreign.NewLog(slog.New(m))
		log.Info("one")
		require.NoError(t, log.Loss())
		m.mood = bad
		log.Info("two")
		log.With("a", 1).Error("three")
		require.ErrorContains(t, log.Loss(), want)
		require.NoError(t, log.Loss(), "it was told")
		m.mood = func() {}
		log.Info("four")
		log.WithGroup("g").Info("five", "b", 2)
		require.NoError(t, log.Loss())
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 3)
		require.Contains(t, lines[1], `msg=four lines_lost_before=2 lost_to="`+want+`"`)
		require.Contains(t, lines[2], "msg=five g.b=2")
	}
}

// failing returns an error, as a handler may.
type failing struct{ slog.Handler }

func (failing) Handle(context.Context, slog.Record) error { return errors.New("disk full") }

func TestLogLeavesAnErrorToTheHandler(t *testing.T) {
	t.Parallel()
	log := foreign.NewLog(slog.New(failing{slog.DiscardHandler}))
	log.Error("one")
	require.NoError(t, log.Loss())
}

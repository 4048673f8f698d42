package generator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// HousekeeperConfig configures a Housekeeper. Store, Passed and one of MaxAge and Count are required.
type HousekeeperConfig struct {
	Store  signal.Pruner // what is kept small; both Memory and a database's Signals fit
	MaxAge time.Duration // signals that were created longer ago than this are too old; 0: none is
	Count  int           // signals beyond the newest so many are too many; 0: none is

	// Passed tells up to which Seq all who follow the Store have read: the lowest of their cursors. It also names the
	// Store that the cursor is of, by its identity, or "" where nobody knows; numbers of another one are refused. It is
	// asked before each prune. Where nobody follows the Store it returns math.MaxInt64.
	Passed func(ctx context.Context) (store string, seq int64, err error)

	Every   time.Duration // from one prune to the next; 0 means an hour
	Timeout time.Duration // how long one may take; 0 means a minute
	Clock   health.Clock  // nil means the machine's clock
	Logger  *slog.Logger  // nil means slog.Default()
}

// Housekeeper removes old signals from a Store, again and again. It is a service; use NewHousekeeper.
//
// What no cursor has passed stays, whatever its age, and so does the newest signal of each Stream. A prune that fails is
// that prune's error, told to health and to the log, and the next one tries again. One that takes longer than Timeout is
// ended, and what it has left is the next one's; the Policy of its supervisor needs a Stall above that. Only the wait for
// the next prune is excused: a hang is seen within that Stall, and one of the wait itself that long after it should have
// ended.
type Housekeeper struct{ cfg HousekeeperConfig }

// NewHousekeeper checks the configuration and returns a Housekeeper that has removed nothing yet.
func NewHousekeeper(cfg HousekeeperConfig) (*Housekeeper, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("generator: HousekeeperConfig.%w", err)
	}
	cfg.Every, cfg.Timeout = cmp.Or(cfg.Every, time.Hour), cmp.Or(cfg.Timeout, time.Minute)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Housekeeper{cfg: cfg}, nil
}

func (c *HousekeeperConfig) validate() error {
	switch {
	case c.Store == nil:
		return errors.New("Store is nil")
	case c.Passed == nil:
		return errors.New("Passed is nil")
	case c.MaxAge < 0:
		return fmt.Errorf("MaxAge %s is negative", c.MaxAge)
	case c.Count < 0:
		return fmt.Errorf("Count %d is negative", c.Count)
	case c.MaxAge == 0 && c.Count == 0:
		return errors.New("MaxAge and Count are both 0: nothing would ever be removed")
	case c.Every < 0:
		return fmt.Errorf("Every %s is negative", c.Every)
	case c.Timeout < 0:
		return fmt.Errorf("Timeout %s is negative", c.Timeout)
	}
	return nil
}

// Serve prunes at once and then at every multiple of Every on the Clock, until ctx ends; it returns ctx's error and ends
// for no other reason.
func (h *Housekeeper) Serve(ctx context.Context) error {
	for {
		health.Beat(ctx)
		_, err := h.Prune(ctx, h.cfg.Clock.Now())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		health.Observe(ctx, err)
		health.Ready(ctx)
		now := h.cfg.Clock.Now()
		due := multiple(now, h.cfg.Every)
		health.Idle(ctx, due)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.cfg.Clock.After(due.Sub(now)):
		}
	}
}

// Prune removes what is too old or too many now, and returns how many signals that were, also where it fails half way.
// Serve does nothing else than call it; it is for whoever has a time of his own for it, such as the night.
func (h *Housekeeper) Prune(ctx context.Context, now time.Time) (removed int, err error) {
	limited, cancel := clockctx.WithTimeout(ctx, h.cfg.Clock, h.cfg.Timeout)
	defer cancel()
	began := h.cfg.Clock.Now()
	removed, err = h.prune(limited, now)
	if ctx.Err() != nil {
		return removed, err // it was told to stop, and that is no fault
	}
	if removed > 0 && errors.Is(err, context.DeadlineExceeded) {
		err = nil // there was more than one Timeout can take, and the next prune goes on with it
	}
	if err != nil {
		h.cfg.Logger.Error("Prune failed", "error", err, "removed", removed)
		return removed, err
	}
	level := slog.LevelDebug
	if removed > 0 {
		level = slog.LevelInfo
	}
	h.cfg.Logger.Log(context.Background(), level, "Pruned signals", "count", removed, "duration", h.cfg.Clock.Now().Sub(began))
	return removed, nil
}

func (h *Housekeeper) prune(ctx context.Context, now time.Time) (removed int, err error) {
	r := signal.Retention{Count: h.cfg.Count}
	if h.cfg.MaxAge > 0 {
		r.Before = now.Add(-h.cfg.MaxAge)
	}
	if r.Passed, err = h.passed(ctx); err != nil {
		return 0, fmt.Errorf("generator: how far the signals were read: %w", err)
	}
	if removed, err = h.cfg.Store.Prune(ctx, r); err != nil {
		return removed, fmt.Errorf("generator: prune signals: %w", err)
	}
	return removed, nil
}

// passed returns the lowest cursor, if it is one of this Store.
func (h *Housekeeper) passed(ctx context.Context) (int64, error) {
	of, seq, err := h.cfg.Passed(ctx)
	store, named := h.cfg.Store.(signal.Identified)
	if err != nil || of == "" || !named {
		return seq, err
	}
	identity, err := store.Identity(ctx)
	if err == nil && identity != of {
		err = fmt.Errorf("the cursor is one of store %s, and this is %s", of, identity)
	}
	return seq, err
}

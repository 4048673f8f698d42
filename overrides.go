package vigil

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The keys of what a person can want in the place of what the Config says.
const (
	overridePaused     = "paused"
	overrideSymbols    = "symbols"
	overrideConfidence = "min_confidence"
	overrideCycle      = "cycle"
	overrideReduceOnly = "reduce_only"
)

// overrides are those that hold, by key.
type overrides struct {
	setting sync.Mutex // held while one is set: the last that was taken is the last that is stored

	mu    sync.Mutex // guards all below
	byKey map[string]journal.Override
}

func (w *overrides) all() []journal.Override {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []journal.Override
	for _, one := range w.byKey {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b journal.Override) int { return strings.Compare(a.Key, b.Key) })
	return all
}

func (w *overrides) note(one journal.Override) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byKey == nil {
		w.byKey = make(map[string]journal.Override)
	}
	if one.Value == "" {
		delete(w.byKey, one.Key)
		return
	}
	w.byKey[one.Key] = one
}

// configured is what the Config says of a key, as an override has it.
func (c *Config) configured(key string) string {
	switch key {
	case overrideSymbols:
		return symbolsText(c.Symbols)
	case overrideConfidence:
		return confidenceText(c.MinConfidence)
	case overrideCycle:
		return cmp.Or(c.Generator.Cycle, generator.DefaultCycle).String()
	default: // Nothing of the Config pauses or only reduces.
		return strconv.FormatBool(false)
	}
}

// symbolsText does not depend on their order.
func symbolsText(symbols []string) string {
	text, _ := json.Marshal(slices.Sorted(slices.Values(symbols))) // Strings can always be.
	return string(text)
}

func confidenceText(confidence float64) string { return strconv.FormatFloat(confidence, 'g', -1, 64) }

// override does what a person wants, and keeps it for later lives of the process.
func (t *Trader) override(ctx context.Context, key, value, by string, do func() error) error {
	if strings.TrimSpace(by) == "" {
		return fmt.Errorf("vigil: changing %s needs a name", key)
	}
	t.overrides.setting.Lock()
	defer t.overrides.setting.Unlock()
	if err := do(); err != nil {
		return err
	}
	one := journal.Override{Key: key, Value: value, Was: t.cfg.configured(key), By: by, At: t.cfg.Clock.Now()}
	if value == one.Was {
		one.Value = "" // The Config says so by itself.
	}
	t.overrides.note(one)
	ctx, cancel := clockctx.WithTimeout(ctx, t.cfg.Clock, askWithin)
	defer cancel()
	if err := t.store.SetOverride(ctx, one); err != nil {
		return fmt.Errorf("vigil: %s is %s now, and no more once the process has ended: it could not be stored: %w",
			key, value, err)
	}
	return nil
}

// goOnWithOverrides takes up what persons wanted in an earlier life of the process. Where the Config has changed since, it is
// the newer word, and counts.
func (t *Trader) goOnWithOverrides(ctx context.Context) error {
	stored, err := t.store.Overrides(ctx)
	if err != nil {
		return fmt.Errorf("vigil: read what persons want: %w", err)
	}
	for _, w := range stored {
		attrs := []any{"what", w.Key, "value", w.Value, "by", w.By, "at", w.At, "configuration", t.cfg.configured(w.Key)}
		if w.Was != t.cfg.configured(w.Key) {
			t.log.Warn("The configuration was changed since a person's word, and counts", append(attrs, "was", w.Was)...)
			if err := t.store.SetOverride(ctx, journal.Override{Key: w.Key}); err != nil {
				return fmt.Errorf("vigil: take back what %s wanted of %s: %w", w.By, w.Key, err)
			}
			continue
		}
		if err := t.take(ctx, w); err != nil {
			t.log.Warn("What a person wanted cannot be any more, the configuration counts", append(attrs, "error", err)...)
			continue
		}
		t.overrides.note(w)
		t.log.Warn("A person's word counts in the place of the configuration", attrs...)
	}
	return nil
}

// take does what an override of an earlier life of the process says.
func (t *Trader) take(ctx context.Context, w journal.Override) error {
	switch w.Key {
	case overridePaused:
		return t.tree.Pause(ctx, t.path(generationName))
	case overrideReduceOnly:
		return t.reduceOnlySince(w.At)
	case overrideSymbols:
		var symbols []string
		if err := json.Unmarshal([]byte(w.Value), &symbols); err != nil {
			return err
		}
		return t.setSymbols(symbols)
	case overrideConfidence:
		confidence, err := strconv.ParseFloat(w.Value, 64)
		if err != nil {
			return err
		}
		return t.generator.SetMinConfidence(confidence)
	case overrideCycle:
		cycle, err := time.ParseDuration(w.Value)
		if err != nil {
			return err
		}
		return t.setCycle(cycle)
	}
	return errors.New("this version knows no such setting")
}

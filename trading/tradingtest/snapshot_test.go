package tradingtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// keeper is a Snapshotter with one fault.
type keeper struct {
	*journal.Memory
	fault string
}

func (k keeper) KeepSnapshot(ctx context.Context, data []byte) error {
	if k.fault == "never looks at ctx" {
		ctx = context.WithoutCancel(ctx)
	}
	if k.fault == "cuts at NUL" {
		before, _, _ := strings.Cut(string(data), "\x00")
		data = []byte(before)
	}
	return k.Memory.KeepSnapshot(ctx, data)
}

func (k keeper) LastSnapshot(ctx context.Context) ([]byte, int64, error) {
	data, seq, err := k.Memory.LastSnapshot(ctx)
	switch {
	case k.fault == "invents one" && err == nil && seq == 0:
		return []byte("{}"), 1, nil
	case k.fault == "forgets the last entry" && seq > 0:
		return data, seq - 1, err
	case k.fault == "leaves out an entry" && seq > 0:
		return data, seq + 1, err
	}
	return data, seq, err
}

func (k keeper) KeepMark(ctx context.Context, m journal.Mark) error {
	switch k.fault {
	case "keeps the first mark":
		if _, ok, _ := k.LastMark(ctx); ok {
			return nil
		}
	case "marks as float64":
		m.Equity = decimal.NewFromFloat(m.Equity.InexactFloat64())
	case "marks in the journal":
		return errors.Join(k.Memory.KeepMark(ctx, m), k.Append(ctx, m.At, journal.DayOpened{Day: m.Day}))
	}
	return k.Memory.KeepMark(ctx, m)
}

func TestJournalSuiteFindsPlantedFaultsOfSnapshots(t *testing.T) {
	t.Parallel()
	for fault, inCase := range map[string]string{
		"invents one":            "before the first snapshot there is none",
		"cuts at NUL":            "the last snapshot comes back, and stands for all that was appended before it",
		"forgets the last entry": "the last snapshot comes back, and stands for all that was appended before it",
		"leaves out an entry":    "the last snapshot comes back, and stands for all that was appended before it",
		"keeps the first mark":   "the last mark comes back exactly, and is no entry",
		"marks as float64":       "the last mark comes back exactly, and is no entry",
		"marks in the journal":   "the last mark comes back exactly, and is no entry",
		"never looks at ctx":     "a snapshot whose context has ended is not kept",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			watched := watchJournalCase(t, inCase, keeper{journal.NewMemory(), fault})
			require.True(t, watched.Failed(), "the case does not see it")
		})
	}
}

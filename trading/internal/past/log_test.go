package past_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading/internal/past"
)

// A Log does what a list of pairs does.
func TestLogIsAQueueThatIsFoundByKey(t *testing.T) {
	t.Parallel()
	type pair struct{ key, body string }
	rapid.Check(t, func(t *rapid.T) {
		l, model := &past.Log{}, []pair{}
		place := func(key string) int { return slices.IndexFunc(model, func(p pair) bool { return p.key == key }) }
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("k", rapid.IntRange(0, 60).Draw(t, "key")) })
		for range rapid.IntRange(0, 100).Draw(t, "calls") {
			switch rapid.SampledFrom([]string{"put", "put", "put", "delete", "drop", "reload"}).Draw(t, "call") {
			case "put":
				p := pair{key.Draw(t, "put"), strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 20, 200, 200, 9_000, 70_000}).Draw(t, "size"))}
				l.Put([]byte(p.key), []byte(p.body))
				model = append(slices.DeleteFunc(model, func(o pair) bool { return o.key == p.key }), p)
			case "delete":
				gone := key.Draw(t, "delete")
				l.Delete([]byte(gone))
				model = slices.DeleteFunc(model, func(o pair) bool { return o.key == gone })
			case "drop":
				l.DropOldest()
				model = model[min(1, len(model)):]
			case "reload":
				data, err := json.Marshal(l.Save())
				require.NoError(t, err)
				var saved past.Saved
				require.NoError(t, json.Unmarshal(data, &saved))
				l, err = past.Load(saved, func([]byte, []byte) error { return nil })
				require.NoError(t, err)
			}
			require.Equal(t, len(model), l.Len())
			var all []pair
			for k, b := range l.All() {
				all = append(all, pair{string(k), string(b)})
			}
			require.True(t, slices.Equal(model, all))
			sought := key.Draw(t, "get")
			i := place(sought)
			body, ok := l.Get([]byte(sought))
			require.Equal(t, i >= 0, ok)
			if ok {
				require.Equal(t, model[i].body, string(body))
				after, ok := l.After([]byte(sought))
				require.True(t, ok)
				n := 0
				for range after {
					n++
				}
				require.Equal(t, len(model)-i-1, n)
			}
		}
	})
}

func TestLogLetsGoOfWhatItForgets(t *testing.T) {
	t.Parallel()
	l := &past.Log{}
	for i := range 200_000 {
		l.Put(fmt.Append(nil, "key-", i), make([]byte, 60))
		if l.Len() > 1000 {
			l.DropOldest()
		}
	}
	size := 0
	for _, s := range l.Save().Segments {
		size += len(s)
	}
	require.Less(t, size, 4<<16)
}

func TestRecordGivesBackWhatItWasGiven(t *testing.T) {
	t.Parallel()
	fine := decimal.RequireFromString("-123456789012345678901234567890.123456789")
	times := []time.Time{{}, time.Unix(0, 1).UTC(), time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)}
	numbers := []decimal.Decimal{{}, decimal.New(5, -1), decimal.New(-1, 30), fine, decimal.New(math.MaxInt64, -18)}
	ids := []string{"", "v-", "x", "v-0123456789abcdef01234567", "v-0123456789abcdef01234567-1", "v-0123456789ABCDEF01234567",
		"v-0123456789abcdef0123456", "\x00\x01", "0123456789abcdef01234567", "0123456789abcdef0123456g",
		"0123456789abcdef", "0123456789ABCDEF01234567"}
	w := &past.Writer{}
	for _, id := range ids {
		w.ID(id)
		w.Text(id)
	}
	for _, at := range times {
		w.Time(at)
	}
	for _, n := range numbers {
		w.Decimal(n)
	}
	for _, near := range times {
		for _, at := range times {
			w.Since(near, at)
		}
	}
	r := past.NewReader(w.Body)
	for _, id := range ids {
		require.Equal(t, id, r.ID())
		require.Equal(t, id, r.Text())
	}
	for _, at := range times {
		require.True(t, at.Equal(r.Time()))
	}
	for _, n := range numbers {
		got := r.Decimal()
		require.Equal(t, n.String(), got.String())
		require.Equal(t, n.Exponent(), got.Exponent())
	}
	for _, near := range times {
		for _, at := range times {
			require.True(t, at.Equal(r.Since(near)), "%s near %s", at, near)
		}
	}
	require.NoError(t, r.Err)
	require.False(t, r.Left())
	require.Len(t, past.Key(nil, ids[3]), 13, "half of its digits")
	signal := &past.Writer{}
	signal.ID("0123456789abcdef01234567")
	require.Len(t, signal.Body, 14, "half of its digits")
}

func FuzzLoad(f *testing.F) {
	l := &past.Log{}
	l.Put([]byte("key"), []byte("body"))
	f.Add(0, l.Save().Segments[0], []byte{})
	f.Add(1, []byte{0, 1, 2}, []byte{0, 0x80})
	f.Fuzz(func(_ *testing.T, head int, one, two []byte) {
		l, err := past.Load(past.Saved{Head: head, Segments: [][]byte{one, two}}, func(_, body []byte) error {
			r := past.NewReader(body)
			_, _, _, _, _ = r.ID(), r.Time(), r.Decimal(), r.Text(), r.Int()
			return nil
		})
		if err != nil {
			return
		}
		for l.Len() > 0 {
			l.DropOldest()
		}
	})
}

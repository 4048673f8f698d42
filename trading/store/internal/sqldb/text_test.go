package sqldb_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

func FuzzTextComesBackAndHoldsNoNUL(f *testing.F) {
	for _, s := range []string{"", "BTC/USDT", "\x00", "\x1a", "\x1a0", "\x00\x1a\x1a0", "é\x00é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored, back := sqldb.ThroughText(s)
		require.Equal(t, s, back)
		require.False(t, strings.Contains(stored, "\x00"), "%q", stored)
	})
}

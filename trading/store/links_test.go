package store_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A program that keeps its data in a file carries no driver of a server, and the other way round.
func TestPackagesLinkOnlyTheirOwnDriver(t *testing.T) {
	t.Parallel()
	const sqlite, postgres = "modernc.org/sqlite", "github.com/jackc/pgx/v5"
	for name, c := range map[string]struct{ has, lacks string }{
		"sqlite":   {sqlite, postgres},
		"postgres": {postgres, sqlite},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+name).Output()
			require.NoError(t, err)
			packages := strings.Fields(string(list))
			require.Contains(t, packages, c.has)
			for _, p := range packages {
				require.False(t, strings.HasPrefix(p, c.lacks), p)
			}
		})
	}
}

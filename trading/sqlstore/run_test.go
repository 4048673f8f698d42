package sqlstore_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

func TestADatabaseBelongsToOneRun(t *testing.T) {
	t.Parallel()
	stored := []sqlstore.Setting{{Name: "mode", Value: "paper"}, {Name: "seed", Value: "1"}, {Name: "venue", Value: "sim"}}
	tests := map[string]struct {
		asked []sqlstore.Setting
		says  string // "" for accepted
	}{
		"the same":              {asked: stored},
		"the same, other order": {asked: []sqlstore.Setting{stored[2], stored[0], stored[1]}},
		"none, only to look":    {},
		"another value": {
			asked: []sqlstore.Setting{stored[0], {Name: "seed", Value: "2"}, stored[2]},
			says:  `seed is "1" there and "2" here`,
		},
		"one setting less": {
			asked: stored[:2],
			says:  `venue is "sim" there and not set here`,
		},
		"one setting more": {
			asked: append(stored[:3:3], sqlstore.Setting{Name: "account", Value: "7"}),
			says:  `account is not set there and "7" here`,
		},
		"another name": {
			asked: []sqlstore.Setting{stored[0], stored[1], {Name: "exchange", Value: "sim"}},
			says:  `venue is "sim" there and not set here; exchange is not set there and "sim" here`,
		},
		"two that differ": {
			asked: []sqlstore.Setting{{Name: "mode", Value: "live"}, {Name: "seed", Value: "2"}, stored[2]},
			says:  `mode is "paper" there and "live" here; seed is "1" there and "2" here`,
		},
		"an empty value is a value": {
			asked: []sqlstore.Setting{stored[0], stored[1], {Name: "venue"}},
			says:  `venue is "sim" there and "" here`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := closedDatabase(t, t.TempDir()+"/x.db", stored...)
			before := snapshot(t, filepath.Dir(path))
			db, err := sqlstore.Open(t.Context(), path, sqlstore.Config{Run: tc.asked})
			if tc.says == "" {
				require.NoError(t, err)
				require.NoError(t, db.Close())
				return
			}
			other, ok := errors.AsType[*sqlstore.ConfigurationError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, stored, other.Stored)
			require.Equal(t, tc.asked, other.Asked)
			require.EqualError(t, err, "sqlstore: open "+path+": it belongs to another run: "+tc.says)
			require.Equal(t, before, snapshot(t, filepath.Dir(path)))
		})
	}
}

func TestTheFirstRunThatIsNamedBindsTheDatabase(t *testing.T) {
	t.Parallel()
	path := closedDatabase(t, t.TempDir()+"/x.db")
	closedDatabase(t, path, sqlstore.Setting{Name: "mode", Value: "paper"})
	_, err := sqlstore.Open(t.Context(), path, sqlstore.Config{Run: []sqlstore.Setting{{Name: "mode", Value: "live"}}})
	require.ErrorContains(t, err, `mode is "paper" there and "live" here`)
}

func TestABadRunConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	for says, run := range map[string][]sqlstore.Setting{
		"Run: setting 2 has no Name": {{Name: "mode"}, {Value: "x"}},
		"Run: mode is set twice":     {{Name: "mode", Value: "a"}, {Name: "mode", Value: "b"}},
	} {
		folder := t.TempDir()
		_, err := sqlstore.Open(t.Context(), folder+"/x.db", sqlstore.Config{Run: run})
		require.ErrorContains(t, err, says)
		require.Empty(t, files(t, folder))
	}
}

package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpusOf puts a database that an earlier version wrote where a trader expects its own.
func corpusOf(t *testing.T, name, db string) {
	t.Helper()
	packed, err := os.Open(filepath.Join("..", "..", "trading", "store", "testdata", "corpus", name+".db.gz"))
	require.NoError(t, err)
	defer func() { require.NoError(t, packed.Close()) }()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(db, data, 0o600))
}

// An upgrade is tried before it is made, made by the first start, and taken back with the copy that it left.
func TestUpgradeAndTheWayBack(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "test.db")
	corpusOf(t, "sqlite8", db)
	before, err := os.ReadFile(db)
	require.NoError(t, err)

	code, out, log := runCommand("check", db)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "test.db is whole: 20 orders, 14 fills")
	now, err := os.ReadFile(db)
	require.NoError(t, err)
	require.Equal(t, before, now, "a check changes nothing")

	p := launch(t, "--paper", "--db", db, "--interval", "1s", "--listen", "off", "--cash", "10000", "--fee", "0.001")
	p.await(`msg="Bringing the database up to date; its copy is the way back" database=\S+ schema=8 copy=\S+test.db.schema8`)
	p.await(`msg="TRADING IS HALTED" reason="the broker holds 3 LTC`)
	p.end() // It has no market for what stands there.

	code, out, log = runCommand("restore", db+".schema8", "--db", db, "--replace")
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "test.db.schema8 is whole: 20 orders, 14 fills")
	require.Contains(t, out, "what stood there is "+db+".replaced-1 now")
	code, out, log = runCommand("check", db)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "test.db is whole: 20 orders, 14 fills", "it is an earlier version's again")
	code, _, log = runCommand("check", db+".replaced-1")
	require.Equal(t, exitOK, code, log)
}

package sqlite_test

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

var drillCapital = decimal.NewFromInt(10_000)

// wallClock is the time of day.
type wallClock struct{}

func (wallClock) Now() time.Time                         { return time.Now() }
func (wallClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// drill is a venue that outlives the databases of those who trade there.
type drill struct {
	venue       *tradingtest.Venue
	instruments []trading.Instrument
}

func newDrill() drill {
	instruments := []trading.Instrument{
		{Symbol: "BTC", Tick: decimal.New(1, -2), Step: decimal.New(1, -4)},
		{Symbol: "ETH", Tick: decimal.New(1, -2), Step: decimal.New(1, -4)},
	}
	venue := tradingtest.NewVenue(wallClock{}, trading.Traits{RefusesDuplicates: true}, instruments...)
	venue.SetPrice("BTC", decimal.NewFromInt(100))
	venue.SetPrice("ETH", decimal.NewFromInt(10))
	return drill{venue, instruments}
}

// start begins to trade with a database.
func (d drill) start(t *testing.T, db *sqlite.DB) *engine.Engine {
	t.Helper()
	j, err := db.Claim(t.Context())
	require.NoError(t, err)
	e, err := engine.New(engine.Config{Signals: db.Signals(), Journal: j, Broker: d.venue, Instruments: d.instruments,
		Size: size.FixedNotional{Amount: decimal.NewFromInt(1000)}, Risk: risk.NoLimits(), Capital: drillCapital,
		AutoExecute: true, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return e
}

// say stores a signal that is to be acted on.
func say(t *testing.T, db *sqlite.DB, symbol string, direction signal.Direction) {
	t.Helper()
	now := time.Now().UTC()
	s := signal.Signal{Strategy: "cross", Symbol: symbol, Interval: time.Minute, Direction: direction, Confidence: 1,
		Price: 100, BarTime: now, CreatedAt: now, ValidUntil: now.Add(time.Hour)}
	require.NoError(t, db.Signals().Append(t.Context(), storetest.WithOwnID(s)))
}

func folded(t *testing.T, db *sqlite.DB) *book.Book {
	t.Helper()
	b, err := book.Restore(drillCapital, journal.Load(t.Context(), db.Journal()))
	require.NoError(t, err)
	return b
}

// A database that is lost: what the backup holds goes on, and the venue tells of what came after it.
func TestRestoreDrill(t *testing.T) {
	t.Parallel()
	d, path, backup := newDrill(), filepath.Join(t.TempDir(), "x.db"), filepath.Join(t.TempDir(), "backup.db")
	db := openAt(t, path)
	e := d.start(t, db)
	say(t, db, "BTC", signal.Long)
	require.NoError(t, e.Step(t.Context()))
	require.NoError(t, e.Halt(t.Context(), "lunch"))
	require.NoError(t, e.Step(t.Context()))

	copied := make(chan error, 1)
	go func() { copied <- sqlite.Backup(t.Context(), path, backup) }()
	for trading := true; trading; { // Signals and steps while it is copied: nothing can be opened, and each is journaled.
		say(t, db, "ETH", signal.Long)
		require.NoError(t, e.Step(t.Context()))
		select {
		case err := <-copied:
			require.NoError(t, err)
			trading = false
		default:
		}
	}
	require.NoError(t, e.Rearm(t.Context(), e.Status().Halt.Seq, "a person"))
	say(t, db, "ETH", signal.Long)
	require.NoError(t, e.Step(t.Context()))
	require.Len(t, e.Status().Positions, 2, "bought after the backup")
	of, err := db.Journal().Identity(t.Context())
	require.NoError(t, err)
	require.ErrorAs(t, sqlite.Restore(t.Context(), backup, path), new(*sqlite.LockedError))
	require.NoError(t, db.Close())
	require.NoError(t, os.Remove(path))

	require.NoError(t, sqlite.Restore(t.Context(), backup, path))
	report, err := sqlite.Check(t.Context(), path, nil)
	require.NoError(t, err)
	require.Equal(t, "lunch", report.Halted)
	db = openAt(t, path)
	want := folded(t, openAt(t, backup))
	require.Equal(t, want.Digest(), folded(t, db).Digest())
	now, err := db.Journal().Identity(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, of, now, "no client ID comes again")
	e = d.start(t, db)
	require.NoError(t, e.Step(t.Context()))
	s := e.Status()
	require.Equal(t, "lunch", s.Halt.Reason)
	require.Equal(t, want.Position("BTC").Quantity, s.Positions[0].Quantity)
	require.Len(t, s.Positions, 2, "the venue tells what was bought after the backup")
	require.True(t, s.Reconciled)
	require.Equal(t, want.Counts().Orders, s.Counts.Orders)
	require.Len(t, d.venue.Ledger(), 2, "nothing was ordered again")
}

func TestBackupTakesTheArchiveAlong(t *testing.T) {
	t.Parallel()
	path, folder := filepath.Join(t.TempDir(), "x.db"), t.TempDir()
	db := openAt(t, path)
	journalOf(t, db, 10, 10)
	whole := storetest.Page(t, db.Journal(), 1000)
	_, err := db.Archive(t.Context(), firstEntry.Add(4*time.Minute))
	require.NoError(t, err)
	backup := filepath.Join(folder, "b.db")
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	require.Equal(t, []string{"b.db", "b.db.archive"}, files(t, folder))
	for _, name := range []string{backup, backup + ".archive"} {
		stat, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), stat.Mode(), name)
	}
	require.NoError(t, os.Remove(backup))
	require.ErrorContains(t, sqlite.Backup(t.Context(), path, backup), backup+".archive is there already", "an archive is never written over")
	require.Equal(t, []string{"b.db.archive"}, files(t, folder))
	require.NoError(t, os.Remove(backup+".archive"))
	write(t, backup, "something")
	require.ErrorContains(t, sqlite.Backup(t.Context(), path, backup), backup+" is there already, and stays as it is: name another")
	require.Equal(t, []string{"b.db"}, files(t, folder))
	require.NoError(t, os.Remove(backup))
	require.NoError(t, db.Backup(t.Context(), backup))

	elsewhere := filepath.Join(t.TempDir(), "y.db")
	require.NoError(t, sqlite.Restore(t.Context(), backup, elsewhere))
	report, err := sqlite.Check(t.Context(), elsewhere, nil)
	require.NoError(t, err)
	require.Equal(t, sqlite.Report{Schema: 12, Run: []sqlite.Setting{}, Entries: 120, Archived: 80, LastSeq: 200,
		LastAt: firstEntry.Add(9 * time.Minute)}, report)
	require.Equal(t, whole, storetest.Page(t, openAt(t, elsewhere).Journal(), 100))
}

func TestBackupTakesADatabaseOfAnEarlierSchemaAsItIs(t *testing.T) {
	t.Parallel()
	path := unpacked(t, "sqlite8")
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	backup := filepath.Join(t.TempDir(), "b.db")
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	var read bool
	report, err := sqlite.Check(t.Context(), backup, func(db *sqlite.DB) error {
		read = true
		storetest.FoldsTo(t, db, "schema5")
		return nil
	})
	require.NoError(t, err)
	require.True(t, read)
	require.Equal(t, int64(8), report.Schema)
	require.Positive(t, report.Entries)
	require.Equal(t, []string{"b.db"}, files(t, filepath.Dir(backup)), "the copy is gone, and nothing was added")
	storetest.FoldsTo(t, openAt(t, backup), "schema5")
}

func TestRestoreReplacesNothingByItself(t *testing.T) {
	t.Parallel()
	backup := closedDatabase(t, filepath.Join(t.TempDir(), "backup.db"))
	for _, part := range []string{"", "-wal", "-shm", "-journal"} {
		t.Run("x.db"+part, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "x.db")
			write(t, path+part, "of the database that was lost")
			require.ErrorContains(t, sqlite.Restore(t.Context(), backup, path), path+part+" is there: move it away")
			require.Equal(t, []string{"x.db" + part}, files(t, folder))
			aside, err := sqlite.Replace(t.Context(), backup, path)
			require.NoError(t, err)
			require.Equal(t, path+".replaced-1", aside)
			require.ElementsMatch(t, []string{"x.db", "x.db.replaced-1" + part}, files(t, folder))
			again, err := sqlite.Replace(t.Context(), backup, path)
			require.NoError(t, err)
			require.Equal(t, path+".replaced-2", again)
			_, err = sqlite.Check(t.Context(), path, nil)
			require.NoError(t, err)
		})
	}
}

func TestRestoreThatFailsLeavesAllWhereItWas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, backup := filepath.Join(folder, "x.db"), filepath.Join(t.TempDir(), "backup.db")
	db := openAt(t, path)
	journalOf(t, db, 60, 60)
	require.NoError(t, db.Backup(t.Context(), backup))
	broken, err := os.OpenFile(backup, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = broken.WriteAt(make([]byte, 40_000), 20_000)
	require.NoError(t, err)
	require.NoError(t, broken.Close())
	_, err = sqlite.Replace(t.Context(), backup, path)
	require.ErrorAs(t, err, new(*sqlite.LockedError), "it is in use")
	require.NoError(t, os.Remove(path+".lock"))
	_, err = sqlite.Replace(t.Context(), backup, path)
	require.ErrorAs(t, err, new(*sqlite.LockedError), "it is in use, whoever removed its lock")
	require.NoError(t, db.Backup(t.Context(), backup+"2"))
	write(t, backup+"2.archive", "no archive")
	require.NoError(t, db.Close())
	was := snapshot(t, folder)
	_, err = sqlite.Replace(t.Context(), backup, path)
	require.ErrorContains(t, err, "sqlite: restore "+backup)
	require.Equal(t, was, snapshot(t, folder))
	_, err = sqlite.Replace(t.Context(), backup+"2", path)
	require.ErrorIs(t, err, sqlite.ErrForeign)
	require.Equal(t, was, snapshot(t, folder), "what was moved aside is moved back")
	_, err = sqlite.Replace(t.Context(), path, path)
	require.ErrorContains(t, err, "it is the backup itself")
	_, err = sqlite.Replace(t.Context(), backup+"-none", path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Equal(t, was, snapshot(t, folder))
}

func TestCheckReadsThePages(t *testing.T) {
	t.Parallel()
	path := unopened(t)
	db := openAt(t, path)
	journalOf(t, db, 10, 10)
	require.NoError(t, db.Close())
	var page int64
	inRaw(t, path, func(db *sql.DB) {
		row := db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_ref'")
		require.NoError(t, row.Scan(&page))
	})
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(make([]byte, 4096), (page-1)*4096)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = sqlite.Check(t.Context(), path, nil)
	require.ErrorContains(t, err, "sqlite: check "+path)
	require.ErrorContains(t, sqlite.Restore(t.Context(), path, path+"-new"), "sqlite: restore")
	require.NoFileExists(t, path+"-new")
}

func TestCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change, want string
	}{
		"an entry that is missing":    {"DELETE FROM journal WHERE seq = 100", "its entries from 100 to 100 are missing"},
		"an entry that says nothing":  {"UPDATE journal SET data = '{' WHERE seq = 100", "entry 100"},
		"a snapshot without its part": {"DELETE FROM snapshot_parts", "snapshot"},
		"an archive that is gone":     {"INSERT INTO meta VALUES ('archived', '7'); DELETE FROM journal WHERE seq < 8", ".archive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := unopened(t)
			db := openAt(t, path)
			journalOf(t, db, 10, 10)
			require.NoError(t, db.Close())
			foreign(t, path, c.change)
			before := snapshot(t, filepath.Dir(path))
			_, err := sqlite.Check(t.Context(), path, nil)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, before["x.db"], snapshot(t, filepath.Dir(path))["x.db"])
		})
	}
}

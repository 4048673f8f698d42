package sqlite_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/cutdisk"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// cuts is how often the campaign cuts the power: go test -run PowerCut -cuts 200 -timeout 1h.
var cuts = flag.Int("cuts", 8, "how often the campaign cuts the power")

// The child of these tests writes into the folder that the variable names, until it cannot.
const (
	writeUntilCut = "SQLITE_TEST_WRITE"
	writeFrom     = "SQLITE_TEST_FROM"
	writePlant    = "SQLITE_TEST_PLANT"
)

// Who writes in a child: callers that share the database's transactions, and the control, a file of its own that is
// synced after each line.
const (
	callers = 4
	control = callers
)

func newCutDisk(t *testing.T) *cutdisk.Disk {
	t.Helper()
	disk, err := cutdisk.Make(t.TempDir(), 64<<20)
	if err != nil {
		t.Skipf("SKIPPED, nothing is shown about power cuts and full disks: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, disk.Remove()) })
	return disk
}

// writeAndTell is the child. Each line of its output says that a writer's numbers are stored as far as one.
func writeAndTell(folder string) {
	db, err := sqlite.Open(context.Background(), filepath.Join(folder, "x.db"), sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if os.Getenv(writePlant) != "" {
		writer, _ := db.Pools()
		_, err = writer.ExecContext(context.Background(), "PRAGMA synchronous = "+os.Getenv(writePlant))
	}
	var from int
	if _, scanned := fmt.Sscan(os.Getenv(writeFrom), &from); err != nil || scanned != nil {
		fmt.Println(err, scanned)
		return
	}
	var writing sync.WaitGroup
	tell := func(writer int, store func(n int) error) {
		for n := from; store(n) == nil; n++ {
			fmt.Println(writer, n)
		}
	}
	for caller := range callers {
		writing.Go(func() { tell(caller, func(n int) error { return storetest.StoreBoth(db, caller, n) }) })
	}
	writing.Go(func() {
		if f, err := os.Create(controlFile(folder, from)); err == nil {
			tell(control, func(n int) error { return storeLine(f, n) })
		}
	})
	writing.Wait()
}

// controlFile is a new one for each life of the child: a cut may leave zeros at the end of a line that was not synced.
func controlFile(folder string, from any) string {
	return filepath.Join(folder, fmt.Sprint("control-", from))
}

func storeLine(f *os.File, n int) error {
	if _, err := fmt.Fprintln(f, n); err != nil {
		return err
	}
	return f.Sync()
}

// round is one life of the child, from its start to the cut. What it had acknowledged before the cut began is added to
// acknowledged.
func round(t *testing.T, disk *cutdisk.Disk, plant string, from int, acknowledged map[string]bool) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), writeUntilCut+"="+disk.Path(), writePlant+"="+plant, writeFrom+"="+fmt.Sprint(from))
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var told [callers + 1]atomic.Int64
	enough, heard := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(heard)
		lines, left := bufio.NewScanner(output), 20+rand.IntN(400)
		for lines.Scan() {
			var writer, n int
			if _, err := fmt.Sscan(lines.Text(), &writer, &n); err != nil {
				t.Errorf("the child says %q", lines.Text())
				break
			}
			told[writer].Store(int64(n) + 1)
			if left--; left == 0 {
				close(enough)
			}
		}
	}()
	select {
	case <-enough:
	case <-heard:
		t.Error("the child ended before the cut")
	}
	var before [callers + 1]int // Read before the cut begins, so that what comes during it counts for nothing.
	for writer := range before {
		before[writer] = int(told[writer].Load())
	}
	require.NoError(t, disk.Cut())
	_ = child.Process.Kill()
	<-heard
	_ = child.Wait() // It says that it was killed.
	require.NoError(t, disk.Restore())
	for writer, end := range before {
		for n := from; n < end; n++ {
			acknowledged[fmt.Sprintf("%d-%d", writer, n)] = true
		}
	}
}

// lost compares what was acknowledged with what is there, and counts what is missing in the database and in the
// control's file.
func lost(t *testing.T, folder string, acknowledged map[string]bool) (ours, controls int) {
	t.Helper()
	signals, entries := make(map[string]bool), make(map[string]bool)
	db, err := sqlite.Open(t.Context(), filepath.Join(folder, "x.db"), sqlite.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Integrity(t.Context()))
	stored, err := db.Signals().After(t.Context(), 0, 1_000_000)
	require.NoError(t, err)
	for _, s := range stored {
		signals[s.ID] = true
	}
	journaled, err := db.Journal().Read(t.Context(), 0, 1_000_000)
	require.NoError(t, err)
	for _, e := range journaled {
		entries[e.Event.(journal.Halted).Reason] = true
	}
	written := make(map[string]bool)
	files, err := filepath.Glob(controlFile(folder, "*"))
	require.NoError(t, err)
	for _, file := range files {
		lines, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(lines)) {
			written[fmt.Sprintf("%d-%s", control, strings.TrimSpace(line))] = true
		}
	}
	for name := range acknowledged {
		switch {
		case strings.HasPrefix(name, fmt.Sprint(control, "-")):
			if !written[name] {
				controls++
			}
		case !signals[name] || !entries[name]:
			ours++
		}
	}
	return ours, controls
}

func TestPowerCutsTakeNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	acknowledged := make(map[string]bool)
	for n := range *cuts {
		round(t, disk, "", n*1_000_000, acknowledged)
		ours, controls := lost(t, disk.Path(), acknowledged)
		require.Zero(t, controls, "of a file that is synced after each line, after cut %d: the campaign is at fault", n+1)
		require.Zero(t, ours, "of %d acknowledged ones, after cut %d", len(acknowledged), n+1)
	}
	t.Logf("%d cuts, %d acknowledged, none lost", *cuts, len(acknowledged))
}

// The campaign proves nothing unless it sees what is wrong.
func TestPowerCutsTakeWhatIsNotSynced(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	for n := range 10 {
		acknowledged := make(map[string]bool)
		round(t, disk, "NORMAL", n*1_000_000, acknowledged)
		ours, controls := lost(t, disk.Path(), acknowledged)
		require.Zero(t, controls)
		if ours > 0 {
			t.Logf("cut %d with synchronous=NORMAL took %d of %d", n+1, ours, len(acknowledged))
			return
		}
	}
	t.Error("ten cuts did not show that synchronous=NORMAL loses what it acknowledged")
}

func TestOpeningOnAFullDiskSaysSoAndLeavesNothing(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	there := closedDatabase(t, filepath.Join(disk.Path(), "there.db"))
	earlier := filepath.Join(disk.Path(), "earlier.db")
	data, err := os.ReadFile(unpacked(t, "sqlite5"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(earlier, data, 0o600))
	free, err := disk.Fill()
	require.NoError(t, err)
	before := snapshot(t, disk.Path())
	for _, path := range []string{filepath.Join(disk.Path(), "new.db"), there, earlier} {
		_, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, ": make room on the disk of "+disk.Path())
		require.Equal(t, before, snapshot(t, disk.Path()), path)
	}
	require.NoError(t, free())
	for _, path := range []string{filepath.Join(disk.Path(), "new.db"), there, earlier} {
		closedDatabase(t, path)
	}
}

func TestDiskThatIsReallyFullLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	db, err := sqlite.Open(t.Context(), filepath.Join(disk.Path(), "x.db"), sqlite.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	acknowledged := 0
	for range 3 {
		free, full := disk.Fill()
		require.NoError(t, full)
		for err = nil; err == nil; {
			if err = storetest.StoreBoth(db, 0, acknowledged); err == nil {
				acknowledged++
			}
		}
		require.ErrorContains(t, err, "full")
		require.NoError(t, free())
		require.NoError(t, storetest.StoreBoth(db, 0, acknowledged), "there is room again; a part of it may be there already")
		acknowledged++
	}
	stored, err := db.Signals().After(t.Context(), 0, 1_000_000)
	require.NoError(t, err)
	require.Len(t, stored, acknowledged)
	require.NoError(t, db.Integrity(t.Context()))
}

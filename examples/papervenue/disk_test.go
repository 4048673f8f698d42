package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/cutdisk"
)

const diskSize = 64 << 20

func newCutDisk(t *testing.T) *cutdisk.Disk {
	t.Helper()
	disk, err := cutdisk.Make(t.TempDir(), diskSize)
	if err != nil {
		t.Skipf("SKIPPED, nothing is shown about power cuts and full disks: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, disk.Remove()) })
	return disk
}

// cut takes the power from the disk of a process at a random moment, and what was not synced with it. That a file which
// is synced after each line loses nothing in such a cut, and one that is not does, is the control: cutdisk's own tests,
// and those of sqlite, where it runs beside. The process stands still by then: what a disk calls synced while its power is
// being cut may be gone, and must not be acted on.
func cut(t *testing.T, disk *cutdisk.Disk) func(*process) {
	return func(p *process) {
		someTime()
		p.stop(t)
		require.NoError(t, disk.Cut())
		_ = p.end(syscall.SIGKILL)
		require.NoError(t, disk.Restore())
	}
}

// fill fills the disk under a process for a while, gives the room back, and kills the process at a random moment later.
func fill(t *testing.T, disk *cutdisk.Disk) func(*process) {
	return func(p *process) {
		someTime()
		free, err := disk.Fill()
		require.NoError(t, err)
		someTime()
		require.NoError(t, free())
		kill(p)
	}
}

// untilItTraded runs campaigns until there were more orders than one of them does harm. On a busy machine a process gets to
// trade less often, so it takes more of them to show as much.
func untilItTraded(t *testing.T, disk *cutdisk.Disk, harm func(*process)) (times, orders int) {
	for attempt := range 5 {
		folder := filepath.Join(disk.Path(), strconv.Itoa(attempt))
		require.NoError(t, os.Mkdir(folder, 0o700))
		problems, ledger := campaign(t, folder, *cuts, "", harm)
		require.Empty(t, problems)
		times, orders = times+*cuts, orders+len(ledger.Orders())
		if orders > *cuts {
			break
		}
	}
	require.Greater(t, orders, *cuts, "it did trade")
	return times, orders
}

// The journal's disk loses its power at random moments, the venue goes on: what it was sent is in the journal.
func TestPowerCutCampaignLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	done, orders := untilItTraded(t, disk, cut(t, disk))
	t.Logf("%d power cuts, %d orders in the ledgers", done, orders)
}

func TestPowerCutCampaignFindsSendThenRecord(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	problems, ledger := campaign(t, disk.Path(), 10, "send-then-record", cut(t, disk))
	require.Contains(t, strings.Join(problems, "\n"), "unknown to us", "of %d orders", len(ledger.Orders()))
}

func TestFullDiskCampaignLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	done, orders := untilItTraded(t, disk, fill(t, disk))
	t.Logf("the disk was full %d times, %d orders in the ledgers", done, orders)
}

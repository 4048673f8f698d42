package main

import (
	"os"
	"path/filepath"
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
// and those of sqlite, where it runs beside.
func cut(t *testing.T, disk *cutdisk.Disk) func(*process) {
	return func(p *process) {
		someTime()
		require.NoError(t, disk.Cut())
		_ = p.end(syscall.SIGKILL)
		require.NoError(t, disk.Restore())
	}
}

// fill fills the disk under a process for a while, gives the room back, and kills the process at a random moment later.
func fill(t *testing.T, disk *cutdisk.Disk) func(*process) {
	filler := filepath.Join(disk.Path(), "filler")
	return func(p *process) {
		someTime()
		require.ErrorIs(t, os.WriteFile(filler, make([]byte, diskSize), 0o600), syscall.ENOSPC)
		someTime()
		require.NoError(t, os.Remove(filler))
		kill(p)
	}
}

// The journal's disk loses its power at random moments, the venue goes on: what it was sent is in the journal.
func TestPowerCutCampaignLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	problems, ledger := campaign(t, disk.Path(), *cuts, "", cut(t, disk))
	require.Empty(t, problems)
	require.NotEmpty(t, ledger.Orders(), "it did trade")
	t.Logf("%d power cuts, %d orders in the ledger", *cuts, len(ledger.Orders()))
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
	problems, ledger := campaign(t, disk.Path(), *cuts, "", fill(t, disk))
	require.Empty(t, problems)
	require.NotEmpty(t, ledger.Orders(), "it did trade")
	t.Logf("the disk was full %d times, %d orders in the ledger", *cuts, len(ledger.Orders()))
}

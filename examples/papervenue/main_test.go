package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	ossignal "os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
)

// actAs makes the test binary behave as the venue, or as a process that trades there, so that real ones can be killed.
const actAs = "PAPERVENUE_TEST_ACT_AS"

// kills is how often the campaign kills: go test ./papervenue -run Campaign -kills 1000 -timeout 1h.
var kills = flag.Int("kills", 25, "how often the campaign kills the process that trades")

// cuts is how often the campaigns cut the power, or fill the disk, under it:
// go test ./papervenue -run 'PowerCut|FullDisk' -cuts 200 -timeout 1h.
var cuts = flag.Int("cuts", 6, "how often the campaigns cut the power, or fill the disk")

func TestMain(m *testing.M) {
	var act func(context.Context) error
	switch os.Getenv(actAs) {
	case "":
		ramdisk.Use()
		goleak.VerifyTestMain(m)
		return
	case "venue":
		act = func(ctx context.Context) error { return run(ctx, os.Args[1:], os.Stdout) }
	case "trader":
		act = trade
	}
	ctx, stop := ossignal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := act(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

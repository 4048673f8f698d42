package sqlite_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(holdDatabase); path != "" { // This is the child of a test, not the tests.
		holdUntilKilled(path)
	}
	if path := os.Getenv(readOnce); path != "" {
		readAndClose(path)
		return
	}
	if folder := os.Getenv(writeUntilCut); folder != "" {
		writeAndTell(folder)
		return
	}
	ramdisk.Use()
	goleak.VerifyTestMain(m)
}

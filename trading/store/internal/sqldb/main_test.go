package sqldb_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
)

func TestMain(m *testing.M) {
	ramdisk.Use()
	goleak.VerifyTestMain(m)
}

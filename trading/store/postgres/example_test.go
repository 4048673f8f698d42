package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// The same on a server. Who holds the database is told by name, and a server that is not there is told as such.
func ExampleOpen() {
	ctx := context.Background()
	db, err := postgres.Open(ctx, "postgres://trader@/trading?search_path=btc&host=/nowhere", postgres.Config{})
	if locked, ok := errors.AsType[*postgres.LockedError](err); ok {
		fmt.Println("another program trades on it:", locked.Holder)
		return
	}
	if err != nil {
		fmt.Println("there is no server at /nowhere:", strings.Contains(err.Error(), "failed to connect"))
		return
	}
	defer func() { _ = db.Close() }() // It reports what it could not close.
	_ = db.Signals().Append(ctx, storetest.Numbered(1))
	// Output: there is no server at /nowhere: true
}

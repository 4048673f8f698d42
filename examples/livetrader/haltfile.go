package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// haltSuffix stands behind the name of a database whose trader is to be halted.
const haltSuffix = ".halt"

// haltOrder is what a halt file says. One that says nothing halts as well.
type haltOrder struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// haltPath is where a halt is left for the trader; "" where the database has no folder.
func (c *config) haltPath() string {
	if postgres.IsURL(c.db) {
		return ""
	}
	return c.db + haltSuffix
}

// writeHalt leaves a halt, durably.
func writeHalt(path string, order haltOrder) error {
	text, err := json.Marshal(order)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	folder, e := os.Open(filepath.Dir(path))
	if e != nil {
		return errors.Join(err, e)
	}
	return errors.Join(err, folder.Sync(), folder.Close())
}

// readHalt reads the halt that was left at path, and reports whether there is one.
func readHalt(path string) (reason string, left bool) {
	if path == "" {
		return "", false
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	var order haltOrder
	if json.Unmarshal(text, &order) != nil || order.Reason == "" {
		return "a halt was left in " + path, true
	}
	return fmt.Sprintf("%s, at %s", order.Reason, order.At.Format(time.RFC3339)), true
}

// haltedStore is a database in which nothing is opened while a halt is left beside it: it is asked before each order that
// opens something, also by a process that has slept since.
type haltedStore struct {
	database

	path string
}

// haltLeftError says why nothing is opened.
type haltLeftError struct{ reason string }

func (e *haltLeftError) Error() string { return e.reason }

// Remedy says what to do about it, in health.
func (e *haltLeftError) Remedy() string {
	return "the trader makes a halt of it within a second; re-arm that once it is dealt with"
}

// Room implements vigil.Store.
func (s haltedStore) Room() error {
	if reason, left := readHalt(s.path); left {
		return &haltLeftError{reason}
	}
	return s.database.Room()
}

// haltLook is how often it is looked for a halt.
const haltLook = time.Second

// heedHalt makes a halt of the journal of one that was left, and removes it then.
func (a *app) heedHalt(ctx context.Context) error {
	path := a.cfg.haltPath()
	for {
		if reason, left := readHalt(path); left {
			err := a.trader.Halt(ctx, reason)
			if err == nil {
				err = os.Remove(path)
			}
			health.Observe(ctx, err)
		} else {
			health.Observe(ctx, nil)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.clock.After(haltLook):
		}
	}
}

package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxReaders bounds the connections that read at the same time; a read takes well below a millisecond.
const maxReaders = 4

// complete adds to a configuration what all connections have in common.
func complete(config *pgx.ConnConfig) {
	host, _ := os.Hostname() // It is for people.
	config.RuntimeParams["application_name"] = fmt.Sprintf("vigil, process %d on %s", os.Getpid(), cmp.Or(host, "?"))
	config.RuntimeParams["synchronous_commit"] = "on"
	for name, value := range map[string]string{ // 25 s after a machine is gone, the server gives its lock back, not 2 h
		"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	} {
		config.RuntimeParams[name] = cmp.Or(config.RuntimeParams[name], value)
	}
}

// openPool makes a pool, each of whose connections passes some checks before it is used.
func openPool(all *pgx.ConnConfig, readOnly string, limit int, checks ...func(context.Context, *pgx.Conn) error) *sql.DB {
	config := all.Copy()
	config.RuntimeParams["default_transaction_read_only"] = readOnly
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		for _, check := range checks {
			if err := check(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	}))
	pool.SetMaxOpenConns(limit)
	pool.SetMaxIdleConns(limit)
	return pool
}

// durable refuses a server that says durable before it is.
func durable(ctx context.Context, conn *pgx.Conn) error {
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if value != "on" {
			return fmt.Errorf("%s is %s, want on: what was acknowledged could be lost", name, value)
		}
	}
	return nil
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ownSchema is where the tables stand if the connection names no schema but the common one. A host's tables and its
// goose's table of versions are in another, so neither can be taken for ours.
const ownSchema = "vigil"

// versionTable is goose's.
const versionTable = "goose_db_version"

// tables are ours, each with a column by which it is told from a host's of that name.
var tables = map[string]string{
	"signals": "bar_time", "streams": "strategy", "states": "seen", "journal": "kind", "snapshot": "data", "meta": "value",
	"snapshot_parts": "hash", "marks": "hour", "overrides": "was",
}

// ForeignError says that a schema holds what is not vigil's, so nothing was written there.
type ForeignError struct {
	Schema string
	Tables []string // which are there
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("the schema %s holds tables that are not vigil's (%s): name an empty one in search_path, "+
		"or none at all", e.Schema, strings.Join(e.Tables, ", "))
}

// place is the schema for the tables, and what has to be done before they can be there.
type place struct {
	schema string
	absent bool   // it has to be made
	from   string // where an earlier version put the tables; "" if they need not move
}

// findPlace looks where the tables are or belong, and changes nothing.
func findPlace(ctx context.Context, conn *pgx.Conn) (place, error) {
	var path, current string
	const get = `SELECT current_setting('search_path'), coalesce(current_schema(), '')`
	if err := conn.QueryRow(ctx, get).Scan(&path, &current); err != nil {
		return place{}, fmt.Errorf("read its search_path: %w", err)
	}
	p := place{schema: firstNamed(path)}
	own := p.schema == "" || p.schema == "public"
	if own {
		p.schema = ownSchema
	}
	there, err := look(ctx, conn, p.schema)
	switch {
	case err != nil:
		return place{}, err
	case !there.exists && !own:
		return place{}, fmt.Errorf("there is no schema %s, which its search_path names: CREATE SCHEMA %[1]s, "+
			"or name none to use the schema %s", p.schema, ownSchema)
	case there.foreign():
		return place{}, &ForeignError{p.schema, there.names()}
	}
	p.absent = !there.exists
	if own && len(there.columns) == 0 && current != p.schema && current != "" {
		before, err := look(ctx, conn, current)
		if err != nil {
			return place{}, err
		}
		if before.identity != "" {
			p.from = current
		}
	}
	return p, nil
}

// firstNamed returns the first schema of a search_path that is a name.
func firstNamed(path string) string {
	for part := range strings.SplitSeq(path, ",") {
		part = strings.TrimSpace(part)
		if inner, quoted := strings.CutPrefix(part, `"`); quoted {
			part = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
		}
		if part != "" && part != "$user" {
			return part
		}
	}
	return ""
}

// content is what stands in a schema.
type content struct {
	exists   bool
	columns  map[string][]string // of each table
	identity string              // ours; "" if there is none
	version  int64               // the highest that goose's table has
}

func look(ctx context.Context, conn *pgx.Conn, schema string) (c content, err error) {
	c.columns = make(map[string][]string)
	const get = `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)`
	if err := conn.QueryRow(ctx, get, schema).Scan(&c.exists); err != nil || !c.exists {
		return c, err
	}
	rows, err := conn.Query(ctx, `SELECT r.relname, array_agg(a.attname::text) FROM pg_class r
		JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid
		WHERE n.nspname = $1 AND r.relkind IN ('r', 'p', 'f', 'v', 'm') GROUP BY r.relname`, schema)
	if err != nil {
		return c, err
	}
	var name string
	var columns []string
	if _, err := pgx.ForEachRow(rows, []any{&name, &columns}, func() error {
		c.columns[name] = slices.Clone(columns)
		return nil
	}); err != nil {
		return c, err
	}
	if c.has(versionTable, "version_id") {
		get := "SELECT coalesce(max(version_id), 0) FROM " + quoted(schema, versionTable)
		if err := conn.QueryRow(ctx, get).Scan(&c.version); err != nil {
			return c, err
		}
	}
	if c.has("meta", "name") && c.ours("meta") && c.ours("journal") && c.ours("signals") {
		get := "SELECT value FROM " + quoted(schema, "meta") + " WHERE name = 'identity'"
		if err := conn.QueryRow(ctx, get).Scan(&c.identity); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return c, err
		}
	}
	return c, nil
}

func quoted(schema, table string) string { return pgx.Identifier{schema, table}.Sanitize() }

func (c content) has(table, column string) bool { return slices.Contains(c.columns[table], column) }

// ours reports whether a table of ours is there.
func (c content) ours(table string) bool { return c.has(table, tables[table]) }

func (c content) names() []string { return slices.Sorted(maps.Keys(c.columns)) }

// foreign reports whether there are tables, and they are not ours. An opening that was broken off has left some of ours
// without an identity.
func (c content) foreign() bool {
	if len(c.columns) == 0 || c.identity != "" {
		return false
	}
	for name := range c.columns {
		if name != versionTable && !c.ours(name) {
			return true
		}
	}
	begun := c.ours("journal") && c.ours("meta")
	return !c.has(versionTable, "version_id") || !begun && c.version > 0
}

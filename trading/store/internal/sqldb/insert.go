package sqldb

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// rowsPerInsert is how many rows one statement inserts, where there are as many. The way through database/sql and the
// driver costs the same for one row as for all of them.
const rowsPerInsert = 32

// insertText is the statement that inserts so many rows of so many columns. PostgreSQL wants its parameters numbered. To
// SQLite a number is a name, and its driver asks for the names one by one, of which each is looked for from the first
// on: with some hundreds of them that took half of the time of a row.
func (s Setup) insertText(into string, columns, rows int, then string) string {
	var text strings.Builder
	text.WriteString("INSERT INTO " + into + " VALUES ")
	for row := range rows {
		separator := "("
		if row > 0 {
			separator = "), ("
		}
		for column := range columns {
			text.WriteString(separator + s.parameter(row*columns+column+1))
			separator = ", "
		}
	}
	return text.String() + ") " + then
}

func (s Setup) parameter(n int) string {
	if s.Numbered {
		return fmt.Sprint("$", n)
	}
	return "?"
}

// insertInOne inserts at most rowsPerInsert rows, in one statement if there are as many, and returns how many were
// not there yet.
func insertInOne[Row any](tx transaction, rows []Row, one, many *sql.Stmt,
	values func(Row, []any) []any) (isNew int, err error) {
	if len(rows) == rowsPerInsert {
		all := values(rows[0], nil)
		all = slices.Grow(all, len(all)*(len(rows)-1))
		for _, row := range rows[1:] {
			all = values(row, all)
		}
		return affected(tx.exec(many, all...))
	}
	for _, row := range rows {
		n, err := affected(tx.exec(one, values(row, nil)...))
		if err != nil {
			return 0, err
		}
		isNew += n
	}
	return isNew, nil
}

func affected(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

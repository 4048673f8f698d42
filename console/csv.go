package console

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/printable"
)

// format is how a list is written: JSON, or CSV for whoever asks for format=csv or would rather have text/csv.
type format struct{ asked string }

func (f *format) set(value string) (wrong string) {
	if value != "json" && value != "csv" {
		return fmt.Sprintf("%.100q is none of json and csv", value)
	}
	f.asked = value
	return ""
}

// with adds the format to the address of a next page.
func (f *format) with(values url.Values) url.Values {
	if f.asked != "" {
		values.Set("format", f.asked)
	}
	return values
}

func (f *format) csv(r *http.Request) bool {
	if f.asked != "" {
		return f.asked == "csv"
	}
	return answer.Prefers(r, "text/csv", "application/json")
}

// cell is one value of a CSV row.
type cell string

// words is a cell of somebody else's words. A spreadsheet takes what begins with one of formulas for a formula, and runs it;
// after an apostrophe it is text. Where a semicolon divides cells, as in some countries, a cell of ours is several.
// Numbers and times do not come here, so -1 stays a number.
func words[T ~string](s T) cell {
	var shown strings.Builder
	begins := true
	for _, r := range printable.Text(string(s)) {
		if begins && strings.ContainsRune(formulas, r) {
			shown.WriteByte('\'')
		}
		shown.WriteRune(r)
		begins = strings.ContainsRune(";\t\n\"", r) || begins && r == ' '
	}
	return cell(shown.String())
}

const formulas = "=+-@\t\n|%＝＋－＠"

func number(d decimal.Decimal) cell { return cell(d.String()) }
func whole[T ~int | ~int64](n T) cell {
	return cell(strconv.FormatInt(int64(n), 10))
}
func float(f float64) cell { return cell(strconv.FormatFloat(f, 'f', -1, 64)) }
func truth(b bool) cell    { return cell(strconv.FormatBool(b)) }

// optional is empty where there is no number.
func optional(d decimal.NullDecimal) cell {
	if !d.Valid {
		return ""
	}
	return number(d.Decimal)
}

// price is empty where there is none.
func price(d decimal.Decimal) cell {
	if d.IsZero() {
		return ""
	}
	return number(d)
}

// moment is empty for never.
func moment(t time.Time) cell {
	if t.IsZero() {
		return ""
	}
	return cell(t.UTC().Format(time.RFC3339Nano))
}

// table says how a list is written as CSV.
type table[T any] struct {
	name   string // of the file, without .csv
	header []string
	row    func(T) []cell
}

// write returns the list as RFC 4180 has it, with a header row.
func (t table[T]) write(all []T) ([]byte, error) {
	var body bytes.Buffer
	rows := csv.NewWriter(&body)
	rows.UseCRLF = true
	err := rows.Write(t.header)
	for _, one := range all {
		cells := t.row(one)
		fields := make([]string, len(cells))
		for i, c := range cells {
			fields[i] = string(c)
		}
		err = rows.Write(fields)
	}
	rows.Flush()
	if err == nil {
		err = rows.Error()
	}
	return body.Bytes(), err
}

// answerList answers with a list as whoever asks wants it.
func answerList[T any](a *api, w http.ResponseWriter, r *http.Request, f format, t table[T], all []T) {
	w.Header().Set("Vary", "Accept")
	if !f.csv(r) {
		a.json(w, r, http.StatusOK, some(all))
		return
	}
	body, err := t.write(all)
	if err != nil {
		a.unreadable(w, r, "answer", err)
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="vigil-`+t.name+`.csv"`)
	answer.Write(w, r, http.StatusOK, "text/csv; charset=utf-8; header=present", body)
}

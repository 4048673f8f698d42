package candle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// jsonRows reads the rows of a JSON text, one after the other.
type jsonRows struct {
	in         *limitedReader
	dec        *json.Decoder
	symbol     string
	table      table // of rows that are lists
	number     int   // of rows so far
	started    bool
	columnsSet bool // that Config says the columns
	depth      int  // how many objects are open around the list of rows
	begin      int64

	ahead []jsonRow // read to tell the columns, not yet returned
	at    int       // the line of the row that next returned last, where that was read ahead
}

// jsonRow is a row that was read ahead, or the end behind it.
type jsonRow struct {
	text []byte
	line int
	err  error
}

// alpaca is the key under which Alpaca's answers hold the bars.
const alpaca = "bars"

func newJSONRows(r io.Reader, cfg Config) *jsonRows {
	in := &limitedReader{in: r, limit: maxLine, at: 1}
	j := &jsonRows{in: in, dec: json.NewDecoder(in), symbol: cfg.Symbol, table: newTable(cfg)}
	j.dec.UseNumber()
	j.table.columns = plainColumns()
	if cfg.Columns != "" {
		_ = j.table.header([]byte(cfg.Columns)) // Config.validate has tried it
	}
	j.columnsSet = cfg.Columns != ""
	return j
}

func (j *jsonRows) line() int {
	if j.at > 0 {
		return j.at
	}
	return j.in.lineOf(j.begin)
}

func (j *jsonRows) look() *table { return &j.table }

func (j *jsonRows) next() (row candleRow, err error) {
	if !j.started {
		j.started = true
		if err := j.find(); err != nil {
			return row, err
		}
		if !j.columnsSet {
			j.tellColumns()
		}
	}
	var text []byte
	if j.at = 0; len(j.ahead) > 0 {
		text, j.at, err = j.ahead[0].text, j.ahead[0].line, j.ahead[0].err
		j.ahead = j.ahead[1:]
	} else {
		text, err = j.read()
	}
	if err != nil {
		return row, err
	}
	j.number++
	row.number = j.number
	row.bar, row.err = j.bar(text)
	return row, nil
}

// read reads the text of the next row.
func (j *jsonRows) read() ([]byte, error) {
	j.allow()
	if !j.dec.More() {
		return nil, j.finish()
	}
	var text json.RawMessage
	if err := j.dec.Decode(&text); err != nil {
		return nil, j.cut(err)
	}
	j.begin = j.dec.InputOffset() - int64(len(text))
	return text, nil
}

// bar reads a row, which is valid JSON.
func (j *jsonRows) bar(text []byte) (signal.Bar, error) {
	switch text[0] {
	case '[':
		return j.table.row(text[1 : len(text)-1])
	case '{':
		var o struct {
			T             string
			O, H, L, C, V json.Number
			S, Symbol     string
		}
		if err := json.Unmarshal(text, &o); err != nil {
			return signal.Bar{}, fmt.Errorf("%.40q is not a bar: %w", text, err)
		}
		if name := o.S + o.Symbol; name != "" {
			if err := j.table.owner.check([]byte(name)); err != nil {
				return signal.Bar{}, err
			}
		}
		return j.table.bar(&[len(columnNames)][]byte{
			[]byte(o.T), []byte(o.O), []byte(o.H), []byte(o.L), []byte(o.C), []byte(o.V),
		}, nil)
	}
	return signal.Bar{}, fmt.Errorf("%.40q is neither a list nor an object", text)
}

// find goes to the list of the rows.
func (j *jsonRows) find() error {
	open, err := j.token()
	if err != nil || open == json.Delim('[') {
		return err
	}
	found, _, err := j.enter(func(key string) bool { return key == alpaca })
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("this object has no %q: the rows alone, in a list, can be read", alpaca)
	}
	open, err = j.token()
	if err != nil || open == json.Delim('[') {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("%q is %v, neither a list nor an object of lists", alpaca, open)
	}
	return j.findSymbol()
}

// findSymbol goes to the symbol's list in an object that has one for each of several.
func (j *jsonRows) findSymbol() error {
	found, others, err := j.enter(j.isSymbol)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("the bars are of %s, none of %s", strings.Join(others, ", "), j.symbol)
	}
	if open, err := j.token(); err != nil || open == json.Delim('[') {
		return err
	}
	return fmt.Errorf("%q of %s is not a list", alpaca, j.symbol)
}

// isSymbol reports whether a key is the symbol: as it is written here, or without what a derivative settles in, or
// without the slash as well.
func (j *jsonRows) isSymbol(key string) bool {
	s, err := signal.ParseSymbol(j.symbol)
	return key == j.symbol || err == nil && (key == s.Base+"/"+s.Quote || key == s.Base+s.Quote)
}

// enter goes to the value of the first key that is wanted, in an object whose brace was read. Without one it returns
// the first few keys that there are, and has read the object's end.
func (j *jsonRows) enter(wanted func(key string) bool) (found bool, keys []string, err error) {
	for {
		token, err := j.token()
		if err != nil {
			return false, nil, err
		}
		key, isKey := token.(string)
		switch {
		case !isKey:
			return false, keys, nil
		case wanted(key):
			j.depth++
			return true, nil, nil
		}
		if len(keys) < 5 {
			keys = append(keys, fmt.Sprintf("%.40s", key))
		}
		if err := j.skip(); err != nil {
			return false, nil, err
		}
	}
}

// maxDepth bounds how deep a value may be nested that is read over: the decoder keeps a word for each list that is open.
const maxDepth = 100

// skip reads over a value without keeping it.
func (j *jsonRows) skip() error {
	for open := 0; ; {
		token, err := j.token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			open++
		case json.Delim(']'), json.Delim('}'):
			open--
		}
		switch {
		case open == 0:
			return nil
		case open > maxDepth:
			return fmt.Errorf("lists and objects are nested more than %d deep", maxDepth)
		}
	}
}

// finish reads what stands behind the last row, so that a text that is cut off or goes on is not taken for a whole one.
func (j *jsonRows) finish() error {
	if _, err := j.token(); err != nil { // the list's end
		return err
	}
	for ; j.depth > 0; j.depth-- {
		if _, _, err := j.enter(func(string) bool { return false }); err != nil {
			return err
		}
	}
	j.allow()
	switch _, err := j.dec.Token(); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return j.cut(err)
	}
	j.begin = j.dec.InputOffset()
	return errors.New("something stands behind the end of the JSON text")
}

func (j *jsonRows) token() (json.Token, error) {
	j.allow()
	token, err := j.dec.Token()
	j.begin = j.dec.InputOffset()
	if err != nil {
		return nil, j.cut(err)
	}
	j.in.lineOf(j.begin) // so that the lines of what is read over are not kept
	return token, nil
}

// allow lets the decoder read on until it holds maxLine bytes of what comes next.
func (j *jsonRows) allow() { j.in.limit = j.dec.InputOffset() + maxLine }

// cut is an error in words. That the text has ended within a value is no io.EOF, which would be a proper end.
func (j *jsonRows) cut(err error) error {
	j.begin = j.dec.InputOffset() + j.blanks()
	var syntax *json.SyntaxError
	switch {
	case j.in.err != nil:
		return j.in.err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		j.begin = j.in.given
		return fmt.Errorf("the JSON text is cut off: %w", io.ErrUnexpectedEOF)
	case errors.As(err, &syntax):
		return fmt.Errorf("this is not JSON: %w", err)
	}
	return err
}

// blanks is how far away from the last good value the next one begins.
func (j *jsonRows) blanks() int64 {
	rest, _ := io.ReadAll(j.dec.Buffered()) // from memory
	return int64(len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,:")))
}

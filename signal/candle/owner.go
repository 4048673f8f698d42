package candle

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// errOthers says that a row is another symbol's. It is left out, and no fault of the file.
var errOthers = errors.New("the row is of another symbol")

// owner tells the rows of one symbol in a file of several.
type owner struct {
	symbol string
	keys   []string // the symbol as others write it, without signs, the fullest first
	chosen string   // what the file writes for it
	others []string // the first few that the file has besides
}

func newOwner(symbol string) owner {
	o := owner{symbol: symbol, keys: []string{bare(symbol)}}
	if s, err := signal.ParseSymbol(symbol); err == nil {
		o.keys = append(o.keys, bare(s.Base+s.Quote), bare(s.Base))
	}
	return o
}

// bare is a symbol in capitals, without the signs by which its parts are told.
func bare(symbol string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(symbol))
}

// check returns errOthers for a row of another symbol. Two names that may both be the symbol's are an error.
func (o *owner) check(field []byte) error {
	if o.chosen != "" && string(field) == o.chosen {
		return nil
	}
	name := string(field)
	switch same := name == o.symbol || slices.Contains(o.keys, bare(name)); {
	case !same || o.chosen == o.symbol:
		if len(o.others) < 5 && !slices.Contains(o.others, name) {
			o.others = append(o.others, fmt.Sprintf("%.40s", name))
		}
		return errOthers
	case o.chosen != "":
		return fmt.Errorf("the rows are of %.40s and of %.40s, and both may be %s: give them files of their own", o.chosen, name,
			o.symbol)
	}
	o.chosen = strings.Clone(name)
	return nil
}

// none says that the file has no row of the symbol.
func (o *owner) none() error {
	return fmt.Errorf("the rows are of %s, none of %s: choose another Symbol, or leave that column out (Columns)",
		strings.Join(o.others, ", "), o.symbol)
}

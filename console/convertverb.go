package console

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// conversion reads what became of an instrument, as "AAPL 4:1" for a split and "FB 1:1 META" for another name.
func conversion(raw json.RawMessage) (trading.Conversion, string) {
	const wrong = `neither "SYMBOL NEW:OLD" nor "SYMBOL NEW:OLD NAME", such as "AAPL 4:1", which is 4 for 1`
	said, bad := text(raw)
	words := strings.Fields(said)
	if bad != "" || len(words) < 2 || len(words) > 3 {
		return trading.Conversion{}, wrong
	}
	to, from, _ := strings.Cut(words[1], ":")
	c := trading.Conversion{Symbol: words[0], To: words[len(words)-1]}
	if len(words) == 2 {
		c.To = c.Symbol
	}
	var errs [2]error
	c.New, errs[0] = decimal.NewFromString(to)
	c.Old, errs[1] = decimal.NewFromString(from)
	if errs[0] != nil || errs[1] != nil || c.Validate() != nil {
		return trading.Conversion{}, wrong
	}
	return c, ""
}

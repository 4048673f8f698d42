package signal

import (
	"fmt"
	"strings"
)

// Symbol is what the name of a market says.
type Symbol struct {
	Base   string // what is traded, such as BTC
	Quote  string // what it is priced in, such as USDT
	Settle string // what a derivative is settled in; empty for a spot market
}

// ParseSymbol reads BASE/QUOTE or BASE/QUOTE:SETTLE, such as BTC/USDT:USDT. Each part is of ASCII letters and digits.
func ParseSymbol(s string) (Symbol, error) {
	base, rest, slash := strings.Cut(s, "/")
	quote, settle, colon := strings.Cut(rest, ":")
	if !slash || !alphanumeric(base) || !alphanumeric(quote) || colon && !alphanumeric(settle) {
		return Symbol{}, fmt.Errorf("signal: symbol %q is not of the form BASE/QUOTE or BASE/QUOTE:SETTLE", s)
	}
	return Symbol{Base: base, Quote: quote, Settle: settle}, nil
}

// String is the name that ParseSymbol reads.
func (s Symbol) String() string {
	if s.Settle == "" {
		return s.Base + "/" + s.Quote
	}
	return s.Base + "/" + s.Quote + ":" + s.Settle
}

func alphanumeric(s string) bool {
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z') {
			return false
		}
	}
	return s != ""
}

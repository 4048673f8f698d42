package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// ctlRead is what ctl can ask for, and how it is shown to a person.
type ctlRead struct {
	path  string // with %s where what it takes belongs
	takes string // how that is called, in [] where it can be left out; "" for nothing
	does  string
	show  func(w io.Writer, body []byte) error
}

var ctlReads = map[string]ctlRead{
	"status": {"/api/status", "", "how the account stands: halts, positions, orders, and what waits for a person", showStatus},
	"positions": {"/api/positions", "", "what is held, and how far from its liquidation where the venue tells", table(
		"symbol", "quantity", "average_price", "realized", "fees", "margin.maintenance", "margin.liquidation",
		"margin.distance", "margin.funding_due", "margin.funding_at")},
	"strategies": {"/api/strategies", "", "where strategies share the account: what each has, and what came of it", table(
		"strategy", "symbol", "quantity", "target", "average_price", "unrealized", "realized", "fees", "net")},
	"locks": {"/api/locks", "", "what keeps things from being opened: who, what, why, and until when", showLocks},
	"orders": {"/api/orders", "", "the newest orders", table(
		"created_at", "client_id", "symbol", "side", "type", "quantity", "filled", "status")},
	"order": {"/api/orders/%s", "ORDER", "one of them, what became of it and why, and its trail in the journal", showOrder},
	"fills": {"/api/fills", "", "the newest fills", table(
		"time", "symbol", "side", "quantity", "price", "fee", "client_id")},
	"signals": {"/api/signals/latest", "", "the newest signals", table(
		"created_at", "symbol", "strategy", "direction", "confidence", "id")},
	"signal": {
		"/api/signals/%s", "SIGNAL", "one of them, what became of it and why not more, its orders and its trail", showSignal,
	},
	"outcomes": {"/api/outcomes", "", "what became of the newest signals, and why not more", table(
		"at", "symbol", "strategy", "direction", "became.what", "became.reason_code", "became.by", "became.why", "signal_id")},
	"equity": {"/api/equity", "", "what the account was worth, each hour", table("at", "equity", "paid_in")},
	"performance": {"/api/performance?by=%s", "[day|week|month]", "fills, fees and profit by day, week or month", table(
		"from", "to", "fills", "volume", "fees", "realized", "net", "equity")},
	"bars": {"/api/bars?symbol=%s", "SYMBOL", "the newest bars of a symbol", table(
		"time", "open", "high", "low", "close", "volume")},
	"events":    {"/api/events", "", "what happened lately", table("at", "kind", "text")},
	"acts":      {"/api/acts", "", "what was done on somebody's word", table("ended", "actor", "verb", "object", "error")},
	"services":  {"/api/services", "", "the services, and how their last runs ended", showServices},
	"generator": {"/api/generator", "", "why there are no signals", showGenerator},
}

// at is the path that it asks, for these words behind its name and at most limit of them; 0 leaves that to the trader.
func (r ctlRead) at(words []string, limit int) (string, error) {
	path, most := r.path, 0
	switch {
	case r.takes == "":
	case len(words) == 0 && !strings.HasPrefix(r.takes, "["):
		return "", fmt.Errorf("%s is missing", r.takes)
	case len(words) == 0:
		path, _, _ = strings.Cut(path, "?")
	default:
		escape := url.PathEscape
		if strings.Contains(path, "?") {
			escape = url.QueryEscape
		}
		most, path = 1, strings.Replace(path, "%s", escape(words[0]), 1)
	}
	if len(words) > most {
		return "", fmt.Errorf("it takes %s, and %q stands behind it", cmp.Or(r.takes, "nothing"), words[most])
	}
	if limit == 0 {
		return path, nil
	}
	mark := "?"
	if strings.Contains(path, mark) {
		mark = "&"
	}
	return path + mark + "limit=" + strconv.Itoa(limit), nil
}

// read asks for something and shows it.
func (c *control) read(ctx context.Context, read ctlRead, path string) int {
	r, err := c.caller.ask(ctx, http.MethodGet, path, "", nil)
	switch {
	case errors.As(err, new(silentError)):
		fail(c.env, fmt.Errorf("ctl: %w. Is it running? --db or --socket names another one", err))
		return exitUnknown
	case err != nil:
		fail(c.env, fmt.Errorf("ctl: %w", err))
		return exitUnknown
	case r.status != http.StatusOK && !c.asJSON:
		fail(c.env, fmt.Errorf("ctl: refused: %s", r.problem()))
	case c.asJSON:
		_, _ = c.env.stdout.Write(r.body)
	default:
		if err := read.show(c.env.stdout, r.body); err != nil && !errors.Is(err, syscall.EPIPE) { // its reader has enough
			return fail(c.env, fmt.Errorf("ctl: an answer that is not understood (--json shows it): %w", err))
		}
	}
	if r.more {
		fmt.Fprintln(c.env.stderr, "livetrader: there are more: --limit says how many are shown, up to 1000")
	}
	return exitOf(r.status)
}

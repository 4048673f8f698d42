package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// shownBecame is what became of a signal or an order, as the API has it.
type shownBecame struct {
	What       string
	ReasonCode string `json:"reason_code"`
	Limit      string
	Why        string
	By         string
}

func (b shownBecame) String() string {
	text := b.What
	for _, one := range []string{b.ReasonCode, b.Limit} {
		if one != "" && one != b.What {
			text += " (" + one + ")"
		}
	}
	if b.By != "" {
		text += " by " + b.By
	}
	return strings.TrimSuffix(text+": "+firstLine(b.Why), ": ")
}

// trailColumns are what is shown of an entry of a trail.
var trailColumns = []string{"at", "kind", "text"}

// orderColumns are what is shown of an order of a signal.
var orderColumns = []string{
	"client_id", "side", "type", "quantity", "limit_price", "stop_price", "filled",
	"became.what", "became.reason_code", "became.why",
}

func showOrder(w io.Writer, body []byte) error {
	var o struct {
		Became shownBecame
		Trail  []map[string]any
	}
	var order map[string]any
	if err := json.Unmarshal(body, &o); err != nil {
		return err
	}
	if err := json.Unmarshal(body, &order); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s %s %s %s, of signal %s\n", cell(order["side"]), cell(order["quantity"]), cell(order["symbol"]),
		cell(order["type"]), cell(order["signal_id"]))
	fmt.Fprintf(w, "%s\n\n", o.Became)
	return showRows(w, o.Trail, trailColumns...)
}

func showSignal(w io.Writer, body []byte) error {
	var s struct {
		Signal map[string]any
		Became shownBecame
		Orders []map[string]any
		Trail  []map[string]any
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return err
	}
	if s.Signal != nil {
		if err := showRows(w, []map[string]any{s.Signal},
			"created_at", "symbol", "strategy", "params", "direction", "confidence", "price"); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%s\n\n", s.Became)
	if len(s.Orders) > 0 {
		if err := showRows(w, s.Orders, orderColumns...); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return showRows(w, s.Trail, trailColumns...)
}

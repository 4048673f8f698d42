package binance

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// message is what the stream of the account says. Names that differ only in case are both here, as encoding/json would take
// one for the other.
type message struct {
	Data    json.RawMessage `json:"data"` // of one that names its stream
	Kind    string          `json:"e"`
	At      int64           `json:"E"`
	Order   json.RawMessage `json:"o"`
	Account json.RawMessage `json:"a"`
}

type orderMessage struct {
	Venue     string                  `json:"s"`
	Side      string                  `json:"S"`
	ClientID  string                  `json:"c"`
	Execution string                  `json:"x"`
	Status    futures.OrderStatusType `json:"X"`
	ID        int64                   `json:"i"`
	Filled    string                  `json:"z"`
	Quantity  string                  `json:"l"` // of this trade
	Price     string                  `json:"L"`
	Reason    string                  `json:"er"`
}

type algoMessage struct {
	ClientID string                      `json:"caid"`
	Venue    string                      `json:"s"`
	Side     string                      `json:"S"`
	Status   futures.AlgoOrderStatusType `json:"X"`
	Born     string                      `json:"ai"`
	Quantity string                      `json:"q"`
	Filled   string                      `json:"aq"`
	Reason   string                      `json:"rm"`
}

type accountMessage struct {
	Positions []struct {
		Venue string `json:"s"`
	} `json:"P"`
}

// hear takes in one message. What cannot be read counts as something that was missed, so that everything is asked for.
func (b *Broker) hear(ctx context.Context, text []byte) error {
	var m message
	err := json.Unmarshal(text, &m)
	if err == nil && len(m.Data) > 0 {
		text, m = m.Data, message{}
		err = json.Unmarshal(text, &m)
	}
	if err == nil {
		switch m.Kind {
		case "listenKeyExpired":
			return errExpired
		case "ORDER_TRADE_UPDATE":
			err = b.hearOrder(ctx, m.Order)
		case "ALGO_UPDATE":
			err = b.hearAlgo(m.Order)
		case "ACCOUNT_UPDATE":
			err = b.hearAccount(m.Account)
		case "MARGIN_CALL":
			b.client.cfg.Logger.Error("The venue calls for margin: what is held is close to its liquidation")
		}
	}
	if err != nil {
		b.client.cfg.Logger.Warn("A message of the stream makes no sense", "error", err, "message", fmt.Sprintf("%.300s", text))
		b.signs.doubt()
		b.updates.Break(false)
	}
	return nil
}

func (b *Broker) hearOrder(ctx context.Context, text json.RawMessage) error {
	var o orderMessage
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	b.happened(o.Venue)
	if why := venuesReason(o.ClientID); why != "" {
		b.names.put(o.Venue, o.ID, o.ClientID)
		b.tellOwn(ctx, o, why)
		b.updates.Push()
		return nil
	}
	r, err := b.orderReport(o)
	if err != nil {
		return err
	}
	_, _ = b.heard(r, nil)
	b.updates.Push(r)
	return nil
}

// orderReport says what a message says of an order. One that a stop has set off is told under the ID of the stop, where that
// is known by now; otherwise the message of the stop says so in a moment.
func (b *Broker) orderReport(o orderMessage) (trading.OrderReport, error) {
	as, known := b.names.get(o.Venue, o.ID)
	if !known {
		as = named{clientID: o.ClientID}
		if ours.MatchString(o.ClientID) {
			b.names.put(o.Venue, o.ID, o.ClientID)
		}
	}
	r, err := reportOf(as.clientID, o.Status, o.Filled)
	r.Triggered = as.stop
	if o.Reason != "" && r.Reason != "" {
		r.Reason += ", reason " + o.Reason
	}
	return r, err
}

func (b *Broker) hearAlgo(text json.RawMessage) error {
	var a algoMessage
	if err := json.Unmarshal(text, &a); err != nil {
		return err
	}
	b.happened(a.Venue)
	r, err := b.algoReport(a)
	if err != nil {
		return err
	}
	b.updates.Push(r)
	return nil
}

// algoReport says what a message says of an order with a stop. FINISHED is filled or not.
func (b *Broker) algoReport(a algoMessage) (trading.OrderReport, error) {
	r, born, err := waitingReport(a.ClientID, a.Status, a.Born)
	if err != nil {
		return r, err
	}
	if born > 0 {
		b.names.putStop(a.Venue, born, a.ClientID)
	}
	if r.Reason != "" && a.Reason != "" {
		r.Reason = a.Reason
	}
	if r.Filled, err = number("aq", a.Filled); err != nil {
		return r, err
	}
	quantity, err := number("q", a.Quantity)
	if a.Status == algoFinished && r.Filled.IsPositive() && r.Filled.GreaterThanOrEqual(quantity) {
		r.Status, r.Reason = trading.StatusFilled, ""
	}
	return r, err
}

func (b *Broker) hearAccount(text json.RawMessage) error {
	var a accountMessage
	if err := json.Unmarshal(text, &a); err != nil {
		return err
	}
	for _, p := range a.Positions {
		b.happened(p.Venue)
	}
	b.updates.Push() // funding, a transfer, a position: it is asked for
	return nil
}

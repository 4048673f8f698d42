package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// codecs reads each kind of event.
var codecs = map[string]func(data []byte) (Event, error){
	SignalSeen{}.kind():      decode[SignalSeen],
	IntentMade{}.kind():      decode[IntentMade],
	Submitting{}.kind():      decode[Submitting],
	Acknowledged{}.kind():    decode[Acknowledged],
	Triggered{}.kind():       decode[Triggered],
	Rejected{}.kind():        decode[Rejected],
	Unknown{}.kind():         decode[Unknown],
	NotReceived{}.kind():     decode[NotReceived],
	SignalApproved{}.kind():  decode[SignalApproved],
	CloseAsked{}.kind():      decode[CloseAsked],
	Amended{}.kind():         decode[Amended],
	CancelAsked{}.kind():     decode[CancelAsked],
	Canceled{}.kind():        decode[Canceled],
	Expired{}.kind():         decode[Expired],
	Filled{}.kind():          decode[Filled],
	Adopted{}.kind():         decode[Adopted],
	Converted{}.kind():       decode[Converted],
	CashMoved{}.kind():       decode[CashMoved],
	DayOpened{}.kind():       decode[DayOpened],
	Halted{}.kind():          decode[Halted],
	Rearmed{}.kind():         decode[Rearmed],
	SettingsChanged{}.kind(): decode[SettingsChanged],
	Locked{}.kind():          decode[Locked],
	Acted{}.kind():           decode[Acted],
}

// renamed are kinds as journals had them before v0.1.
var renamed = map[string]string{"cancelled": Canceled{}.kind()}

func (SignalSeen) kind() string      { return "signal_seen" }
func (IntentMade) kind() string      { return "intent_made" }
func (Submitting) kind() string      { return "submitting" }
func (Acknowledged) kind() string    { return "acknowledged" }
func (Triggered) kind() string       { return "triggered" }
func (Rejected) kind() string        { return "rejected" }
func (Unknown) kind() string         { return "unknown" }
func (NotReceived) kind() string     { return "not_received" }
func (SignalApproved) kind() string  { return "signal_approved" }
func (CloseAsked) kind() string      { return "close_asked" }
func (Amended) kind() string         { return "amended" }
func (CancelAsked) kind() string     { return "cancel_asked" }
func (Canceled) kind() string        { return "canceled" }
func (Expired) kind() string         { return "expired" }
func (Filled) kind() string          { return "filled" }
func (Adopted) kind() string         { return "adopted" }
func (Converted) kind() string       { return "converted" }
func (CashMoved) kind() string       { return "cash_moved" }
func (DayOpened) kind() string       { return "day_opened" }
func (Halted) kind() string          { return "halted" }
func (Rearmed) kind() string         { return "rearmed" }
func (SettingsChanged) kind() string { return "settings_changed" }
func (Locked) kind() string          { return "locked" }
func (Acted) kind() string           { return "acted" }

func (SignalSeen) order() string      { return "" }
func (e IntentMade) order() string    { return e.Order.ClientID }
func (e Submitting) order() string    { return e.ClientID }
func (e Acknowledged) order() string  { return e.ClientID }
func (e Triggered) order() string     { return e.ClientID }
func (e Rejected) order() string      { return e.ClientID }
func (e Unknown) order() string       { return e.ClientID }
func (e NotReceived) order() string   { return e.ClientID }
func (SignalApproved) order() string  { return "" }
func (CloseAsked) order() string      { return "" }
func (Amended) order() string         { return "" }
func (e CancelAsked) order() string   { return e.ClientID }
func (e Canceled) order() string      { return e.ClientID }
func (e Expired) order() string       { return e.ClientID }
func (e Filled) order() string        { return e.Fill.ClientID }
func (Adopted) order() string         { return "" }
func (Converted) order() string       { return "" }
func (CashMoved) order() string       { return "" }
func (DayOpened) order() string       { return "" }
func (Halted) order() string          { return "" }
func (Rearmed) order() string         { return "" }
func (SettingsChanged) order() string { return "" }
func (Locked) order() string          { return "" }
func (Acted) order() string           { return "" }

// OrderOf returns the client ID of the order that an event is about; "" where it is about none.
func OrderOf(e Event) string { return e.order() }

// KindOf returns the name of an event's kind, as a Journal keeps it.
func KindOf(e Event) string { return e.kind() }

// Encode returns an event's kind and its JSON, as a Journal keeps them.
func Encode(e Event) (kind string, data []byte, err error) {
	data, err = json.Marshal(e)
	if err != nil {
		return "", nil, fmt.Errorf("journal: encode %s: %w", e.kind(), err)
	}
	return e.kind(), data, nil
}

// Decode reads what Encode wrote. An unknown kind is an error, and so is an unknown field: a Book that left out
// what it does not know would be wrong.
func Decode(kind string, data []byte) (Event, error) {
	read, ok := codecs[cmp.Or(renamed[kind], kind)]
	if !ok {
		return nil, fmt.Errorf("journal: unknown event kind %q", kind)
	}
	event, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("journal: decode %s: %w", kind, err)
	}
	return event, nil
}

func decode[E Event](data []byte) (Event, error) {
	var e E
	err := decodeStrictly(data, &e)
	return e, err
}

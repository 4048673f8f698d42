package alpacatest

import (
	"encoding/json"
	"net/http"
	"time"
)

// Fault is something that goes wrong with requests.
type Fault struct {
	Method, Path string // which it meets, such as "POST" and "/v2/orders"; "" means any
	ClientID     string // only those for an order of this client ID
	Skip         int    // so many are spared before
	Times        int    // so many are met; 0 means one, below zero until Clear

	Before time.Duration // the request is on its way for so long, and comes also when nobody waits for it any more
	After  time.Duration // the answer is on its way for so long; events are not
	// Filled has the order that the request is about be filled, at its limit or the price, before the venue has the request.
	Filled bool
	Right  bool   // the answer is the venue's own: nothing goes wrong but what stands above
	Taken  bool   // the venue has done as it was asked before things go wrong
	Status int    // of the answer; 0 means that the connection ends without one
	Code   int    // the venue's, of the answer
	Text   string // of the answer
}

// Inject has requests fail. Of several faults that meet a request, the first one is due.
func (v *Venue) Inject(f Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	v.faults = append(v.faults, &f)
}

// Clear ends all faults, and those of the streams.
func (v *Venue) Clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults, v.mute, v.repeat, v.swap, v.denied = nil, false, 0, 0, false
	v.stickLocked(false)
}

// DenyKey has the venue deny the key from now on, as when it was revoked, and ends the streams; false has it accept the key
// again.
func (v *Venue) DenyKey(deny bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.denied = deny; deny {
		v.endStreamsLocked(clean)
	}
}

// accepts reports whether a key is the account's, and good.
func (v *Venue) accepts(key, secret string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return key == Key && secret == Secret && !v.denied
}

// fault is a copy of the one that meets a request; nil where none does.
func (v *Venue) fault(r *http.Request, body []byte) *Fault {
	v.mu.Lock()
	defer v.mu.Unlock()
	f := v.faultLocked(r, body)
	if f == nil {
		return nil
	}
	met := *f
	return &met
}

func (v *Venue) faultLocked(r *http.Request, body []byte) *Fault {
	var said struct {
		ClientID string `json:"client_order_id"`
	}
	if len(body) > 0 && json.Unmarshal(body, &said) != nil {
		return nil // the answer says what is wrong with it
	}
	if said.ClientID == "" {
		said.ClientID = r.URL.Query().Get("client_order_id")
	}
	for _, f := range v.faults {
		if f.Times == 0 || f.Method != "" && f.Method != r.Method || f.Path != "" && f.Path != r.URL.Path ||
			f.ClientID != "" && f.ClientID != said.ClientID {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return f
	}
	return nil
}

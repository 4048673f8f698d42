package binance

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"
)

// maxNames bounds what is remembered of orders. It is only to spare questions: what is forgotten is asked for again.
const maxNames = 20_000

// orderKey is by what a trade names its order.
type orderKey struct {
	venue string
	id    int64
}

// named is the client ID of an order. One that a stop has set off has that of the stop.
type named struct {
	clientID string
	stop     bool
}

// names are the client IDs of orders by the venue's numbers, and the instruments in which something was seen to happen.
type names struct {
	mu     sync.Mutex // guards what is below
	known  map[orderKey]named
	oldest []orderKey
	seen   map[string]bool    // by the venue's name
	stops  map[string]learned // by the venue's name
}

func newNames() *names {
	return &names{known: make(map[orderKey]named), seen: make(map[string]bool), stops: make(map[string]learned)}
}

func (n *names) put(venue string, id int64, clientID string) {
	n.add(venue, id, named{clientID: clientID})
}

func (n *names) putStop(venue string, id int64, clientID string) {
	n.add(venue, id, named{clientID: clientID, stop: true})
}

func (n *names) add(venue string, id int64, as named) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := orderKey{venue, id}
	if _, known := n.known[key]; !known {
		n.oldest = append(n.oldest, key)
	}
	n.known[key] = as
	n.seen[venue] = true
	if len(n.oldest) > maxNames {
		delete(n.known, n.oldest[0])
		n.oldest = n.oldest[1:]
	}
}

func (n *names) get(venue string, id int64) (named, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	as, known := n.known[orderKey{venue, id}]
	return as, known
}

// see notes that something happened in an instrument.
func (n *names) see(venue string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen[venue] = true
}

// instruments returns those in which something happened.
func (n *names) instruments() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.seen))
}

// ours are the client IDs that an Engine makes. An order that a stop has set off may have any other.
var ours = regexp.MustCompile(`^v-[0-9a-f]{24}$`)

// The beginnings of the client IDs of orders that are the venue's own.
var venuesOwn = []struct{ prefix, why string }{
	{"autoclose-", "the venue liquidated a position that the account could not carry"},
	{"adl_autoclose", "the venue closed a position against one that was liquidated (auto-deleveraging)"},
	{"settlement_autoclose-", "the venue settled the contract"},
	{"delivery_autoclose-", "the venue delivered the contract"},
}

// venuesReason says why the venue sent an order of its own; "" of an order that is not.
func venuesReason(clientID string) string {
	for _, own := range venuesOwn {
		if strings.HasPrefix(clientID, own.prefix) {
			return own.why
		}
	}
	return ""
}

// isLiquidation reports whether the venue closed what the account could not carry.
func isLiquidation(clientID string) bool { return strings.HasPrefix(clientID, venuesOwn[0].prefix) }

// isSettlement reports whether the venue closed what it trades no more.
func isSettlement(clientID string) bool {
	return strings.HasPrefix(clientID, venuesOwn[2].prefix) || strings.HasPrefix(clientID, venuesOwn[3].prefix)
}

// clientID finds the client ID of an order by the venue's number; o is the order, if it is known already. An order whose ID
// is nobody's that is known may be what became of a stop, so those of the instrument are asked for.
func (b *Broker) clientID(ctx context.Context, venue string, id int64, o *futures.Order) (name string, stop bool, err error) {
	if as, known := b.names.get(venue, id); known {
		return as.clientID, as.stop, nil
	}
	if o == nil {
		o, err = b.askOrder(ctx, listing{venue: venue}, func(s *futures.GetOrderService) { s.OrderID(id) })
		if saysNoOrder(err) {
			return forgotten(id), false, nil
		}
		if err != nil {
			return "", false, err
		}
	}
	if !ours.MatchString(o.ClientOrderID) && venuesReason(o.ClientOrderID) == "" {
		err := b.learnStops(ctx, venue, time.UnixMilli(o.Time))
		if as, known := b.names.get(venue, id); known {
			return as.clientID, as.stop, nil
		}
		if err != nil {
			return "", false, err
		}
	}
	b.names.put(venue, id, o.ClientOrderID)
	return o.ClientOrderID, false, nil
}

// forgotten is what to call an order that the venue has forgotten, whose fills it still tells.
func forgotten(id int64) string { return fmt.Sprintf("binance-%d", id) }

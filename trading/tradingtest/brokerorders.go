package tradingtest

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// orderCases are about what an order is: its side, its size, its type and how long it may wait.
var orderCases = []brokerCase{
	{"orders of odd sizes fill to the last step, on their side", oddSizes},
	{"an order that sells is told as one, and so is one that sells what is not held", sells},
	{"ids as long as those of the Engine are told as they are", longIDs},
	{"a market order fills whatever it was decided at", marketFills},
	{"a stop-limit rests, is listed as one and is canceled like any", stopLimitRests},
	{"an order that only reduces opens nothing, of whatever type", reducesOfEachType},
	{"a limit order rests until its price is there, and fills at it", limitWaits},
	{"a stop rests until its price is there, and fills at what there is", stopWaits},
	{"a stop-limit rests until its stop is there, and then until its limit is", stopLimitWaits},
	{"an order that rests and only reduces opens nothing", restingReduces},
	{"an order that only reduces, where nothing is held, opens nothing", reducesNothing},
	{"a post-only order that would fill at once does not", postOnly},
	{"an ioc order is over at once, with what there was", ioc},
	{"a fok order fills at once in full, or not at all", fok},
	{"an order that is filled in part stays open with what is left", partFills},
	{"a day order expires with what was filled, and a gtc order does not", dayEnds},
	{"an order that was asked for before it changed is told as it is", changes},
}

// oddSizes buys and sells amounts that are no round numbers, as large as the account allows.
func oddSizes(b brokerTest) {
	held, largest := int64(0), b.Steps*87/100|1
	for i, size := range []int64{1, -1, 37, -37, largest, -largest} {
		o := trading.Order{ClientID: longID(i), Side: trading.Buy, Type: trading.Market}
		if size < 0 {
			o.Side, size = trading.Sell, -size
		}
		a := b.send(o, size, held)
		b.stands(a, "of an odd size", size, trading.StatusFilled)
		held += int64(o.Side) * size
		b.holds(held, "after "+words(a.Order()))
	}
}

func sells(b brokerTest) {
	b.have(1, 37)
	a := b.send(trading.Order{ClientID: longID(2), Side: trading.Sell, Type: trading.Market}, 17, 37)
	b.stands(a, "a sell of what is held", 17, trading.StatusFilled)
	b.holds(20, "after a sell")
	if !b.Short {
		return
	}
	b.goesShort()
	b.holds(-13, "after a sell that goes short")
	a = b.send(trading.Order{ClientID: longID(4), Side: trading.Buy, Type: trading.Market}, 13, -13)
	b.stands(a, "a buy of what was sold short", 13, trading.StatusFilled)
	b.holds(0, "after the short position was closed")
}

// goesShort sells the 20 that are held, and 13 more: in one order, where the venue has such.
func (b brokerTest) goesShort() {
	if b.lacks(Flips) {
		if !b.Broker.Traits().Reserves {
			b.Errorf("Setup.Lacks has Flips and Traits.Reserves is false: an engine would send orders that turn a position")
		}
		b.send(trading.Order{ClientID: longID(5), Side: trading.Sell, Type: trading.Market}, 20, 20)
		b.send(trading.Order{ClientID: longID(3), Side: trading.Sell, Type: trading.Market}, 13, 0)
		return
	}
	a := b.send(trading.Order{ClientID: longID(3), Side: trading.Sell, Type: trading.Market}, 33, 20)
	b.stands(a, "a sell that goes beyond what is held, to a short position", 33, trading.StatusFilled)
}

func longIDs(b brokerTest) {
	for i := range 3 {
		id := longID(i)
		o := trading.Order{ClientID: id, Side: trading.Buy, Type: trading.Market}
		a := b.approve(o, 7, int64(i)*7)
		if err := b.Broker.Submit(b.Context(), a); err != nil {
			b.Fatalf("Submit of an order with the client id %s: %v", id, err)
		}
		b.Advance()
		b.stands(a, "an order with a client id of "+fmt.Sprint(len(id))+" letters", 7, trading.StatusFilled)
	}
}

// marketFills buys what was decided on when it was cheaper, and sells what was dearer: a market order has no price.
func marketFills(b brokerTest) {
	for i, o := range []trading.Order{{Side: trading.Buy}, {Side: trading.Sell}} {
		o.ClientID, o.Type = longID(i), trading.Market
		decided := b
		decided.Price = b.times(0.9 + 0.2*float64(i))
		a := decided.approve(o, 7, int64(7*i))
		b.submit(a)
		b.stands(a, "a market order that was decided on at "+decided.Price.String(), 7, trading.StatusFilled)
	}
}

// changes asks for an order, changes it and asks again.
func changes(b brokerTest) {
	c := b.canRest()
	var orders []trading.Approved
	for i := range 5 {
		orders = append(orders, b.send(trading.Order{
			ClientID: longID(i), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5 + 0.01*float64(i)),
		}, 2, 0))
		b.stands(orders[i], "an order that rests", 0, trading.StatusOpen)
	}
	b.areOpen(orders...)
	b.canceled(c, orders[2].Order().Ref(), trading.StatusCanceled)
	for i, a := range orders {
		want := trading.StatusOpen
		if i == 2 {
			want = trading.StatusCanceled
		}
		b.stands(a, "one order was canceled and the others were not: this one", 0, want)
	}
}

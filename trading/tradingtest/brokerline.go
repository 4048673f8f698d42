package tradingtest

import (
	"context"
	"errors"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// lineCases are about what happens below an adapter, and about the last moment before an order leaves.
var lineCases = []brokerCase{
	{"Begin is asked with the context of the call", beginContext},
	{"a context that is canceled when the order leaves says nothing of the order", func(b brokerTest) { endsAtBegin(b, false) }},
	{"a context that is over when the order leaves says nothing of the order", func(b brokerTest) { endsAtBegin(b, true) }},
	{"after Begin the next request is the order, and it leaves once", beginLast},
	{"an order whose request was lost is neither there nor rejected", func(b brokerTest) { lostOrder(b, RequestLost, false) }},
	{"an order whose reply was lost is there, once, and not rejected", func(b brokerTest) { lostOrder(b, ReplyLost, true) }},
	{"an order whose reply was cut is there, once, and not rejected", func(b brokerTest) { lostOrder(b, ReplyCut, true) }},
	{"an order whose reply was a proxy's is there, once, and not rejected", func(b brokerTest) { lostOrder(b, ProxyPage, true) }},
	{"an order whose request arrived twice is not rejected", repeated},
	{"a call whose reply does not come ends with its context, and says no more than that", delayed},
	{"what cannot be asked for is an error, and nothing that is not known", unanswered},
	{"what replaces and has no reply is neither rejected nor sent again", lostReplacement},
	{"a stream that was cut is told, and comes back", cutStream},
}

// lined skips a case where no request of the Broker goes over a Line.
func (b brokerTest) lined() {
	b.Helper()
	if b.Line == nil {
		b.Skip("the subject has no Line")
	}
	b.Line.mark()
	_, _ = b.order("suite-never")
	if len(b.Line.since()) == 0 {
		b.Skip("the Line carries no requests of the broker")
	}
}

type suiteKey struct{}

func beginContext(b brokerTest) {
	ctx, cancel := context.WithCancel(context.WithValue(b.Context(), suiteKey{}, true))
	defer cancel()
	a := b.approved(longID(1), trading.Buy, 10, 0).Gated(func(got context.Context) error {
		if got.Value(suiteKey{}) != true {
			b.Error("Begin is asked with another context than that of Submit")
		}
		return nil
	})
	if err := b.Broker.Submit(ctx, a); err != nil {
		b.Fatalf("Submit %s: %v", words(a.Order()), err)
	}
}

// endsAtBegin lets the context end in Begin, so that the request fails without anybody below the adapter. It may have left.
func endsAtBegin(b brokerTest, deadline bool) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	if deadline {
		late, stop := clockctx.WithTimeout(ctx, machine, b.Patience/100)
		defer stop()
		ctx = late
	}
	a := b.approved(longID(1), trading.Buy, 10, 0)
	err := b.Broker.Submit(ctx, a.Gated(func(context.Context) error {
		if !deadline {
			cancel()
		}
		<-ctx.Done()
		return nil
	}))
	b.Advance()
	if errors.Is(err, trading.ErrRejected) {
		b.Errorf("the context ended when the request was to leave, and Submit returns %v: the venue did not reject it", err)
	}
	if _, unknown := b.order(longID(1)); err == nil && unknown != nil {
		b.Errorf("the context ended when the request was to leave, Submit returns nil, and Order says %v", unknown)
	}
}

func beginLast(b brokerTest) {
	b.lined()
	a := b.approved(longID(1), trading.Buy, 10, 0).Gated(func(context.Context) error {
		b.Line.mark()
		return nil
	})
	b.submit(a)
	sent := b.Line.since()
	if len(sent) == 0 {
		b.Fatal("no request has left after Begin, and Submit returned nil")
	}
	if reads(sent[0]) {
		b.Errorf("after Begin the first request is a %s: something is asked before the order leaves (%q)", sent[0], sent)
	}
	b.sentOnce(a, "without a fault")
}

// reads reports whether a method changes nothing.
func reads(method string) bool { return method == "GET" || method == "HEAD" }

// sentOnce demands that of the requests since Begin one changes something.
func (b brokerTest) sentOnce(a trading.Approved, why string) {
	b.Helper()
	writes := 0
	for _, method := range b.Line.since() {
		if !reads(method) {
			writes++
		}
	}
	if writes > 1 {
		b.Errorf("%s %d requests that change something left for %s after Begin: it was sent again without being asked for",
			why, writes, words(a.Order()))
	}
}

// faulty is an approval in whose Begin the line gets a fault, for the one request that follows.
func (b brokerTest) faulty(a trading.Approved, f LineFault) trading.Approved {
	return a.Gated(func(context.Context) error {
		b.Line.mark()
		b.Line.Fail(f, 1)
		return nil
	})
}

func lostOrder(b brokerTest, f LineFault, arrives bool) {
	b.lined()
	a := b.approved(longID(1), trading.Buy, 10, 0)
	err := b.Broker.Submit(b.Context(), b.faulty(a, f))
	b.Line.Fail("", 0)
	b.sentOnce(a, "after "+string(f))
	if errors.Is(err, trading.ErrRejected) {
		b.Errorf("after %s Submit returns %v: it says that the order was rejected, and nobody knows", f, err)
	}
	if err == nil && !arrives {
		b.Errorf("after %s Submit returns nil: it says that the order is there", f)
	}
	if err == nil && arrives && len(b.Line.since()) < 2 {
		b.Errorf("after %s Submit returns nil, and has asked nobody whether the order is there", f)
	}
	b.Advance()
	if !arrives {
		if report, err := b.order(longID(1)); !errors.Is(err, trading.ErrUnknownOrder) {
			b.Errorf("after %s Order says %+v, %v, want ErrUnknownOrder", f, report, err)
		}
		return
	}
	b.stands(a, "after "+string(f)+", and it may not be sent again,", 10, trading.StatusFilled)
	b.holds(10, "after "+string(f)+" to one order of that size")
}

func repeated(b brokerTest) {
	b.lined()
	if !b.Broker.Traits().RefusesDuplicates {
		b.Skip("the broker takes a client id as often as it is sent")
	}
	a := b.approved(longID(1), trading.Buy, 10, 0)
	if err := b.Broker.Submit(b.Context(), b.faulty(a, RequestTwice)); errors.Is(err, trading.ErrRejected) {
		b.Errorf("a request arrived twice, and Submit returns %v: the second is a duplicate, and the order is there", err)
	}
	b.Line.Fail("", 0)
	b.Advance()
	b.stands(a, "after a request that arrived twice", 10, trading.StatusFilled)
}

// delayed gives each call a context that ends before the reply: once at its deadline, and once because it is canceled.
func delayed(b brokerTest) {
	b.lined()
	for i, deadline := range []bool{true, false} {
		a := b.approved(longID(i), trading.Buy, 10, int64(10*i))
		err := b.late("Submit", deadline, func(ctx context.Context) error { return b.Broker.Submit(ctx, b.faulty(a, ReplyLate)) })
		if err == nil || errors.Is(err, trading.ErrRejected) {
			b.Errorf("the context ended before the reply, and Submit returns %v: the order is not rejected, nobody knows", err)
		}
		b.Line.Fail(ReplyLate, -1)
		err = b.late("Order", deadline, func(ctx context.Context) error {
			_, err := b.Broker.Order(ctx, a.Order().Ref())
			return err
		})
		if err == nil || errors.Is(err, trading.ErrUnknownOrder) {
			b.Errorf("the context ended before the reply, and Order returns %v", err)
		}
		b.Advance()
		b.stands(a, "after a reply that did not come", 10, trading.StatusFilled)
	}
}

// late makes a call to which the reply does not come before its context ends, and ends the fault.
func (b brokerTest) late(name string, deadline bool, call func(ctx context.Context) error) error {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	if deadline {
		late, stop := clockctx.WithTimeout(ctx, machine, b.Patience/20)
		defer stop()
		ctx = late
	}
	done := make(chan error, 1)
	go func() { done <- call(ctx) }()
	if !deadline {
		<-machine.After(b.Patience / 20)
		cancel()
	}
	select {
	case err := <-done:
		b.Line.Fail("", 0)
		return err
	case <-machine.After(b.Patience):
		b.Line.Fail("", 0)
		<-done //nolint:errcheck // whatever it was, it came too late
		b.Errorf("%s did not end with its context", name)
		return nil
	}
}

// unanswered loses all replies.
func unanswered(b brokerTest) {
	b.lined()
	b.have(1, 10)
	var rest trading.Approved
	c, rests := b.Broker.(trading.Canceler)
	if rests {
		rest = b.rest(longID(2))
	}
	for _, f := range []LineFault{RequestLost, ReplyLost, ReplyCut, ProxyPage} {
		b.Line.Fail(f, -1)
		b.noAnswers(f)
		b.Line.Fail("", 0)
	}
	if !rests {
		return
	}
	b.Line.Fail(RequestLost, -1)
	if err := c.Cancel(b.Context(), rest.Order().Ref()); err == nil || errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("after a lost request Cancel returns %v, want an error that says that nobody took note of the cancel", err)
	}
	b.Line.Fail("", 0)
	b.stands(rest, "an order whose cancel was lost", 0, trading.StatusOpen)
}

// noAnswers demands errors of all that asks.
func (b brokerTest) noAnswers(f LineFault) {
	b.Helper()
	for _, id := range []string{longID(1), longID(77)} {
		report, err := b.Broker.Order(b.Context(), b.ref(id, trading.Market))
		if err == nil && id == longID(77) {
			b.Errorf("Order has no answer (%s), and returns %+v and nil, want an error", f, report)
		}
		if errors.Is(err, trading.ErrUnknownOrder) {
			b.Errorf("Order has no answer (%s), and returns %v: unknown is what a venue does not have", f, err)
		}
		if err == nil && !report.Status.Done() {
			b.Errorf("Order has no answer (%s), and returns %+v and nil, want an error", f, report)
		}
	}
	if page, _, err := b.Broker.Fills(b.Context(), trading.Cursor{}, 10); err == nil && len(page) == 0 {
		b.Errorf("Fills has no answer (%s), and returns an empty page and nil: that says that there are no more", f)
	}
	if l, ok := b.Broker.(trading.OrderLister); ok {
		if open, err := l.OpenOrders(b.Context()); err == nil && len(open) == 0 {
			b.Errorf("OpenOrders has no answer (%s), and returns none and nil: that says that none is open", f)
		}
	}
	if p, ok := b.Broker.(trading.Positioner); ok {
		if held, err := p.Positions(b.Context()); err == nil && !held[b.Instrument.Symbol].Equal(b.steps(10)) {
			b.Errorf("Positions has no answer (%s), and returns %v and nil: that says that nothing is held", f, held)
		}
	}
}

func lostReplacement(b brokerTest) {
	b.lined()
	r, ok := b.Broker.(trading.Replacer)
	if !ok {
		b.Skip("the broker does not replace orders")
	}
	old := b.rest(longID(1))
	with := b.resting(longID(2))
	err := r.Replace(b.Context(), old.Order().Ref(), b.faulty(with, ReplyLost))
	b.Line.Fail("", 0)
	if errors.Is(err, errors.ErrUnsupported) {
		b.Skip("the broker does not replace orders")
	}
	if errors.Is(err, trading.ErrRejected) {
		b.Errorf("after a lost reply Replace returns %v: it says that nothing has changed, and nobody knows", err)
	}
	b.sentOnce(with, "after a lost reply to Replace")
	b.Advance()
	b.stands(with, "what replaces, and the reply was lost", 0, trading.StatusOpen)
	b.stands(old, "what was replaced, and the reply was lost", 0, trading.StatusCanceled)
}

// cutStream cuts what an Updater hears by, and lets something happen once it is back.
func cutStream(b brokerTest) {
	if b.Line == nil {
		b.Skip("the subject has no Line")
	}
	u, ok := b.Broker.(trading.Updater)
	if !ok {
		b.Skip("the broker has no news")
	}
	before := u.Updates(0).Seq
	if b.Line.Cut() == 0 {
		b.Skip("the line carries no connections")
	}
	missed := func(after int64, want bool, what string) int64 {
		b.Helper()
		for {
			news := u.Updated()
			got := u.Updates(after)
			if got.Missed == want {
				return got.Seq
			}
			if !want && after != got.Seq {
				after = got.Seq
				continue
			}
			b.await(news, what)
		}
	}
	seq := missed(before, true, "the stream was cut, and Updates say Missed")
	seq = missed(seq, false, "the stream was cut and can be dialed again, and Updates go on without Missed")
	if !u.Updates(before).Missed {
		b.Errorf("the stream was cut after Seq %d, and who asks from there once it is back is not told Missed", before)
	}
	a := b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Market}, 10, 0)
	b.waitFilled(u, seq, a, 10)
}

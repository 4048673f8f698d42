// Package health keeps one honest answer to "is every part still working?".
//
// A part is one thing that must make progress: a service, a symbol of a service, a connection. The code that does the
// work says what happened, in one line each, through the context it was given:
//
//	health.Beat(ctx)         // the loop turns
//	health.Observe(ctx, err) // a unit of work ended
//	health.Idle(ctx, until)  // a planned wait
//
// A Registry holds what the parts said and computes a Report from it when it is asked: healthy, degraded or unhealthy,
// and why. No code of a part runs inside Report, so a part that hangs cannot hang the answer, and a part that fell
// silent is found out by its silence: nothing has to fail for the verdict to turn.
//
// Where no Part is in the context the lines above do nothing, so a service may say them whether or not it is watched. A
// supervisor has the other side of each run, a Run: it tells where in its life the part is, and sees the beats.
// All functions and methods are safe for concurrent use.
package health

import (
	"context"
	"time"
)

// Clock is the time that a part of vigil lives in, and on which its silence is measured. Every package takes this one.
// Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type contextKey struct{}

// partContext is a context.WithValue that FromContext knows by its type: most loops beat with the very context that they
// were served with, and looking at it takes 2 ns where asking it for a value takes 10.
type partContext struct {
	context.Context
	part *Part
}

func (c *partContext) Value(key any) any {
	if key == (contextKey{}) {
		return c.part
	}
	return c.Context.Value(key)
}

// NewContext returns a context that carries p: what is said through it is said of p. A supervisor puts it into a run's
// context last of all, as Run.Next does. A nil p is for work that says nothing.
func NewContext(ctx context.Context, p *Part) context.Context { return &partContext{ctx, p} }

// FromContext returns the Part that ctx carries, or nil. The price of the functions below is the walk up to the Part, a
// few nanoseconds for each context that was derived in between; a loop that beats often in such a place may ask once and
// then call Part.Beat.
func FromContext(ctx context.Context) *Part {
	if c, ok := ctx.(*partContext); ok {
		return c.part
	}
	p, _ := ctx.Value(contextKey{}).(*Part)
	return p
}

// Beat says that the loop turns. It feeds stall detection and nothing else: a loop that turns without getting anything
// done is alive and yet not healthy. It costs a few nanoseconds and reads no clock.
func Beat(ctx context.Context) { FromContext(ctx).Beat() }

// Observe says that a unit of work ended. A nil err is progress: it ends a run of errors and the silence before it.
// Any other err lengthens the run. Observe feeds the verdict and never a restart: a data source that is down for an
// hour makes its part unhealthy, and a restart would not bring it back.
func Observe(ctx context.Context, err error) { FromContext(ctx).Observe(err) }

// Idle says that the part waits as planned: silence is fine until then, and counts from then on. The zero time means
// until the next Beat; a time that has passed ends the wait. A loop that idles between all its cycles thereby excuses
// itself: what must show that its data has gone mute is a Child for the data, which does not idle.
func Idle(ctx context.Context, until time.Time) { FromContext(ctx).Idle(until) }

// Ready says that start-up is done. Only a supervisor whose policy waits for it takes notice.
func Ready(ctx context.Context) { FromContext(ctx).Ready() }

// Expect sets the limits within which the part counts as healthy; see Limits.
func Expect(ctx context.Context, l Limits) { FromContext(ctx).Expect(l) }

// Count adds n to a number of that name, which is shown with the part and does not touch its verdict: gaps in a feed,
// bars refused. It is kept across runs. A name is cut at 64 bytes, and of more than 64 names those that come last
// are counted together.
func Count(ctx context.Context, name string, n int64) {
	FromContext(ctx).Count(name, n)
}

// Child returns a context that speaks for a part of the part in ctx, such as one symbol of a generator: its path is the
// parent's path, a slash and name; a name above 256 bytes is cut, and a sum of all of it added. Asking again for the same
// name continues the same part. See [Report] for how a child counts in its parent's verdict.
func Child(ctx context.Context, name string) context.Context {
	p := FromContext(ctx)
	if p == nil {
		return ctx
	}
	return NewContext(ctx, p.Child(name))
}

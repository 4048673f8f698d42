package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Event is something that happened in a tree. The set is sealed: the types below are all there are. Events reach
// OnEvent and the Logger in the order in which they happened, from a goroutine of their own.
//
//sumtype:decl
type Event interface {
	// Stamped returns where and when it happened.
	Stamped() Stamp

	event()
}

// Stamp is where and when an event happened.
type Stamp struct {
	Path string // of the child, from the root's name on
	Time time.Time
}

// Stamped returns s.
func (s Stamp) Stamped() Stamp { return s }

// Attempt counts restarts in a row: this is the N-th of at most Max (0 for no bound). N is 0 for a first start.
type Attempt struct {
	N, Max int
}

func (a Attempt) String() string {
	if a.Max == 0 {
		return fmt.Sprintf("%d", a.N)
	}
	return fmt.Sprintf("%d of %d", a.N, a.Max)
}

// Added says that a child was added while the tree ran.
type Added struct{ Stamp }

// Removed says that a child was removed while the tree ran.
type Removed struct{ Stamp }

// Started says that a run began.
type Started struct {
	Stamp
	Attempt Attempt
}

// Verified says that a run has lasted for as long as its policy's Verify.
type Verified struct{ Stamp }

// NotReady says that a run has not called health.Ready within its policy's Ready. The run goes on.
type NotReady struct {
	Stamp
	Limit time.Duration
}

// Failed says that a run ended by itself, in whichever way.
type Failed struct {
	Stamp
	End         End
	Ran         time.Duration
	FailedStart bool // it ended before it was verified
}

// Restarting says that a new run is going to begin.
type Restarting struct {
	Stamp
	At      time.Time
	Attempt Attempt
}

// Stopped says that a run ended as it was asked to.
type Stopped struct{ Stamp }

// Finished says that a child's work is done: by its policy it is not restarted.
type Finished struct{ Stamp }

// Stalled says that a run has been silent for too long. Its context has been canceled.
type Stalled struct {
	Stamp
	Silence time.Duration
	Limit   time.Duration
	Stack   string // of the run's goroutine and of those that it started, bounded; empty if it took too long to find
}

// Abandoned says that a run that stalled, or was asked to end, did not return within its StopTimeout.
type Abandoned struct {
	Stamp
	Zombies  int  // of this child, with this one
	Replaced bool // a new run begins beside it; otherwise the child waits for its end
}

// ZombieEnded says that an abandoned run has ended after all.
type ZombieEnded struct {
	Stamp
	After time.Duration // since it was abandoned
}

// Parked says that a child's restarts are spent; a new round begins at Until (zero for never).
type Parked struct {
	Stamp
	Until time.Time
}

// Escalated says that a child's restarts are spent, or those of all children together (Config.Intensity), and that its
// supervisor stops because of it.
type Escalated struct {
	Stamp
	End End
}

// GaveUp says that a child's restarts are spent; it stays down until it is restarted by name.
type GaveUp struct{ Stamp }

// Paused says that a child was paused.
type Paused struct{ Stamp }

// Halted says that a person wants the child to be stopped: it stays down until the person wants it to run.
type Halted struct{ Stamp }

// Resumed says that a child that a person paused or stopped is wanted again.
type Resumed struct{ Stamp }

// StopTimedOut says that a run that was asked to end did not return within its StopTimeout.
type StopTimedOut struct {
	Stamp
	After time.Duration // how long it was waited for
}

// Suspended says that the watch came late, as after a suspension of the machine: everybody's silence is forgiven by as
// much.
type Suspended struct {
	Stamp
	Late time.Duration
}

// Starved says that the goroutines of the whole process wait for a processor for longer than they should. The silence of
// runs is forgiven, up to ten times in a row for each. It is said once a minute.
type Starved struct{ Stamp }

// Dropped says that the receiver was too slow, and that N events up to this place were folded with later ones of the same
// child. Parked, GaveUp, Escalated, Abandoned and StopTimedOut are never among them, except that of more than 64 of the
// same kind and child only the latest are kept; and the latest event of each child always arrives.
type Dropped struct {
	Stamp
	N int
}

// Folded stands in a log for events of one child that repeat: of more than fifty within a minute only the first are
// written, and then one Folded each minute for as long as it goes on. OnEvent gets no such event, but each single one.
type Folded struct {
	Stamp           // of the last one
	N     int       // how many they were
	Runs  int       // how many runs began among them
	Since time.Time // when the first one was
}

// Each event is one on purpose: what only has a Stamp is none.

func (Added) event()        {}
func (Removed) event()      {}
func (Started) event()      {}
func (Verified) event()     {}
func (NotReady) event()     {}
func (Failed) event()       {}
func (Restarting) event()   {}
func (Stopped) event()      {}
func (Finished) event()     {}
func (Stalled) event()      {}
func (Abandoned) event()    {}
func (ZombieEnded) event()  {}
func (Parked) event()       {}
func (Escalated) event()    {}
func (GaveUp) event()       {}
func (Paused) event()       {}
func (Halted) event()       {}
func (Resumed) event()      {}
func (StopTimedOut) event() {}
func (Suspended) event()    {}
func (Starved) event()      {}
func (Dropped) event()      {}
func (Folded) event()       {}

// LogEvent writes an event to a logger: the path under "service", the rest under fixed names. A Supervisor does it by
// itself for its Config.Logger, and folds what repeats.
func LogEvent(log *slog.Logger, e Event) {
	level, message, attrs := describe(e)
	stamp := e.Stamped()
	record := slog.NewRecord(stamp.Time, level, message, 0)
	record.AddAttrs(slog.String("service", stamp.Path))
	record.AddAttrs(attrs...)
	ctx := context.Background()
	if log.Enabled(ctx, level) {
		_ = log.Handler().Handle(ctx, record)
	}
}

func describe(e Event) (slog.Level, string, []slog.Attr) { //nolint:funlen // a case for each event
	attr := func(a ...slog.Attr) []slog.Attr { return a }
	switch e := e.(type) {
	case Added:
		return slog.LevelDebug, "service added", nil
	case Removed:
		return slog.LevelDebug, "service removed", nil
	case Started:
		return slog.LevelInfo, "service started", attr(slog.String("attempt", e.Attempt.String()))
	case Verified:
		return slog.LevelDebug, "service verified", nil
	case NotReady:
		return slog.LevelError, "service not ready", attr(slog.Duration("limit", e.Limit))
	case Failed:
		return slog.LevelError, "service ended", describeEnd(e.End,
			slog.Duration("ran", e.Ran), slog.Bool("failed_start", e.FailedStart))
	case Restarting:
		return slog.LevelWarn, "service restarting", attr(slog.Time("at", e.At), slog.String("attempt", e.Attempt.String()))
	case Stopped:
		return slog.LevelInfo, "service stopped", nil
	case Finished:
		return slog.LevelInfo, "service finished", nil
	case Stalled:
		return slog.LevelError, "service stalled", attr(slog.Duration("silence", e.Silence),
			slog.Duration("limit", e.Limit), slog.String("stack", e.Stack))
	case Abandoned:
		return slog.LevelError, "service abandoned", attr(slog.Int("zombies", e.Zombies), slog.Bool("replaced", e.Replaced))
	case ZombieEnded:
		return slog.LevelWarn, "zombie ended", attr(slog.Duration("after", e.After))
	case Parked:
		return slog.LevelError, "service parked", attr(slog.Time("until", e.Until))
	case Escalated:
		return slog.LevelError, "service escalated", describeEnd(e.End)
	case GaveUp:
		return slog.LevelError, "service given up", nil
	case Paused:
		return slog.LevelInfo, "service paused", nil
	case Halted:
		return slog.LevelInfo, "service halted", nil
	case Resumed:
		return slog.LevelInfo, "service resumed", nil
	case StopTimedOut:
		return slog.LevelError, "service did not stop", attr(slog.Duration("after", e.After))
	case Suspended:
		return slog.LevelWarn, "machine suspended", attr(slog.Duration("late", e.Late))
	case Starved:
		return slog.LevelError, "process starved", nil
	case Dropped:
		return slog.LevelWarn, "events dropped", attr(slog.Int("events", e.N))
	case Folded:
		return slog.LevelWarn, "events folded", attr(slog.Int("events", e.N), slog.Int("runs", e.Runs),
			slog.Time("since", e.Since))
	}
	return slog.LevelError, "unknown event", nil
}

func describeEnd(end End, more ...slog.Attr) []slog.Attr {
	attrs := append([]slog.Attr{slog.String("end", string(end.Kind)), slog.String("error", textOf(end))}, more...)
	if end.Stack != "" {
		attrs = append(attrs, slog.String("stack", end.Stack))
	}
	return attrs
}

package trading

import (
	"sort"
	"sync"
	"time"
)

// Updater is a Broker that is told by its venue what happens, as over a stream, and passes that on.
//
// A report that was pushed counts as much as an answer of Order. That there is none counts for little: a stream can be
// silent because it is broken. So the Engine goes on asking, but more rarely, as long as nothing was missed.
type Updater interface {
	// Updated returns a channel that is closed at the next update. Ask for it before reading.
	Updated() <-chan struct{}
	// Updates tells what happened after a Seq, of which the first is 0. It answers at once, from memory. That an order was
	// accepted need not be among it: Submit says so, or Order.
	Updates(after int64) Updates
}

// Updates are what happened after a Seq.
type Updates struct {
	Orders []OrderReport // the latest report of each order of which there is news
	// Seq is where to go on. If it is what was asked with, then nothing has happened, no fill either.
	Seq int64
	// Missed says that more may have happened than is told: while a stream is down and once after that, or where the
	// question reaches back too far. All that matters is then to be asked for.
	Missed bool
}

// maxUpdates bounds what an UpdateLog keeps.
const maxUpdates = 1000

// MuteAfter is after how long without a word of an order that the venue has taken a stream counts as mute: it is open, and
// says nothing.
const MuteAfter = 20 * time.Second

// UpdateLog is what an Updater keeps: of each order the latest report, so that a reader who comes late misses states that
// are over, and never the last one. It also keeps of which orders the stream has yet to tell, so that a stream that is open and
// says nothing is found; see Expect. The zero value is empty and works. It is safe for concurrent use.
type UpdateLog struct {
	mu      sync.Mutex // guards all below
	seq     int64
	missed  int64 // something of this Seq or an earlier one is not kept
	down    bool
	reports []update         // ascending by seq; those that are not the latest of their order are dropped in time
	latest  map[string]int64 // the seq of each order's latest report
	updated chan struct{}    // nil while no reader has asked for it

	owed map[string]time.Time // when the orders were sent of which the stream has yet to tell
}

type update struct {
	seq    int64
	report OrderReport
}

// Push notes what became of orders. Without any it says that something else happened, such as a fill of an order that is
// not ours.
func (l *UpdateLog) Push(reports ...OrderReport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	clear(l.owed) // a stream that says something is not mute
	for _, r := range reports {
		l.keepLocked(r)
	}
	l.announceLocked()
}

func (l *UpdateLog) keepLocked(r OrderReport) {
	if l.latest == nil {
		l.latest = make(map[string]int64)
	}
	l.latest[r.ClientID] = l.seq
	l.reports = append(l.reports, update{l.seq, r})
	if len(l.reports) <= maxUpdates {
		return
	}
	oldest := l.reports[0]
	l.reports = l.reports[1:]
	if !l.outdatedLocked(oldest) {
		delete(l.latest, oldest.report.ClientID)
		l.missed = max(l.missed, oldest.seq)
	}
}

// outdatedLocked reports whether there is a later report of the same order.
func (l *UpdateLog) outdatedLocked(u update) bool { return l.latest[u.report.ClientID] != u.seq }

// Break says that the stream is down, or up again. Whoever has read before it was up has to ask for everything. A stream that
// has just begun owes no word of an order.
func (l *UpdateLog) Break(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	clear(l.owed)
	l.seq++
	l.missed = l.seq
	l.announceLocked()
}

// Expect notes that an order is about to be sent, of which the stream has to tell by MuteAfter. Say it before the request: the
// word may come before the answer. While the stream is down nothing is expected of it.
func (l *UpdateLog) Expect(clientID string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return
	}
	if l.owed == nil {
		l.owed = make(map[string]time.Time)
	}
	l.owed[clientID] = now
}

// Forget takes an Expect back, of an order that the venue does not have or may not have.
func (l *UpdateLog) Forget(clientID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.owed, clientID)
}

// Mute reports whether the stream is open and says nothing: longer than MuteAfter ago an order was sent that the venue has
// taken, and since then nothing was pushed, of whichever order.
func (l *UpdateLog) Mute(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, sent := range l.owed {
		if now.Sub(sent) > MuteAfter {
			return true
		}
	}
	return false
}

func (l *UpdateLog) announceLocked() {
	if l.updated != nil {
		close(l.updated)
		l.updated = nil
	}
}

// Updated implements Updater.
func (l *UpdateLog) Updated() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.updated == nil {
		l.updated = make(chan struct{})
	}
	return l.updated
}

// Updates implements Updater.
func (l *UpdateLog) Updates(after int64) Updates {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := Updates{Seq: l.seq, Missed: l.down || after < l.missed || after > l.seq}
	first := sort.Search(len(l.reports), func(i int) bool { return l.reports[i].seq > after })
	for _, one := range l.reports[first:] {
		if !l.outdatedLocked(one) {
			u.Orders = append(u.Orders, one.report)
		}
	}
	return u
}

package assemble

import "github.com/seed-5dee1c0a/vigil/signal"

// Waking returns a source that wakes a generator when what it reads from does, where that is a Waker at all.
func Waking(source, inner signal.Source) signal.Source {
	w, ok := inner.(signal.Waker)
	if !ok {
		return source
	}
	return struct {
		signal.Source
		signal.Waker
	}{source, w}
}

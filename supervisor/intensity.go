package supervisor

import (
	"sync"
	"time"
)

// intensity counts the restarts of all children of a session together. A budget of each child's own bounds none of
// fifty that crash three times each at one instant.
type intensity struct {
	period time.Duration

	mu sync.Mutex  // guards at
	at []time.Time // of the latest restarts, as many as are allowed
}

// take counts a restart. It is false where that is one too many.
func (i *intensity) take(now time.Time, most int) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for len(i.at) > 0 && now.Sub(i.at[0]) >= i.period {
		i.at = i.at[1:]
	}
	if len(i.at) >= most {
		return false
	}
	i.at = append(i.at, now)
	return true
}

// bound turns a restart that is one too many for the supervisor as a whole into an escalation.
func (sess *session) bound(d decision, now time.Time) decision {
	most := sess.supervisor.cfg.Intensity
	if most == 0 || d != restart && d != park || sess.restarts.take(now, most) {
		return d
	}
	return escalateAll
}

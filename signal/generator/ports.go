package generator

import "github.com/seed-5dee1c0a/vigil/signal"

// ports is the code of others that a task calls. New moves it out of the Config, so that enter is the only way to it.
type ports struct {
	source guest[signal.Source]
	store  guest[signal.Store]
	states guest[signal.States]
	lives  guest[signal.States] // where the beginnings of streams are kept: the States, or the Store that is one
	hours  guest[signal.Hours]
}

// takePorts moves the ports out of the configuration.
func (c *Config) takePorts() ports {
	p := ports{
		source: guest[signal.Source]{KindSource, c.Source},
		store:  guest[signal.Store]{KindStore, c.Store},
		states: guest[signal.States]{KindStore, c.States},
		hours:  guest[signal.Hours]{KindSession, c.Hours},
	}
	p.lives = p.states
	if beside, ok := c.Store.(signal.States); ok && c.States == nil {
		p.lives.code = beside
	}
	c.Source, c.Store, c.States, c.Hours = nil, nil, nil, nil
	return p
}

// guest is code that is not ours, and what its panic counts as.
type guest[T any] struct {
	kind ErrorKind
	code T
}

// enter returns the code for one call, and has the task know whose it is: should the call end the task's goroutine,
// that is all there is to tell by.
func (g guest[T]) enter(t *task) T {
	t.doing = g.kind
	return g.code
}

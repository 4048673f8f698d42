package generator

import "github.com/seed-5dee1c0a/vigil/signal"

// ports is the code of others that a task calls. New moves it out of the Config, so that enter is the only way to it.
type ports struct {
	source  external[signal.Source]
	store   external[signal.Store]
	states  external[signal.States]
	streams external[signal.States] // where the beginnings of streams are kept: the States, or the Store that is one
	hours   external[signal.Hours]
}

// takePorts moves the ports out of the configuration.
func (c *Config) takePorts() ports {
	p := ports{
		source: external[signal.Source]{KindSource, c.Source},
		store:  external[signal.Store]{KindStore, c.Store},
		states: external[signal.States]{KindStore, c.States},
		hours:  external[signal.Hours]{KindSession, c.Hours},
	}
	p.streams = p.states
	if states, ok := c.Store.(signal.States); ok && c.States == nil {
		p.streams.code = states
	}
	c.Source, c.Store, c.States, c.Hours = nil, nil, nil, nil
	return p
}

// external is code that is not ours, and what its panic counts as.
type external[T any] struct {
	kind ErrorKind
	code T
}

// enter returns the code for one call, and has the task know whose it is: should the call end the task's goroutine,
// that is all there is to tell by.
func (g external[T]) enter(t *task) T {
	t.calling = g.kind
	return g.code
}

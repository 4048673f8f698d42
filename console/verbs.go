package console

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// act does what was asked for, on the word of by.
type act func(ctx context.Context, by string) error

// verb is one thing that control can do: it understands what a body asks for, and on what, or says what is wrong with it.
type verb func(body []byte) (do act, object string, wrong *answer.Problem)

// on makes a verb of a function that takes the value of the one field of a body.
func on[T any](
	field string, read func(json.RawMessage) (T, string), do func(ctx context.Context, value T, by string) error,
) verb {
	return func(body []byte) (act, string, *answer.Problem) {
		given, wrong := fields(body, field)
		if wrong != nil {
			return nil, "", wrong
		}
		value, wrong := required(given, field, read)
		if wrong != nil {
			return nil, "", wrong
		}
		object := ""
		if json.Unmarshal(given[field], &object) != nil { // a text is shown without its quotes
			object = string(given[field])
		}
		return func(ctx context.Context, by string) error { return do(ctx, value, by) }, object, nil
	}
}

// plain makes a verb of a function that takes an empty object.
func plain(do act) verb {
	return func(body []byte) (act, string, *answer.Problem) {
		_, wrong := fields(body)
		return do, "", wrong
	}
}

// verbs returns what this host can do.
func (a *api) verbs() map[string]verb {
	all := make(map[string]verb)
	a.generatorVerbs(all)
	a.accountVerbs(all)
	a.treeVerbs(all)
	return all
}

func (a *api) generatorVerbs(all map[string]verb) {
	c := a.cfg.Control
	if c.Pause != nil {
		all["pause"] = plain(c.Pause)
	}
	if c.Resume != nil {
		all["resume"] = plain(c.Resume)
	}
	if c.SetSymbols != nil {
		all["set-symbols"] = on("symbols", texts, c.SetSymbols)
	}
	if c.SetMinConfidence != nil {
		all["set-threshold"] = on("min_confidence", fraction, c.SetMinConfidence)
	}
	if c.SetCycle != nil {
		all["set-cycle"] = on("cycle", duration, c.SetCycle)
	}
}

func (a *api) accountVerbs(all map[string]verb) {
	c := a.cfg.Control
	if c.Halt != nil {
		all["halt"] = on("reason", text, func(ctx context.Context, reason, by string) error {
			return c.Halt(ctx, fmt.Sprintf("%s (by %s)", reason, by))
		})
	}
	if c.Rearm != nil {
		all["rearm"] = on("halt", place, c.Rearm)
	}
	if c.SetReduceOnly != nil {
		all["reduce-only"] = on("on", yesOrNo, c.SetReduceOnly)
	}
	if c.Kill != nil {
		all["kill"] = plain(c.Kill)
	}
	if c.Convert != nil {
		all["convert"] = on("conversion", conversion, c.Convert)
	}
	if c.Lock != nil {
		all["lock"] = a.lock
	}
	for name, v := range map[string]struct {
		field string
		do    func(ctx context.Context, value, by string) error
	}{
		"flatten": {"symbol", c.Flatten}, "unlock": {"symbol", c.Unlock}, "approve": {"signal_id", c.Approve},
		"cancel": {"client_id", c.Cancel}, "give-up": {"client_id", c.GiveUp},
	} {
		if v.do != nil {
			all[name] = on(v.field, text, v.do)
		}
	}
}

func (a *api) treeVerbs(all map[string]verb) {
	tree := a.cfg.Tree
	if tree == nil {
		return
	}
	for name, do := range map[string]func(ctx context.Context, path string) error{
		"restart-service": tree.Restart, "stop-service": tree.StopChild, "start-service": tree.StartChild,
	} {
		all[name] = on("path", text, func(ctx context.Context, path, _ string) error { return do(ctx, path) })
	}
	all["pause-service"] = on("path", text, a.unlessGeneration(tree.Pause, a.cfg.Control.Pause))
	all["resume-service"] = on("path", text, a.unlessGeneration(tree.Resume, a.cfg.Control.Resume))
}

// generationName is what a vigil.Trader calls the service that generates signals.
const generationName = "signal_generation"

// unlessGeneration does to a service what was asked for, and to the generation of signals what the host does: it keeps who
// paused it, and a tree that went on by itself would leave that behind.
func (a *api) unlessGeneration(
	do func(ctx context.Context, path string) error, ofHost act,
) func(ctx context.Context, path, by string) error {
	return func(ctx context.Context, path, by string) error {
		asked, err := a.cfg.Tree.StatusOf(path)
		generation, none := a.cfg.Tree.StatusOf(generationName)
		if ofHost != nil && err == nil && none == nil && asked.Path == generation.Path {
			return ofHost(ctx, by)
		}
		return do(ctx, path)
	}
}

func listOr(verbs map[string]verb) string {
	if len(verbs) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(verbs)), ", ")
}

// problemOf says how an act has failed. Its words are for people who may act, so they are shown.
func problemOf(err error, isLate bool) *answer.Problem {
	if isLate {
		return &answer.Problem{
			Status: http.StatusGatewayTimeout,
			Detail: "it did not end in time, and may be done in part, or yet; /api/status shows what is: " + err.Error(),
			Reason: codeLate,
		}
	}
	return &answer.Problem{Status: http.StatusConflict, Detail: err.Error(), Reason: codeOfRefusal(err.Error())}
}

package strategy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// scripted says at each bar what its script has for it.
type scripted struct {
	script []opinion
	bar    int
}

type opinion struct {
	direction  signal.Direction
	confidence float64 // 0 is silence
}

func (s *scripted) Warmup() int { return 1 }

func (s *scripted) OnBar(signal.Bar) (signal.Signal, bool) {
	s.bar++
	if s.bar > len(s.script) || s.script[s.bar-1].confidence == 0 {
		return signal.Signal{}, false
	}
	o := s.script[s.bar-1]
	return signal.Signal{Direction: o.direction, Confidence: o.confidence}, true
}

func member(name string, weight float64, script ...opinion) strategy.Member {
	return strategy.Member{Weight: weight, Spec: signal.Spec{
		Name: name, New: func() signal.Strategy { return &scripted{script: script} },
	}}
}

func TestVotesAreCounted(t *testing.T) {
	t.Parallel()
	const long, short, flat = signal.Long, signal.Short, signal.Flat
	silent := opinion{}
	for name, c := range map[string]struct {
		members   []strategy.Member
		threshold float64
		want      []said
	}{
		"one of two is half": {
			[]strategy.Member{member("a", 1, opinion{long, 0.8}), member("b", 1)}, 0, []said{{1, long, 0.4}},
		},
		"one of three is not": {
			[]strategy.Member{member("a", 1, opinion{long, 0.8}), member("b", 1), member("c", 1)}, 0, nil,
		},
		"but it is a third": {
			[]strategy.Member{member("a", 1, opinion{short, 0.9}), member("b", 1), member("c", 1)}, 0.3, []said{{1, short, 0.3}},
		},
		"a heavy one decides alone": {
			[]strategy.Member{member("a", 3, opinion{long, 0.8}), member("b", 1, opinion{short, 1})}, 0, []said{{1, long, 0.6}},
		},
		"what was said stands": {
			[]strategy.Member{member("a", 1, opinion{long, 0.8}), member("b", 1, silent, silent, opinion{long, 0.4})}, 1,
			[]said{{3, long, 0.6}},
		},
		"a majority that grows is not said again": {
			[]strategy.Member{member("a", 1, opinion{long, 0.8}), member("b", 1, silent, opinion{long, 0.4})}, 0, []said{{1, long, 0.4}},
		},
		"one that disagrees ends it": {
			[]strategy.Member{member("a", 1, opinion{long, 0.8}), member("b", 1, silent, opinion{short, 0.1})}, 0,
			[]said{{1, long, 0.4}, {2, flat, 1}},
		},
		"flat is no vote for either": {
			[]strategy.Member{member("a", 1, opinion{long, 0.8}, opinion{flat, 1}), member("b", 1, opinion{long, 0.6})}, 1,
			[]said{{1, long, 0.7}, {2, flat, 1}},
		},
		"from one side to the other": {
			[]strategy.Member{member("a", 1, opinion{long, 0.5}, opinion{short, 0.5})}, 0, []said{{1, long, 0.5}, {2, short, 0.5}},
		},
		"nothing to end at the start": {
			[]strategy.Member{member("a", 1, opinion{flat, 1})}, 0, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, strategy.Vote{Members: c.members, Threshold: c.threshold}).New()
			require.Equal(t, c.want, run(s, bars(1, 1, 1, 1)))
			require.NotImplements(t, (*signal.Stateful)(nil), s, "its members cannot be stored")
		})
	}
}

func TestVoteTellsItsParts(t *testing.T) {
	t.Parallel()
	s := spec(t, strategy.Vote{Members: []strategy.Member{
		member("a", 2, opinion{}, opinion{signal.Long, 0.8}, opinion{}, opinion{signal.Flat, 1}), member("b", 0),
	}}).New()
	var got [][]signal.Part
	for _, b := range bars(1, 1, 1, 1) {
		if said, ok := s.OnBar(b); ok {
			got = append(got, said.Parts)
		}
	}
	silent := signal.Part{Strategy: "b", Weight: 1}
	require.Equal(t, [][]signal.Part{
		{{Strategy: "a", Weight: 2, Spoke: true, Direction: signal.Long, Confidence: 0.8}, silent},
		{{Strategy: "a", Weight: 2, Spoke: true, Direction: signal.Flat, Confidence: 1}, silent},
	}, got, "the first signal's parts are as they were when it was made")
}

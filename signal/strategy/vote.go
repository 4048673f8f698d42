package strategy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Vote makes one strategy of several. Each member's last word stands until it says something else; one that has not
// spoken yet abstains. When somebody speaks, the weights are counted: those for long, less those for short, as a part
// of all. At Threshold or above the vote is long, at the same below zero it is short, otherwise flat; it is said when it
// changes.
//
// The confidence of a long or short is the average of the members' by their weights, where those who disagree or
// abstain count as 0. A flat has 1: that there is no majority is a fact.
//
// Who said what stands in the signal's Parts, in the order of Members.
//
// A member's last word may be older than the history that a restart reads; it then counts as if it had abstained. A
// Generator with States goes on exactly where it was, if all members are signal.Stateful.
type Vote struct {
	Members   []Member
	Threshold float64 // above 0, up to 1; 0 means 0.5, half of the weight
}

// Member is a strategy that votes.
type Member struct {
	Spec   signal.Spec
	Weight float64 // above 0; 0 means 1
}

// Spec returns the strategy under the name vote, with all that its members are in its parameters.
func (v Vote) Spec() (signal.Spec, error) {
	v.Threshold = cmp.Or(v.Threshold, 0.5)
	if !(v.Threshold > 0 && v.Threshold <= 1) {
		return signal.Spec{}, fmt.Errorf("strategy: vote: Threshold %v is not above 0 and up to 1", v.Threshold)
	}
	if len(v.Members) == 0 {
		return signal.Spec{}, fmt.Errorf("strategy: vote: Members is empty")
	}
	members := make([]Member, len(v.Members)) // of its own: the caller's may change
	params := []string{"threshold=" + number(v.Threshold)}
	for i, m := range v.Members {
		m.Weight = cmp.Or(m.Weight, 1)
		if err := m.check(members[:i]); err != nil {
			return signal.Spec{}, fmt.Errorf("strategy: vote: Members[%d]: %w", i, err)
		}
		members[i] = m
		params = append(params, fmt.Sprintf("%s(%s)*%s", m.Spec.Name, m.Spec.Params, number(m.Weight)))
	}
	return signal.Spec{
		Name: "vote", Params: strings.Join(params, ","),
		New: func() signal.Strategy { return newVote(members, v.Threshold) },
	}, nil
}

func (m Member) check(before []Member) error {
	switch {
	case m.Spec.Name == "":
		return fmt.Errorf("Spec has no Name")
	case m.Spec.New == nil:
		return fmt.Errorf("%s: Spec has no New", m.Spec.Name)
	case !(m.Weight > 0) || math.IsInf(m.Weight, 1):
		return fmt.Errorf("%s: Weight %v is not a number above 0", m.Spec.Name, m.Weight)
	}
	for _, other := range before {
		if other.Spec.Name == m.Spec.Name && other.Spec.Params == m.Spec.Params {
			return fmt.Errorf("%s(%s) is there twice; give it more weight", m.Spec.Name, m.Spec.Params)
		}
	}
	return nil
}

// newVote returns one that is a signal.Stateful if all of its members are.
func newVote(members []Member, threshold float64) signal.Strategy {
	v := &vote{threshold: threshold}
	all := true
	for _, m := range members {
		s := m.Spec.New()
		_, ok := s.(signal.Stateful)
		all = all && ok
		v.members = append(v.members, s)
		v.warmup = max(v.warmup, s.Warmup())
		v.parts = append(v.parts, signal.Part{Strategy: m.Spec.Name, Params: m.Spec.Params, Weight: m.Weight})
	}
	if all {
		return &storedVote{v}
	}
	return v
}

type vote struct {
	threshold float64
	warmup    int
	members   []signal.Strategy
	parts     []signal.Part    // what each member said last, in their order
	last      signal.Direction // flat as long as nothing was said; what would have been said while it was warming up
	bars      int              // seen, up to Warmup
}

// storedVote is a vote whose members can all be stored.
type storedVote struct{ *vote }

var _ signal.Stateful = (*storedVote)(nil)

// Warmup is that of the member that needs most.
func (v *vote) Warmup() int { return v.warmup }

func (v *vote) OnBar(b signal.Bar) (signal.Signal, bool) {
	spoken := false
	v.bars = min(v.bars+1, v.warmup)
	for i, m := range v.members {
		if s, ok := m.OnBar(b); ok {
			p := &v.parts[i]
			p.Spoke, p.Direction, p.Confidence = true, s.Direction, s.Confidence
			spoken = true
		}
	}
	if !spoken {
		return signal.Signal{}, false
	}
	d, confidence := v.count()
	if d == v.last {
		return signal.Signal{}, false
	}
	v.last = d
	if v.bars < v.warmup {
		return signal.Signal{}, false
	}
	last, ok := newSignal(d, confidence)
	last.Parts = slices.Clone(v.parts)
	return last, ok
}

// count returns what the weights are for.
func (v *vote) count() (d signal.Direction, confidence float64) {
	var all, net float64
	for _, p := range v.parts {
		all += p.Weight
		net += float64(p.Weight * float64(p.Direction))
	}
	switch {
	case net >= v.threshold*all:
		d = signal.Long
	case net <= -v.threshold*all:
		d = signal.Short
	default:
		return signal.Flat, 1
	}
	for _, p := range v.parts {
		if p.Direction == d {
			confidence += float64(p.Weight / all * p.Confidence)
		}
	}
	return d, confidence
}

func (v *storedVote) MarshalBinary() ([]byte, error)    { return save(v) }
func (v *storedVote) UnmarshalBinary(data []byte) error { return load(data, v) }

func (v *storedVote) fields(s *state) {
	direction := func(d *signal.Direction) {
		n := int(*d)
		s.number(&n, -1, 1)
		*d = signal.Direction(n)
	}
	for i, m := range v.members {
		s.part(m.(signal.Stateful)) // newVote has seen to it
		p := &v.parts[i]
		s.flag(&p.Spoke)
		direction(&p.Direction)
		s.float(&p.Confidence)
	}
	direction(&v.last)
	s.number(&v.bars, 0, v.warmup)
}

package metrics

import "github.com/seed-5dee1c0a/vigil/signal/generator"

// generation tells of the generator.
func (c *collector) generation(s *scrape) {
	status, ok := c.generator.answer(s)
	if !ok {
		return
	}
	s.tell(paused, truth(status.Paused))
	s.tell(cycles, float64(status.Cycles))
	s.tell(overruns, float64(status.Overruns))
	s.tell(failures, float64(status.Errors))
	s.tell(leftBehind, float64(status.LeftBehind))
	s.tell(conflicts, float64(status.Conflicts))
	s.tell(bars, float64(status.Bars))
	s.tell(signals, float64(status.Signals))
	s.notEmitted(status.NotEmitted)
	s.faults(status.Faults, status.Refused)
	told := make(labels)
	for i := range status.Symbols {
		one := &status.Symbols[i]
		s.group(told, one.Symbol, func(label string) { s.symbol(label, one) })
	}
}

func (s *scrape) notEmitted(n generator.NotEmitted) {
	for reason, times := range map[string]int{
		"invalid": n.Invalid, "threshold": n.Threshold, "session": n.Session, "warmup": n.Warmup, "no_data": n.NoData,
	} {
		s.tell(notEmitted, float64(times), reason)
	}
}

// faults tells in what ways bars were wrong, in the words of /api/generator.
func (s *scrape) faults(f generator.DataFaults, refused int) {
	for fault, times := range map[string]int{
		"gaps": f.Gaps, "missing": f.Missing, "duplicates": f.Duplicates, "revised": f.Revised, "late": f.Late,
		"overlaps": f.Overlaps, "incomplete": f.Incomplete, "out_of_range": f.OutOfRange, "flat": f.Flat, "refused": refused,
	} {
		s.tell(barFaults, float64(times), fault)
	}
}

func (s *scrape) symbol(label string, one *generator.SymbolStatus) {
	if !one.LastBar.IsZero() {
		s.tell(dataAge, one.DataAge.Seconds(), label)
	}
	s.at(lastBar, one.LastBar, label)
	s.at(lastSuccess, one.LastSuccess, label)
	s.at(busySince, one.BusySince, label)
	s.tell(stale, truth(one.Stale), label)
	s.tell(loading, truth(one.Loading), label)
	s.tell(symbolFails, float64(one.ErrorRun), label)
	s.tell(waiting, float64(one.Pending), label)
	s.tell(symbolBars, float64(one.Bars), label)
	s.tell(symbolSaid, float64(one.Signals), label)
}

// Package feed brings bars to a generator.Generator: from a market that is made up and from a replay.
//
//   - Synthetic is a seeded market for any list of symbols. Its prices are a function of seed, symbol and time, so a
//     restart does not change the past and no history has to be kept.
//
//   - Tape and ReplayClock turn bars that somebody pushes into a Source and a time of their own: a day of bars is
//     replayed as fast as it can be computed, and gives the same result every time.
//
//   - Failover makes one Source of several that have the same bars: when one fails, hangs or gives nonsense, the next one
//     answers.
//
//   - Faulty puts gaps, silences, duplicates and bad bars over a source at given times, for tests and trials.
//
// Only a Failover starts goroutines, one for each call of a source, which end when the source returns. All are safe for
// concurrent use.
package feed

import "time"

// Clock is the time that a market lives in; it is only read. Both clocks of github.com/benbjohnson/clock fit, and so
// does a ReplayClock.
type Clock interface {
	Now() time.Time
}

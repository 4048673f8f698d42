package sqldb

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// stream is what thousands of signals have in common. The database knows it by a number.
type stream = signal.Stream

// streamRow is a stream as it is stored, in the columns that streamColumns names.
type streamRow struct {
	strategy, params, symbol string
	interval                 int64
}

const streamColumns = "strategy, params, symbol, interval"

func (r *streamRow) fields() []any { return []any{&r.strategy, &r.params, &r.symbol, &r.interval} }

func (r *streamRow) stream() stream {
	return stream{Strategy: fromText(r.strategy), Params: fromText(r.params), Symbol: fromText(r.symbol),
		Interval: time.Duration(r.interval)}
}

// streams remembers the numbers of streams that are durable: none ever changes or goes.
type streams struct {
	mu      sync.RWMutex // guards both
	numbers map[stream]int64
	byID    map[int64]stream
}

func newStreams() *streams {
	return &streams{numbers: make(map[stream]int64), byID: make(map[int64]stream)}
}

func (s *streams) number(of stream) (id int64, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, known = s.numbers[of]
	return id, known
}

func (s *streams) named(id int64) (of stream, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	of, known = s.byID[id]
	return of, known
}

func (s *streams) remember(numbers map[stream]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.numbers, numbers)
	for of, id := range numbers {
		s.byID[id] = of
	}
}

// assign gives each row the number of its stream, and a new stream a number. What it returns is to be remembered once
// the transaction is durable: a number of one that was rolled back goes to another stream.
func (s *streams) assign(tx transaction, rows []newSignal) (added map[stream]int64, err error) {
	for i := range rows {
		of := rows[i].given.Stream()
		id, known := s.number(of)
		if !known {
			id, known = added[of]
		}
		if !known {
			if id, err = addStream(tx, of); err != nil {
				return nil, fmt.Errorf("stream of %s for %s: %w", of.Strategy, of.Symbol, err)
			}
			if added == nil {
				added = make(map[stream]int64)
			}
			added[of] = id
		}
		rows[i].stream = id
	}
	return added, nil
}

// addStream stores a stream that is not known here, and returns its number. It may be there all the same.
func addStream(tx transaction, of stream) (id int64, err error) {
	if _, err := tx.exec(tx.addStream, keyValues(of)...); err != nil {
		return 0, err
	}
	err = tx.row(tx.streamID, keyValues(of)...).Scan(&id)
	return id, err
}

// unknownStream is the number of a stream that is not remembered: another process has added it, or another call that has
// not come to remember it yet.
type unknownStream int64

func (u unknownStream) Error() string { return fmt.Sprintf("its stream %d is not there", int64(u)) }

package metrics

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5dee1c0a/vigil/health"
)

// maxLabel is how long the name of a service or a symbol may be, in bytes.
const maxLabel = 200

// scrape is one answer in the making.
type scrape struct {
	metrics []prometheus.Metric
	report  health.Report
	parts   map[string]*health.PartReport // by path, as far as they are not told of
	paths   labels                        // of the services and parts that are
	room    int                           // for series that services and symbols add
	leftOut int
	patience
}

// tell tells one number.
func (s *scrape) tell(f *family, value float64, labels ...string) {
	metric, err := prometheus.NewConstMetric(f.desc, f.kind, value, labels...)
	if err != nil { // a label that is no text
		s.leftOut++
		return
	}
	s.metrics = append(s.metrics, metric)
}

// oneOf tells a state: 1 for the one that holds, 0 for the others.
func (s *scrape) oneOf(f *family, all []string, holds string, labels ...string) {
	for _, one := range all {
		s.tell(f, truth(one == holds), append(labels[:len(labels):len(labels)], one)...)
	}
}

// labels are the names that were told of in one kind of groups.
type labels map[string]bool

// group tells all of one service or symbol, or nothing where there is no room for it. A name that is like another one
// once it is shortened is left out: two series of the same labels would spoil the whole answer.
func (s *scrape) group(told labels, name string, tell func(label string)) {
	label := text(name)
	before := len(s.metrics)
	tell(label)
	n := len(s.metrics) - before
	if told[label] || n > s.room {
		s.metrics, s.leftOut = s.metrics[:before], s.leftOut+n
		return
	}
	told[label] = true
	s.room -= n
}

// text is a name as a label may be.
func text(name string) string {
	if len(name) <= maxLabel && utf8.ValidString(name) {
		return name
	}
	return strings.ToValidUTF8(name[:min(len(name), maxLabel)], "?")
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds is a time as Prometheus writes it.
func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

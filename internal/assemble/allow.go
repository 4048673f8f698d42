package assemble

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Allow returns what engine.Config.Allow asks for: an order may open something only while there is room on the disk to
// journal its end, and while the signals for its symbol are alive and fresh. Those are what registry says of the
// generator at path and of its part for the symbol. A nil room means that there always is.
func Allow(registry *health.Registry, path string, room func() error) func(symbol string) error {
	return func(symbol string) error {
		if room != nil {
			if err := room(); err != nil {
				return err
			}
		}
		report := registry.Report()
		for _, part := range []string{path, path + "/" + symbol} {
			if p, ok := report.Part(part); ok && p.Verdict == health.Unhealthy {
				return fmt.Errorf("%s is unhealthy: %s", part, p.Reason)
			}
		}
		return nil
	}
}

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Fingerprint is a short name for a configuration, for Config.Fingerprint: the same settings give the same one on
// any machine, and another value of any of them gives another one.
func Fingerprint(settings map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(h, "%q=%q\n", name, settings[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

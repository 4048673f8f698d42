package notify

import (
	"maps"
	"slices"
)

// Meanings are the conditions that a message explains.
func Meanings() []string { return slices.Sorted(maps.Keys(meanings)) }

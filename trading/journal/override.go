package journal

import "time"

// Override is what a person wants of a running program in the place of what its configuration says. A store keeps the last
// one of each key, so that it outlives the process.
type Override struct {
	Key   string    `json:"key"`   // such as symbols
	Value string    `json:"value"` // "" takes back the one with the Key
	Was   string    `json:"was"`   // what the configuration said then: where it says something else by now, that counts
	By    string    `json:"by"`    // who
	At    time.Time `json:"at"`
}

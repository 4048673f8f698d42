package health

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// orderedLocked returns all records by path. It is made anew only where a part came or went: of 100,000 parts the order
// takes longer than all the rest of a report.
func (r *Registry) orderedLocked() []*record {
	if r.order == nil {
		r.order = ordered(r.root.below(nil)[1:]) // without the root
	}
	return r.order
}

// reorderLocked says that a part came or went.
func (r *Registry) reorderLocked() {
	r.order = nil
	r.changed()
}

// ordered sorts the records. It compares eight bytes of each path, beginning where they differ, before it looks at the
// paths, which lie all over the memory.
func ordered(records []*record) []*record {
	type entry struct {
		key uint64
		rec *record
	}
	common := commonPrefix(records)
	entries := make([]entry, len(records))
	for i, rec := range records {
		var key [8]byte
		copy(key[:], rec.path[common:])
		entries[i] = entry{binary.BigEndian.Uint64(key[:]), rec}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return strings.Compare(a.rec.path, b.rec.path)
	})
	for i, e := range entries {
		records[i] = e.rec
	}
	return records
}

// commonPrefix returns how many bytes all paths begin with.
func commonPrefix(records []*record) int {
	if len(records) == 0 {
		return 0
	}
	common := records[0].path
	for _, rec := range records {
		n := 0
		for n < len(common) && n < len(rec.path) && common[n] == rec.path[n] {
			n++
		}
		common = common[:n]
	}
	return len(common)
}

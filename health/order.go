package health

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// orderedLocked returns all records by path. Those that came since the last time are merged into the others: of 100,000
// parts the order takes longer than all the rest of a report.
func (r *Registry) orderedLocked() []*record {
	switch {
	case r.order == nil:
		r.order = ordered(r.root.below(nil)[1:]) // without the root
	case len(r.added) > 0 || r.removed:
		r.order = merged(r.order, ordered(r.added))
	}
	r.added, r.removed = nil, false
	return r.order
}

// addedLocked says that there is a new record.
func (r *Registry) addedLocked(rec *record) {
	if r.order != nil {
		r.added = append(r.added, rec)
	}
	r.changed()
}

// removedLocked says that a record and all below it are not in the tree any more.
func (r *Registry) removedLocked(rec *record) {
	for _, below := range rec.below(nil) {
		below.gone = true
		below.setSilent()
	}
	r.removed = true
	r.changed()
}

// merged returns a new list of those of two that are still there. Both are in order.
func merged(old, added []*record) []*record {
	all := make([]*record, 0, len(old)+len(added))
	add := func(records []*record) {
		for _, rec := range records {
			if !rec.gone {
				all = append(all, rec)
			}
		}
	}
	for i := range added {
		at, _ := slices.BinarySearchFunc(old, added[i].path, func(rec *record, path string) int {
			return strings.Compare(rec.path, path)
		})
		add(old[:at])
		add(added[i : i+1])
		old = old[at:]
	}
	add(old)
	return all
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

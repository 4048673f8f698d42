// Package past keeps small what is over: the orders and fills of two days that a late answer may still be about.
//
// An order as a struct, with its decimals, its strings and its place in a map, takes 800 bytes; as a record of a Log it
// takes a tenth of that. Nothing here waits or reads a clock.
package past

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
)

// segmentSize is how large a piece of memory grows. The first of them goes when all of its records are forgotten.
const segmentSize = 1 << 16

// firstSize is how large the first of them is at first.
const firstSize = 1 << 11

// smallCount is how many records have a table that may be larger than is needed.
const smallCount = 1 << 10

// Log is a queue of records that are found by their keys and leave in the order in which they came. The zero value is
// empty and works. It is not safe for concurrent use.
type Log struct {
	segments [][]byte
	base     uint32   // number of the first segment
	head     int      // where the first record begins in it
	count    int      // records that are there
	table    []uint32 // the place of a record plus one, near the hash of its key; 0 is none
	tags     []byte   // eight bits of that hash, beside the place: few records are read that are not the one sought
}

// A place is the number of a segment, of which no more than 65,536 are there at a time, and an offset in it.
func (l *Log) at(place uint32) []byte { return l.segments[(place>>16-l.base)&0xffff][place&0xffff:] }

// record takes a record apart. A key of an ID is never empty, and neither is a record.
func record(data []byte) (dead bool, key, body []byte, size int, err error) {
	key, rest := part(data[1:])
	body, rest = part(rest)
	if body == nil {
		return false, nil, nil, 0, errors.New("past: a record is cut short")
	}
	return data[0] != 0, key, body, len(data) - len(rest), nil
}

// part takes a key or a body off the bytes that begin with its length. It is nil where they are too few.
func part(data []byte) (one, rest []byte) {
	n, width := binary.Uvarint(data)
	if width <= 0 || n > uint64(len(data)-width) {
		return nil, nil
	}
	end := width + int(n)
	return data[width:end:end], data[end:]
}

// keyAt returns the key of a record that is whole.
func (l *Log) keyAt(place uint32) []byte {
	key, _ := part(l.at(place)[1:])
	return key
}

// Len is how many records are there.
func (l *Log) Len() int { return l.count }

// Get returns the body of a key, which is not to be changed.
func (l *Log) Get(key []byte) (body []byte, ok bool) {
	i, _, ok := l.find(key)
	if !ok {
		return nil, false
	}
	_, _, body, _, _ = record(l.at(l.table[i] - 1))
	return body, true
}

// Put adds a record behind all others. One that has the key leaves.
func (l *Log) Put(key, body []byte) {
	i, tag, ok := l.find(key)
	if ok {
		l.remove(i)
		i, tag, _ = l.find(key)
	}
	l.add(i, tag, key, body)
}

// Add adds a record behind all others unless one has its key, and reports whether it did.
func (l *Log) Add(key, body []byte) bool {
	i, tag, ok := l.find(key)
	if !ok {
		l.add(i, tag, key, body)
	}
	return !ok
}

// add adds a record whose place in the table is free.
func (l *Log) add(i int, tag byte, key, body []byte) {
	place := l.push(key, body)
	l.count++
	if 5*l.count < 4*len(l.table) {
		l.table[i], l.tags[i] = place+1, tag
	} else {
		l.index()
	}
}

// push writes a record behind the last one.
func (l *Log) push(key, body []byte) (place uint32) {
	size := 1 + 2*binary.MaxVarintLen32 + len(key) + len(body)
	last := len(l.segments) - 1
	if last < 0 || len(l.segments[last])+size > segmentSize && len(l.segments[last]) > 0 {
		next := []byte(nil) // grows; the others have their size at once
		if last >= 0 {
			next = make([]byte, 0, max(segmentSize, size))
		}
		l.segments = append(l.segments, next)
		last++
	}
	s := l.segments[last]
	place = (l.base+uint32(last))&0xffff<<16 | uint32(len(s))
	if len(s)+size > cap(s) { // append would grow it in many small steps
		s = slices.Grow(s, max(size, len(s), firstSize))
	}
	s = append(s, 0)
	s = binary.AppendUvarint(s, uint64(len(key)))
	s = append(s, key...)
	s = binary.AppendUvarint(s, uint64(len(body)))
	l.segments[last] = append(s, body...)
	return place
}

// Clone returns a copy that shares no memory with the Log.
func (l *Log) Clone() *Log {
	c := *l
	c.segments = make([][]byte, len(l.segments))
	for i, s := range l.segments {
		c.segments[i] = slices.Clone(s)
	}
	c.table, c.tags = slices.Clone(l.table), slices.Clone(l.tags)
	return &c
}

// Delete takes a record out.
func (l *Log) Delete(key []byte) {
	if i, _, ok := l.find(key); ok {
		l.remove(i)
	}
}

// remove takes the record out that the table has at i.
func (l *Log) remove(i int) {
	l.at(l.table[i] - 1)[0] = 1
	l.count--
	l.leave(i)
}

// Oldest returns the record that has been there for longest.
func (l *Log) Oldest() (key, body []byte, ok bool) {
	for key, body := range l.All() {
		return key, body, true
	}
	return nil, nil, false
}

// DropOldest takes that out, and lets go of the memory of those that have left.
func (l *Log) DropOldest() {
	key, _, ok := l.Oldest()
	if !ok {
		return
	}
	l.Delete(slices.Clone(key))
	for len(l.segments) > 0 {
		if l.head == len(l.segments[0]) {
			if len(l.segments) == 1 {
				return
			}
			l.segments, l.base, l.head = slices.Delete(l.segments, 0, 1), l.base+1, 0
			continue
		}
		dead, _, _, size, _ := record(l.segments[0][l.head:])
		if !dead {
			return
		}
		l.head += size
	}
}

// All yields the records in the order in which they came.
func (l *Log) All() iter.Seq2[[]byte, []byte] { return l.from(0, l.head) }

// After yields those behind the record of a key; false says that there is none.
func (l *Log) After(key []byte) (iter.Seq2[[]byte, []byte], bool) {
	i, _, ok := l.find(key)
	if !ok {
		return nil, false
	}
	place := l.table[i] - 1
	_, _, _, size, _ := record(l.at(place))
	return l.from(int((place>>16-l.base)&0xffff), int(place&0xffff)+size), true
}

func (l *Log) from(segment, offset int) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, body []byte) bool) {
		for ; segment < len(l.segments); segment, offset = segment+1, 0 {
			for data := l.segments[segment]; offset < len(data); {
				dead, key, body, size, _ := record(data[offset:])
				if offset += size; !dead && !yield(key, body) {
					return
				}
			}
		}
	}
}

// find returns where in the table a key is, or would be, and its tag.
func (l *Log) find(key []byte) (i int, tag byte, ok bool) {
	if len(l.table) == 0 {
		return 0, 0, false
	}
	for i, tag = l.ideal(key); l.table[i] != 0; i = l.next(i) {
		if l.tags[i] == tag && string(l.keyAt(l.table[i]-1)) == string(key) {
			return i, tag, true
		}
	}
	return i, tag, false
}

// seed is the process's own: a table is never saved, and the order of the records does not depend on it.
var seed = maphash.MakeSeed()

// ideal is where a key would be in a table of its own, by the upper bits of its hash, and its tag, of the lowest ones.
func (l *Log) ideal(key []byte) (i int, tag byte) {
	hash := maphash.Bytes(seed, key)
	high, _ := bits.Mul64(hash, uint64(len(l.table)))
	return int(high), byte(hash)
}

func (l *Log) next(i int) int {
	if i++; i == len(l.table) {
		return 0
	}
	return i
}

// index makes a new table of all records.
func (l *Log) index() {
	size := 2 * l.count
	if l.count < smallCount { // a small table grows in few steps: each of them reads all records
		size = max(256, 8*l.count)
	}
	l.table, l.tags = make([]uint32, size), make([]byte, size)
	for n, data := range l.segments {
		offset := 0
		if n == 0 {
			offset = l.head
		}
		for offset < len(data) {
			dead, key, _, size, _ := record(data[offset:])
			if !dead {
				i, tag := l.free(key)
				l.table[i], l.tags[i] = (l.base+uint32(n))&0xffff<<16|uint32(offset)+1, tag
			}
			offset += size
		}
	}
}

// free returns where a key that is not in the table would be, and its tag.
func (l *Log) free(key []byte) (i int, tag byte) {
	i, tag = l.ideal(key)
	for l.table[i] != 0 {
		i = l.next(i)
	}
	return i, tag
}

// leave takes a place out of the table, and moves those behind it that were kept from theirs by it.
func (l *Log) leave(hole int) {
	l.table[hole] = 0
	for i := l.next(hole); l.table[i] != 0; i = l.next(i) {
		ideal, _ := l.ideal(l.keyAt(l.table[i] - 1))
		if between := (i - ideal + len(l.table)) % len(l.table); between < (i-hole+len(l.table))%len(l.table) {
			continue
		}
		l.table[hole], l.tags[hole], l.table[i] = l.table[i], l.tags[i], 0
		hole = i
	}
}

// Saved is a Log as a snapshot keeps it.
type Saved struct {
	Head     int      `json:"head,omitempty"`
	Segments [][]byte `json:"segments,omitempty"`
}

// Save returns what Load makes the same Log of. It shares memory with the Log.
func (l *Log) Save() Saved { return Saved{l.head, l.segments} }

// Load returns the Log that was saved, or says why it cannot be one. check is asked of each record.
func Load(s Saved, check func(key, body []byte) error) (*Log, error) {
	l := &Log{segments: s.Segments, head: s.Head}
	if s.Head < 0 || len(s.Segments) > 0 && s.Head > len(s.Segments[0]) || len(s.Segments) == 0 && s.Head != 0 ||
		len(s.Segments) > 1<<16 {
		return nil, errors.New("past: the records begin nowhere")
	}
	for n, data := range s.Segments {
		offset := 0
		if n == 0 {
			offset = s.Head
		}
		for offset < len(data) {
			dead, key, body, size, err := record(data[offset:])
			if err == nil && offset >= segmentSize {
				err = errors.New("past: a segment is too large")
			}
			if err == nil && !dead {
				err = check(key, body)
				l.count++
			}
			if err != nil {
				return nil, err
			}
			offset += size
		}
	}
	l.index()
	return l, l.once()
}

// once says where a key is there twice: one of the two is not what is found by it.
func (l *Log) once() error {
	for _, place := range l.table {
		if place == 0 {
			continue
		}
		if i, _, _ := l.find(l.keyAt(place - 1)); l.table[i] != place {
			return errors.New("past: a key is there twice")
		}
	}
	return nil
}

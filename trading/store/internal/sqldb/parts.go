package sqldb

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
)

// A snapshot is stored in parts, each under the hash of what it holds, so that the next one writes only those that are
// new: most of a book is orders that are over. Where a part ends is decided by the bytes before it, not by their
// place, so what comes before or is dropped in front moves no other end.
const (
	minPart  = 8 << 10
	meanPart = 32 << 10 // and a small one at the end
	maxPart  = 128 << 10
)

// gears gives each byte a random number. Others would only find other ends.
var gears = func() (all [256]uint64) {
	random := rand.New(rand.NewPCG(0x5647494c, 0))
	for i := range all {
		all[i] = random.Uint64()
	}
	return all
}()

// split cuts data into parts.
func split(data []byte) (parts [][]byte) {
	for len(data) > 0 {
		end := partEnd(data)
		parts = append(parts, data[:end])
		data = data[end:]
	}
	return parts
}

// partEnd returns how long the first part is. The sum forgets a byte after 64 others.
func partEnd(data []byte) int {
	if len(data) <= minPart {
		return len(data)
	}
	var sum uint64
	for i := minPart; i < min(len(data), maxPart); i++ {
		sum = sum<<1 + gears[data[i]]
		if sum>>(64-15) == 0 { // one in 32 Ki
			return i + 1
		}
	}
	return min(len(data), maxPart)
}

// hashOf names a part.
func hashOf(part []byte) string {
	sum := sha256.Sum256(part)
	return hex.EncodeToString(sum[:16])
}

package sqlite

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
)

// walIndex is what SQLite knows of its log: https://www.sqlite.org/walformat.html#the_wal_index_file_format. Two are
// equal if nobody has written to the database, nor moved its log into the file, between them.
type walIndex struct {
	change    uint32 // counts transactions
	pageSize  uint32
	frames    uint32  // of the log that count
	lastSum   [8]byte // the checksum of the last of them, as the log has it
	salt      [8]byte // made anew each time the log begins anew
	moved     uint32  // how many frames are in the database file
	moveBegun uint32  // how many will be once the move that has begun is done
	sum       [8]byte // of all above but the last two
}

// Where in the index file these stand, in bytes; there are two copies of the header, and what follows them is there once.
const (
	indexHeaderSize = 48
	indexMovedAt    = 96
	indexBegunAt    = 128
	indexSize       = 136
)

// What stands before the pages in the log, in bytes.
const (
	logHeaderSize   = 32
	logSaltAt       = 16
	frameHeaderSize = 24
	frameSumAt      = 16
)

// readIndex reads the index into room, unless it is just being written.
func readIndex(f io.ReaderAt, room []byte) (index walIndex, settled bool) {
	data := room[:indexSize]
	if _, err := f.ReadAt(data, 0); err != nil {
		return index, false
	}
	header := data[:indexHeaderSize]
	if !bytes.Equal(header, data[indexHeaderSize:2*indexHeaderSize]) || header[12] == 0 { // not set up yet
		return index, false
	}
	number := binary.NativeEndian.Uint32
	index = walIndex{
		change: number(header[8:]), pageSize: uint32(binary.NativeEndian.Uint16(header[14:])), frames: number(header[16:]),
		moved: number(data[indexMovedAt:]), moveBegun: number(data[indexBegunAt:]),
	}
	if index.pageSize == 1 {
		index.pageSize = 1 << 16
	}
	binary.BigEndian.PutUint32(index.lastSum[:], number(header[24:]))
	binary.BigEndian.PutUint32(index.lastSum[4:], number(header[28:]))
	copy(index.salt[:], header[32:])
	copy(index.sum[:], header[40:])
	return index, true
}

// copied reports whether no move of the log into the database file is under way, or was broken off.
func (i walIndex) copied() bool { return i.moveBegun == i.moved }

// endsAsIn reports whether a log has the beginning and the end that the index says. It reads them into room.
func (i walIndex) endsAsIn(log io.ReaderAt, room []byte) bool {
	header, frame := room[:logHeaderSize], room[logHeaderSize:logHeaderSize+frameHeaderSize]
	last := logHeaderSize + int64(i.frames-1)*(frameHeaderSize+int64(i.pageSize))
	if _, err := log.ReadAt(header, 0); err != nil {
		return false
	}
	if _, err := log.ReadAt(frame, last); err != nil {
		return false
	}
	return bytes.Equal(header[logSaltAt:][:8], i.salt[:]) && bytes.Equal(frame[frameSumAt:], i.lastSum[:])
}

// isOurs reports whether an open file begins as a database of this package does.
func isOurs(f *os.File) bool {
	var header [headerSize]byte
	_, err := f.ReadAt(header[:], 0)
	return err == nil && checkHeader(header) == nil
}

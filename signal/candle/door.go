package candle

import (
	"io"
	"os"
	"sync"
	"syscall"
)

// opener is through which a Reader opens what may keep it waiting: a pipe that nobody writes to. Shutting it ends the
// wait.
type opener struct {
	mu      sync.Mutex // guards all below
	isShut  bool
	opening string    // the name that open waits for
	file    io.Closer // that is open
	release io.Closer // ends the wait of open, which closes it
}

// open is os.Open, which waits for somebody to write to a pipe, until the door is shut.
func (d *opener) open(name string) (io.ReadCloser, error) {
	d.mu.Lock()
	if d.isShut {
		d.mu.Unlock()
		return nil, os.ErrClosed
	}
	d.opening = name
	d.mu.Unlock()

	file, err := os.Open(name)

	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening = ""
	if d.release != nil {
		_ = d.release.Close() // nothing was written to it
		d.release = nil
	}
	switch {
	case err != nil:
		return nil, err
	case d.isShut:
		_ = file.Close() // it was only to be read from
		return nil, os.ErrClosed
	}
	d.file = file
	return file, nil
}

// shut ends every wait, now and later.
func (d *opener) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.isShut = true
	if d.file != nil {
		_ = d.file.Close() // it was only read from
	}
	if d.opening == "" || d.release != nil {
		return
	}
	// The wait is over when there is a writer. What is opened to read and to write waits for nobody.
	if writer, err := os.OpenFile(d.opening, os.O_RDWR|syscall.O_NONBLOCK, 0); err == nil {
		d.release = writer
	}
}

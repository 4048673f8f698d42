package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipe returns the two ends of a connection in memory. A write to it does not wait for its reader, as one to a socket does
// not; over a net.Pipe two sides that ping each other at the same moment would wait for each other.
func pipe(at addr) (near, far net.Conn) {
	there, back := newFlow(), newFlow()
	return &pipeEnd{at: at, in: back, out: there}, &pipeEnd{at: at, in: there, out: back}
}

// pipeEnd is one end of a pipe.
type pipeEnd struct {
	at      addr
	in, out *flow
}

func (p *pipeEnd) Read(b []byte) (int, error)  { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error) { return p.out.write(b) }

// Close ends both directions: what was written before can still be read at the other end.
func (p *pipeEnd) Close() error {
	p.out.change(func() { p.out.ended = true })
	p.in.change(func() { p.in.left = true })
	return nil
}

func (p *pipeEnd) LocalAddr() net.Addr  { return p.at }
func (p *pipeEnd) RemoteAddr() net.Addr { return p.at }

func (p *pipeEnd) SetDeadline(t time.Time) error     { return p.SetReadDeadline(t) }
func (p *pipeEnd) SetWriteDeadline(time.Time) error  { return nil } // a write does not wait
func (p *pipeEnd) SetReadDeadline(t time.Time) error { p.in.expireAt(t); return nil }

// flow is one direction of a pipe.
type flow struct {
	mu      sync.Mutex // guards what is below
	data    []byte     // written and not read
	ended   bool       // by the writer
	left    bool       // by the reader
	expired bool       // the reader's deadline has passed
	expiry  *time.Timer
	changed chan struct{} // closed with the next change
}

func newFlow() *flow { return &flow{changed: make(chan struct{})} }

func (f *flow) change(what func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *flow) write(b []byte) (n int, err error) {
	f.change(func() {
		if f.ended || f.left {
			err = io.ErrClosedPipe
			return
		}
		f.data = append(f.data, b...)
		n = len(b)
	})
	return n, err
}

func (f *flow) read(b []byte) (int, error) {
	for {
		n, changed, err := f.take(b)
		if changed == nil {
			return n, err
		}
		<-changed
	}
}

// take reads what is there. With nothing to tell it returns what to wait for.
func (f *flow) take(b []byte) (n int, changed <-chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.left:
		return 0, nil, io.ErrClosedPipe
	case f.expired:
		return 0, nil, os.ErrDeadlineExceeded
	case len(f.data) > 0 || len(b) == 0:
		n = copy(b, f.data)
		f.data = f.data[n:]
		return n, nil, nil
	case f.ended:
		return 0, nil, io.EOF
	}
	return 0, f.changed, nil
}

// expireAt sets the reader's deadline; the zero time is none.
func (f *flow) expireAt(t time.Time) {
	f.change(func() {
		if f.expiry != nil {
			f.expiry.Stop()
		}
		f.expired, f.expiry = false, nil
		if t.IsZero() {
			return
		}
		left := time.Until(t) //vigil:wallclock deadlines of a net.Conn are by the machine's clock
		if f.expired = left <= 0; f.expired {
			return
		}
		var own *time.Timer
		own = time.AfterFunc(left, func() { //vigil:wallclock the same
			f.change(func() { f.expired = f.expired || f.expiry == own })
		})
		f.expiry = own
	})
}

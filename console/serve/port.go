package serve

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
)

// defaultAddr is where Listen listens that was given no address: on this machine, for this machine.
const defaultAddr = "127.0.0.1:8000"

// unixPrefix stands before the path of a socket.
const unixPrefix = "unix:"

// Port is an address that is bound before anything is served there, and bound again for each Serve after the first. Use
// Listen.
type Port struct {
	addr string
	bind func(addr string) (net.Listener, error)

	mu      sync.Mutex   // guards all below
	bound   net.Listener // bound and not yet served; else nil
	serving bool
}

// Listen binds addr, so that a port that is taken is found before anything else is started. A client that connects
// waits until a Server serves the Port. An empty addr is 127.0.0.1:8000. One without a host, such as ":9000", is on
// this machine only: say "0.0.0.0:9000" to be reached from others. With port 0 the system chooses; see Addr.
//
// "unix:trader.sock" is a Unix socket, which the file system guards: its file can be opened by its user alone, from its
// first moment on. It replaces what a process that died has left there, and is removed when it is not served any more.
func Listen(addr string) (*Port, error) {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return listenUnix(path)
	}
	host, port, err := net.SplitHostPort(cmp.Or(addr, defaultAddr))
	if err != nil {
		return nil, fmt.Errorf("serve: listen on %q: %w", addr, plain(err))
	}
	bound, err := bind(net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port))
	if err != nil {
		return nil, err
	}
	return &Port{addr: bound.Addr().String(), bind: bind, bound: bound}, nil
}

func bind(addr string) (net.Listener, error) {
	bound, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serve: listen on %s: %w", addr, plain(err))
	}
	return bound, nil
}

// plain takes the address out of an error of package net: the error that wraps it has named the address.
func plain(err error) error {
	var address *net.AddrError
	if errors.As(err, &address) {
		return errors.New(address.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// Local reports whether only this machine can reach the address.
func (p *Port) Local() bool {
	if filepath.IsAbs(p.addr) {
		return true
	}
	host, _, err := net.SplitHostPort(p.addr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// Addr is the address with its real port, or the absolute path of a socket.
func (p *Port) Addr() string { return p.addr }

// Close gives the address back where no Serve has taken it. It leaves a Port alone that is being served: end the
// context of that Serve.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bound == nil {
		return nil
	}
	bound := p.bound
	p.bound = nil
	return bound.Close()
}

// take hands out the listener that Listen bound, or binds the address again.
func (p *Port) take() (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.serving {
		return nil, fmt.Errorf("serve: %s is being served already", p.addr)
	}
	listener := p.bound
	if listener == nil {
		again, err := p.bind(p.addr)
		if err != nil {
			return nil, err
		}
		listener = again
	}
	p.bound, p.serving = nil, true
	return listener, nil
}

func (p *Port) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = false
}

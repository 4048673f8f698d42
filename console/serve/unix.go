package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// listenUnix binds a Unix socket. What a process that died has left there is replaced; a socket that somebody serves, or a
// file that is none, is refused.
func listenUnix(path string) (*Port, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("serve: listen on %s: %w", path, err)
	}
	bound, err := bindUnix(path)
	if err != nil {
		return nil, err
	}
	return &Port{addr: path, bind: bindUnix, bound: bound}, nil
}

// maxSocket is how long the path of a socket may be, on the systems with the least room for it.
const maxSocket = 103

func bindUnix(path string) (net.Listener, error) {
	if len(path) > maxSocket {
		return nil, fmt.Errorf("serve: listen on %s: the path of a socket has at most %d bytes, and this has %d",
			path, maxSocket, len(path))
	}
	if err := checkPath(path); err != nil {
		return nil, fmt.Errorf("serve: listen on %s: %w", path, err)
	}
	bound, err := bindBeside(path)
	if err != nil {
		return nil, fmt.Errorf("serve: listen on %s: %w", path, plain(err))
	}
	return bound, nil
}

// checkPath refuses what is no socket, and a socket that somebody serves.
func checkPath(path string) error {
	there, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case there.Mode().Type() != fs.ModeSocket:
		return errors.New("there is a file already, and it is no socket")
	}
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", path) // it is answered or refused at once
	if err != nil {
		return nil //nolint:nilerr // that nobody answers is what is asked for
	}
	_ = conn.Close()
	return errors.New("it is in use")
}

// bindBeside binds in a folder of its own, which only its user can enter, and moves the socket to its place once its
// rights are right: there, nobody else could have opened it in between.
func bindBeside(path string) (_ net.Listener, err error) {
	folder, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	first := filepath.Join(folder, "s")
	bound, err := net.ListenUnix("unix", &net.UnixAddr{Name: first, Net: "unix"})
	if err != nil {
		return nil, err
	}
	bound.SetUnlinkOnClose(false)
	l := &unixListener{Listener: bound, path: path}
	if err = os.Chmod(first, 0o600); err == nil {
		l.file, err = os.Lstat(first)
	}
	if err == nil {
		err = os.Rename(first, path)
	}
	if err != nil {
		return nil, errors.Join(err, bound.Close())
	}
	return l, nil
}

// unixListener removes its file when it is closed, unless another one stands there by then.
type unixListener struct {
	net.Listener

	path string
	file os.FileInfo
	once sync.Once
}

// Close implements net.Listener.
func (l *unixListener) Close() error {
	l.once.Do(func() {
		if there, err := os.Lstat(l.path); err == nil && os.SameFile(there, l.file) {
			_ = os.Remove(l.path)
		}
	})
	return l.Listener.Close()
}

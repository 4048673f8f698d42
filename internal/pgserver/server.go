//go:build unix

// Package pgserver starts a PostgreSQL server of a test's own, from the programs that are installed on the machine. It
// is for tests: a server keeps nothing that the next test needs, and skips the test where there is none to start.
//
// A server listens on a socket in its own folder and on no port. It ends with its test, and also where the process that
// tests is killed. A Server is for one goroutine.
package pgserver

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Server is a running server. Use Start.
type Server struct {
	bin, folder string
	as          *syscall.Credential // nil for whoever runs the tests
	alive       io.Closer           // of a model: were it collected, its pipe would be closed
}

// Start starts a server that ends with the test, or skips the test and says why.
func Start(t testing.TB) *Server {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Skipf("SKIPPED, nothing is shown about PostgreSQL: %v", err)
	}
	as, err := whoRunsIt()
	if err != nil {
		t.Skipf("SKIPPED, nothing is shown about PostgreSQL: %v", err)
	}
	s, err := newServer(bin, as)
	if err != nil {
		t.Fatal(err)
	}
	alive, watcher, err := s.watch(`"$0"/pg_ctl -D "$1"/data -m fast -w stop; `)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(alive.Close(), watcher.Wait()); err != nil {
			t.Errorf("end the server in %s: %v", s.folder, err)
		}
	})
	first, err := model()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.try("/bin/cp", "-R", first.data(), s.data()); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	return s
}

// newServer makes the folder of a server.
func newServer(bin string, as *syscall.Credential) (*Server, error) {
	folder, err := os.MkdirTemp("", "pg") // the path of a socket has 107 bytes at the most
	if err != nil {
		return nil, err
	}
	if as != nil {
		if err := os.Chown(folder, int(as.Uid), int(as.Gid)); err != nil {
			return nil, err
		}
	}
	return &Server{bin: bin, folder: folder, as: as}, nil
}

// model is a server that never runs: all others of a process begin with a copy of its data, which takes a tenth of the
// time of making it. It goes when the process does.
var model = sync.OnceValues(func() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	as, err := whoRunsIt()
	if err != nil {
		return nil, err
	}
	s, err := newServer(bin, as)
	if err != nil {
		return nil, err
	}
	if s.alive, _, err = s.watch(""); err != nil {
		return nil, err
	}
	return s, s.try(filepath.Join(bin, "initdb"), "-D", s.data(), "-U", "vigil", "-A", "trust", "-E", "UTF8", "--no-locale",
		"--no-sync", "--wal-segsize=1")
})

// programs is the folder with the server's programs: where Debian keeps them out of the way, or on the PATH.
func programs() (folder string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("there is no program called initdb")
	}
	return filepath.Dir(path), nil
}

// whoRunsIt is somebody else where root runs the tests: the server refuses root.
func whoRunsIt() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("root cannot run it, and there is no other user")
}

// watch calls a script, and removes the server's folder, once alive is closed. A process of its own does it, when this one
// closes the pipe or dies: a test that ran into its time limit cleans nothing up.
func (s *Server) watch(script string) (alive io.Closer, watcher *exec.Cmd, err error) {
	watcher = s.command("/bin/sh", "-c", `read _; `+script+`rm -rf "$1"`, s.bin, s.folder)
	alive, err = watcher.StdinPipe()
	if err == nil {
		err = watcher.Start()
	}
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	return alive, watcher, nil
}

// Start starts it again after a Stop.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.run(t, "pg_ctl", "-D", s.data(), "-w", "-l", filepath.Join(s.folder, "log"),
		"-o", "-c listen_addresses= -c unix_socket_directories="+s.folder+" -c max_connections=300", "start")
}

// Stop ends it: mode "fast" properly, "immediate" as a crash does.
func (s *Server) Stop(t testing.TB, mode string) {
	t.Helper()
	s.run(t, "pg_ctl", "-D", s.data(), "-w", "-m", mode, "stop")
}

// Freeze stops all of its processes where they are, as a machine that hangs does: its connections stay open and get no
// answer. Thaw lets them go on; a server must not be frozen when its test ends.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGSTOP)
}

// Thaw ends a Freeze.
func (s *Server) Thaw(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGCONT)
}

// signal sends a signal to the first process of the server and then to those that it has started.
func (s *Server) signal(t testing.TB, what syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	children, _ := exec.Command("ps", "-o", "pid=", "--ppid", first).Output() // It fails if there are none.
	for _, pid := range append([]string{first}, strings.Fields(string(children))...) {
		number, err := strconv.Atoi(pid)
		if err == nil {
			err = syscall.Kill(number, what)
		}
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
}

// Folder is where its socket is.
func (s *Server) Folder() string { return s.folder }

// URL names a schema of its database. The schema "public" is there.
func (s *Server) URL(schema string) string {
	query := url.Values{"host": {s.folder}, "user": {"vigil"}, "search_path": {schema}}
	return "postgres:///postgres?" + query.Encode()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func (s *Server) run(t testing.TB, program string, args ...string) {
	t.Helper()
	if err := s.try(filepath.Join(s.bin, program), args...); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) try(program string, args ...string) error {
	output, err := os.CreateTemp("", "pg") // a pipe would stay open in the server
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(output.Close(), os.Remove(output.Name())) }() // nothing more is read from it
	cmd := s.command(program, args...)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		text, _ := io.ReadAll(io.NewSectionReader(output, 0, 1<<16))
		return fmt.Errorf("%s: %w: %s", program, err, text)
	}
	return nil
}

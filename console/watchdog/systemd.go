package watchdog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// SystemdConfig configures a Systemd.
type SystemdConfig struct {
	Registry *health.Registry // Required
	Socket   string           // of the service manager, as SystemdFromEnv gives it; "" means that there is none
	Watchdog time.Duration    // within which it wants to hear; it is told twice as often. 0 means that it does not
	Stuck    time.Duration    // how long a part may be crashed or stalled; 0 means 5 min
	Clock    health.Clock     // nil means the machine's clock
	Logger   *slog.Logger     // nil means slog.Default()
}

// SystemdFromEnv reads what systemd says to a service in its environment: lookup is os.LookupEnv in a program, and pid
// what os.Getpid returns. A watchdog that is another process's is 0.
func SystemdFromEnv(lookup func(string) (string, bool), pid int) (socket string, watchdog time.Duration, err error) {
	socket, _ = lookup("NOTIFY_SOCKET")
	usec, ok := lookup("WATCHDOG_USEC")
	if !ok {
		return socket, 0, nil
	}
	if of, ok := lookup("WATCHDOG_PID"); ok && of != strconv.Itoa(pid) {
		return socket, 0, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > int64(24*time.Hour/time.Microsecond) {
		return socket, 0, fmt.Errorf("watchdog: WATCHDOG_USEC is %q, which is no number of microseconds within a day", usec)
	}
	return socket, time.Duration(n) * time.Microsecond, nil
}

// Systemd tells systemd that the service is ready, how it stands, that it is alive, and that its end takes a while. Use
// NewSystemd. Its unit says Type=notify, and WatchdogSec for the watchdog.
//
//   - READY=1 once health.Report.Down is empty for the first time: all has started, however it does. Until then
//     EXTEND_TIMEOUT_USEC as long as nothing is stuck: a venue that is down for an hour is no reason to start anew.
//   - STATUS= with the verdict and its reasons, for `systemctl status`.
//   - WATCHDOG=1 as long as nothing is stuck. Without it systemd ends the process, and starts a new one.
//   - STOPPING=1 once the tree stops, with EXTEND_TIMEOUT_USEC as long as that takes.
type Systemd struct {
	common

	cfg   SystemdConfig
	ready bool
	said  string // the last STATUS
	dead  bool   // it was said in the log
}

// NewSystemd returns a Systemd.
func NewSystemd(cfg SystemdConfig) (*Systemd, error) {
	s := &Systemd{cfg: cfg}
	if err := s.prepare(cfg.Registry, cfg.Stuck, cfg.Clock, cfg.Logger); err != nil {
		return nil, err
	}
	if cfg.Watchdog < 0 {
		return nil, fmt.Errorf("watchdog: SystemdConfig.Watchdog %s is negative", cfg.Watchdog)
	}
	return s, nil
}

// String returns a name for the tree.
func (s *Systemd) String() string { return "systemd" }

const (
	statusEvery = 5 * time.Second
	extendBy    = 30 * time.Second
)

// Serve talks to systemd until ctx ends. Without a Socket it only waits.
func (s *Systemd) Serve(ctx context.Context) error {
	health.Expect(ctx, limits("see whether NOTIFY_SOCKET is there, and this process may write to it"))
	every := statusEvery
	if s.cfg.Watchdog > 0 {
		every = min(every, s.cfg.Watchdog/2)
	}
	for {
		if s.cfg.Socket != "" {
			health.Observe(ctx, s.tell(s.words()))
		}
		health.Idle(ctx, s.clk.Now().Add(every))
		select {
		case <-ctx.Done():
			if s.cfg.Socket != "" {
				_ = s.tell(append(ending(), "STATUS=stopping")) // there is nobody left to hear of an error
			}
			return ctx.Err()
		case <-s.clk.After(every):
		}
	}
}

// words are what is to be said now.
func (s *Systemd) words() (words []string) {
	stuck := s.look()
	switch {
	case len(stuck) > 0 && !s.dead:
		s.log.Error("A new process is needed, systemd's watchdog is not told any more", "stuck", stuck)
	case len(stuck) == 0 && s.cfg.Watchdog > 0:
		words = append(words, "WATCHDOG=1")
	}
	s.dead = len(stuck) > 0
	switch {
	case s.ends():
		words = append(words, ending()...)
	case !s.ready && len(s.report.Down()) == 0:
		s.ready = true
		words = append(words, "READY=1")
	case !s.ready && len(stuck) == 0:
		words = append(words, extend())
	}
	if status := s.status(); status != s.said {
		s.said = status
		words = append(words, "STATUS="+status)
	}
	return words
}

func ending() []string { return []string{"STOPPING=1", extend()} }

func extend() string { return "EXTEND_TIMEOUT_USEC=" + strconv.FormatInt(extendBy.Microseconds(), 10) }

// tell sends words in one datagram.
func (s *Systemd) tell(words []string) error {
	if len(words) == 0 {
		return nil
	}
	address := s.cfg.Socket
	if strings.HasPrefix(address, "@") { // a name without a file
		address = "\x00" + address[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(strings.Join(words, "\n")))
		err = errors.Join(err, conn.Close())
	}
	if err != nil {
		s.ready, s.said = s.ready && !slices.Contains(words, "READY=1"), "" // again next time
		err = fmt.Errorf("watchdog: systemd: %w", err)
	}
	s.outcome(err, "systemd")
	return err
}

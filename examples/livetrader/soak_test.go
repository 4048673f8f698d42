package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// soak is how long the launcher is watched: cd examples && go test ./livetrader -run Soak -soak 1h -timeout 2h -v.
var soak = flag.Duration("soak", 8*time.Second, "how long to watch the launcher under chaos")

// figuresAt names a socket on which a launcher that a test started tells what it uses.
const figuresAt = "VIGIL_TEST_LIVETRADER_FIGURES"

// usage is what a process uses.
type usage struct {
	Goroutines int
	Heap       uint64 // bytes that are reachable
	Files      int    // open descriptors
	Orders     int    // placed by then
}

func (u usage) String() string {
	return fmt.Sprintf("%d orders: %d goroutines, %d descriptors, heap %.1f MB", u.Orders, u.Goroutines, u.Files,
		float64(u.Heap)/1e6)
}

// tellFigures answers each connection with what this process uses.
func tellFigures(at string) {
	listener, err := net.Listen("unix", at) //nolint:noctx // it ends with the process
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			runtime.GC()
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			_ = json.NewEncoder(connection).Encode(usage{Goroutines: runtime.NumGoroutine(), Heap: memory.HeapAlloc})
			_ = connection.Close()
		}
	}()
}

// figures asks a launcher what it uses.
func (p *process) figures(socket string) (u usage) {
	p.t.Helper()
	connection, err := net.Dial("unix", socket) //nolint:noctx // the process behind it is killed with the test
	require.NoError(p.t, err)
	defer func() { _ = connection.Close() }()
	require.NoError(p.t, json.NewDecoder(connection).Decode(&u))
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	require.NoError(p.t, err)
	u.Files = len(files)
	u.Orders = strings.Count(p.log.String(), `msg="Order submitted"`)
	return u
}

// TestSoakLeavesNothingBehind watches a launcher whose signal generation is broken all the time, with ten symbols, ten
// followers of its signals and somebody who asks for its health: what it uses stays what it was.
func TestSoakLeavesNothingBehind(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("this system does not list descriptors")
	}
	t.Parallel()
	const followers = 10
	symbols := make([]string, 10)
	for i := range symbols {
		symbols[i] = fmt.Sprintf("S%d/USDT", i)
	}
	socket := filepath.Join(t.TempDir(), "figures")
	p := launchFor(t, *soak+time.Minute, []string{figuresAt + "=" + socket}, "--paper", "--chaos=signals",
		"--cash", "1000000000", "--max-daily-loss", "unlimited", // it is to trade to the end
		"--interval", "150ms", "--listen", "127.0.0.1:0", "--health-interval", max(*soak/40, time.Second).String(),
		"--symbols", strings.Join(symbols, ","))
	api := p.address()
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	for range followers {
		following.Go(func() { follow(ctx, api) })
	}
	defer following.Wait()
	defer cancel()

	var seen []usage
	for deadline := time.Now().Add(*soak); time.Now().Before(deadline); {
		p.await(`msg=Heartbeat`)
		var report map[string]any
		get(t, api+"/health", &report)
		seen = append(seen, p.figures(socket))
		t.Log(seen[len(seen)-1])
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	settled, last := seen[len(seen)/4:len(seen)/2], seen[3*len(seen)/4:]
	// The least of each: a sample may fall anywhere in a cycle, and what is left behind is there in all of them.
	least := func(of []usage, figure func(usage) int) int {
		return figure(slices.MinFunc(of, func(a, b usage) int { return figure(a) - figure(b) }))
	}
	for name, figure := range map[string]func(usage) int{
		"goroutines": func(u usage) int { return u.Goroutines }, "descriptors": func(u usage) int { return u.Files },
	} {
		require.LessOrEqual(t, least(last, figure), least(settled, figure)+5, "%s grow: %v", name, seen)
	}
	if *soak >= 10*time.Minute { // before that the start's own memory is most of it
		require.Greater(t, float64(last[len(last)-1].Orders), 10_000*soak.Hours(), "orders: it is to trade all the time")
		// A snapshot that is being written holds some megabytes for a moment.
		leanest := func(of []usage) usage {
			return slices.MinFunc(of, func(a, b usage) int { return cmp.Compare(a.Heap, b.Heap) })
		}
		from, to := leanest(settled), leanest(last)
		perOrder := (float64(to.Heap) - float64(from.Heap)) / float64(to.Orders-from.Orders)
		t.Logf("%.0f bytes are kept for an order", perOrder)
		require.Less(t, perOrder, 200.0, "bytes kept for an order")
	}
}

// follow reads the stream of signals until ctx ends, and connects again where it breaks.
func follow(ctx context.Context, api string) {
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, api+"/api/signals/stream", http.NoBody)
		if err != nil {
			return
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, bufio.NewReader(response.Body))
		_ = response.Body.Close()
	}
}

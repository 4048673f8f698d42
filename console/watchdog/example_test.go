package watchdog_test

import (
	"fmt"
	"log"
	"os"

	"github.com/seed-5dee1c0a/vigil/console/watchdog"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// Under systemd, in a unit with Type=notify and WatchdogSec=30, a program that hangs is ended and started again. What
// starts first stops last, so that systemd hears of the end of all others.
func ExampleNewSystemd() {
	registry := health.NewRegistry(health.Config{})
	socket, interval, err := watchdog.SystemdFromEnv(os.LookupEnv, os.Getpid())
	if err != nil {
		log.Fatal(err)
	}
	systemd, err := watchdog.NewSystemd(watchdog.SystemdConfig{Registry: registry, Socket: socket, Watchdog: interval})
	if err != nil {
		log.Fatal(err)
	}
	tree, err := supervisor.New(supervisor.Config{Name: "host", Registry: registry})
	if err != nil {
		log.Fatal(err)
	}
	if err := tree.Add("systemd", systemd, supervisor.Policy{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(systemd) // The other services come behind it.
	// Output: systemd
}

// The URL of the check is a secret: it comes from the environment or a file, and never stands in a log.
func ExampleNewPing() {
	registry := health.NewRegistry(health.Config{})
	_, err := watchdog.NewPing(watchdog.PingConfig{Registry: registry, URL: os.Getenv("PING_URL_OF_NOBODY")})
	fmt.Println(err)
	// Output: watchdog: PingConfig.URL is no http or https URL (it is a secret, and not shown)
}

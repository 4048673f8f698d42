package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
	"github.com/seed-5dee1c0a/vigil/console/watchdog"
)

// tellers are the services that have somebody outside know how the run is: systemd, where it started the run, a dead man's
// switch and people, where the environment says how they are reached. They stand first in the tree, and end last.
func (a *app) tellers() (all []vigil.Child, err error) {
	if a.cfg.notifySocket != "" {
		systemd, err := watchdog.NewSystemd(watchdog.SystemdConfig{
			Registry: a.registry, Socket: a.cfg.notifySocket, Watchdog: a.cfg.watchdogEvery, Clock: a.clock, Logger: a.log,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, vigil.Child{Name: "systemd", Service: systemd})
	}
	if a.cfg.ping != "" {
		ping, err := watchdog.NewPing(watchdog.PingConfig{
			Registry: a.registry, URL: a.cfg.ping, Clock: a.clock, Logger: a.log,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, vigil.Child{Name: "ping", Service: ping})
	}
	messengers, err := a.messengers()
	return append(all, messengers...), err
}

// messengers bring messages to people, each with a queue of its own: one that is not reached holds up no other.
func (a *app) messengers() (all []vigil.Child, err error) {
	receivers, err := a.cfg.receivers(a.clock)
	if err != nil {
		return nil, err
	}
	for _, r := range receivers {
		service, err := notify.New(notify.Config{
			To: r.to, Registry: a.registry, Journal: a.db.Journal(), Account: a.accountNow, Kinds: a.cfg.notify,
			Clock: a.clock, Logger: a.log, Name: a.cfg.titled(), Page: a.cfg.page, Complete: a.completes,
			Stopping: a.stopping.Load,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, vigil.Child{Name: r.name, Service: service})
	}
	return all, nil
}

// receiver is who gets messages.
type receiver struct {
	name string // in the tree: no secret, and no other receiver has it
	to   notify.Notifier
}

// receivers are those that the environment names.
func (c *config) receivers(clk clock.Clock) (all []receiver, err error) {
	if c.webhook != "" {
		to, err := notify.NewWebhook(notify.WebhookConfig{URL: c.webhook, Secret: c.webhookSecret, Clock: clk})
		if err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", webhookVariable, err)}
		}
		all = append(all, receiver{"notify", to})
	}
	count := make(map[string]int)
	for _, url := range c.notifyURLs {
		to, err := shoutrrr.New(shoutrrr.Config{URL: url, Clock: clk})
		if err != nil {
			return nil, err
		}
		service, _, _ := strings.Cut(to.String(), "://")
		name := "notify_" + service
		if count[service]++; count[service] > 1 {
			name += "_" + strconv.Itoa(count[service])
		}
		all = append(all, receiver{name, to})
	}
	return all, nil
}

// titled is how messages begin: what they are about is money, or is not.
func (c *config) titled() string { return strings.ToUpper(c.mode()) + " " + treeName }

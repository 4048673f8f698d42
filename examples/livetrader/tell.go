package main

import (
	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console/notify"
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
	if a.cfg.webhook == "" {
		return all, nil
	}
	webhook, err := notify.NewWebhook(notify.WebhookConfig{URL: a.cfg.webhook, Secret: a.cfg.webhookSecret, Clock: a.clock})
	if err != nil {
		return nil, err
	}
	messages, err := notify.New(notify.Config{
		To: webhook, Registry: a.registry, Journal: a.db.Journal(), Clock: a.clock, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	return append(all, vigil.Child{Name: "notify", Service: messages}), nil
}

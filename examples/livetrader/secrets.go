package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// The secrets, each in a variable or in a file that the variable with _FILE behind its name has the path of: a flag would
// show them to everybody who lists processes.
const (
	tokenVariable         = variablePrefix + "TOKEN"          // that callers of the API show
	metricsVariable       = variablePrefix + "METRICS_TOKEN"  // that a scraper of /metrics shows
	notifyVariable        = variablePrefix + "NOTIFY_URL"     // of chats and mailboxes, with blanks between them
	webhookVariable       = variablePrefix + "WEBHOOK_URL"    // where messages go
	webhookSecretVariable = variablePrefix + "WEBHOOK_SECRET" // that signs them
	dbVariable            = variablePrefix + "DB"             // which may have a password in it
	pingVariable          = variablePrefix + "PING_URL"       // of a dead man's switch
	venueKeyVariable      = variablePrefix + "VENUE_KEY"      // of the account at the venue
	venueSecretVariable   = variablePrefix + "VENUE_SECRET"   // that goes with it

	fileSuffix = "_FILE"
)

// secretVariables are the names of them all.
var secretVariables = []string{
	dbVariable, tokenVariable, metricsVariable, notifyVariable, webhookVariable, webhookSecretVariable, pingVariable,
	venueKeyVariable, venueSecretVariable,
}

// isSecret reports whether a variable is one of them.
func isSecret(name string) bool {
	return slices.Contains(secretVariables, strings.TrimSuffix(name, fileSuffix))
}

// readVenueKey reads the key of the account at the venue and its secret.
func (c *config) readVenueKey(lookup func(string) (string, bool)) (err error) {
	if c.venueKey, err = readSecret(lookup, venueKeyVariable); err != nil {
		return err
	}
	c.venueSecret, err = readSecret(lookup, venueSecretVariable)
	return err
}

// readReceivers reads where messages go, and refuses what no message would ever reach.
func (c *config) readReceivers(lookup func(string) (string, bool)) error {
	urls := ""
	for name, value := range map[string]*string{
		notifyVariable: &urls, webhookVariable: &c.webhook, webhookSecretVariable: &c.webhookSecret,
	} {
		var err error
		if *value, err = readSecret(lookup, name); err != nil {
			return err
		}
	}
	if c.webhookSecret != "" && c.webhook == "" {
		return usagef("%s is set without %s: it signs what is sent there", webhookSecretVariable, webhookVariable)
	}
	c.notifyURLs = strings.Fields(urls)
	for i, url := range c.notifyURLs {
		if _, err := shoutrrr.New(shoutrrr.Config{URL: url}); err != nil {
			return usagef("%s, number %d of %d: %w", notifyVariable, i+1, len(c.notifyURLs), err)
		}
	}
	return nil
}

// readSecrets reads all of them.
func (c *config) readSecrets(lookup func(string) (string, bool)) error {
	for name, value := range map[string]*string{
		tokenVariable: &c.token, metricsVariable: &c.metricsToken, pingVariable: &c.ping,
	} {
		var err error
		if *value, err = readSecret(lookup, name); err != nil {
			return err
		}
	}
	if c.token != "" && c.replay == "" { // It lets people act as well, so that it must not be guessed.
		_, err := console.New(console.Config{Signals: signal.NewMemory(1), Control: console.Control{Token: c.token}})
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", tokenVariable, err)}
		}
	}
	if c.metricsToken != "" {
		_, err := console.New(console.Config{
			Signals: signal.NewMemory(1), Metrics: http.NotFoundHandler(), MetricsToken: c.metricsToken,
			Control: console.Control{Token: c.token},
		})
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", metricsVariable, err)}
		}
	}
	if err := c.readVenueKey(lookup); err != nil {
		return err
	}
	return c.readReceivers(lookup)
}

// readSecret reads one; "" where nothing is set.
func readSecret(lookup func(string) (string, bool), name string) (string, error) {
	file, _ := lookup(name + fileSuffix)
	given, _ := lookup(name)
	if file == "" {
		return given, nil
	}
	if given != "" {
		return "", usagef("%s and %s%s are both set: one of them has to go, as only one can count", name, name, fileSuffix)
	}
	text, err := readRegular(file, maxConfigFile)
	if err == nil {
		err = mine(file)
	}
	if err != nil {
		return "", usageError{fmt.Errorf("%s%s: %w", name, fileSuffix, readable(err))}
	}
	value := strings.TrimSpace(string(text))
	if value == "" {
		return "", usagef("%s%s names a file that is empty", name, fileSuffix)
	}
	return value, nil
}

// readable adds the way out to what the system says of a file that may not be read.
func readable(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: it has to belong to the user that this runs as", err)
	}
	return err
}

// mine refuses a file that others than its owner can read or change, as ssh refuses such a key. It says so of a file of this
// user's alone: whose mode another has chosen, such as root for a secret that is mounted into a container, is not for this
// user to change.
func mine(file string) error {
	at, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := at.Mode().Perm(); mode&0o077 != 0 && isOwn(at) {
		return fmt.Errorf("%s is open to others (mode %04o): chmod 600 %s", file, mode, file)
	}
	return nil
}

// Package nodejudge runs clients from npm against what a test serves: programs that vigil's authors did not write. Their
// versions are those of a package-lock.json beside the scripts, and they are installed into a folder of the user's cache.
package nodejudge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// longest is how long a script may take.
const longest = 2 * time.Minute

// Judges are the scripts of a folder with a package.json and a package-lock.json. Use New. They are safe for concurrent use.
type Judges struct {
	scripts string
	install func() (folder string, err error) // once
}

// New takes the folder of the scripts and a name for its place in the cache, and does nothing yet.
func New(scripts, name string) *Judges {
	return &Judges{scripts: scripts, install: sync.OnceValues(func() (string, error) { return installed(scripts, name) })}
}

// Run runs a script with arguments and with variables beside those of this process, and returns what it printed. It fails the
// test where the script fails, and skips it where there is no npm or the packages cannot be had.
func (j *Judges) Run(t testing.TB, script string, env []string, args ...string) []byte {
	t.Helper()
	folder, err := j.install()
	if err != nil {
		t.Skipf("the clients from npm do not judge: %v", err)
	}
	inside := filepath.Join(folder, script) // where node finds the packages
	if err := copied(filepath.Join(j.scripts, script), inside); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest) //vigil:wallclock a process of the machine is waited for
	defer cancel()
	node := exec.CommandContext(ctx, "node", append([]string{inside}, args...)...)
	node.Env = append(os.Environ(), env...)
	said, err := node.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s\n%s", script, err, said, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// installed is the folder with the packages, or why there is none.
func installed(scripts, name string) (string, error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%s is not installed here: %w", tool, err)
		}
	}
	lock, err := os.ReadFile(filepath.Join(scripts, "package-lock.json"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "vigil", name)
	done := filepath.Join(folder, "installed")
	if have, err := os.ReadFile(done); err == nil && string(have) == string(lock) {
		return folder, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for _, file := range []string{"package.json", "package-lock.json"} {
		if err := copied(filepath.Join(scripts, file), filepath.Join(folder, file)); err != nil {
			return "", err
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = folder
	if said, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w: %s", err, said)
	}
	return folder, os.WriteFile(done, lock, 0o600)
}

func copied(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

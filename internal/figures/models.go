package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/figures/measure"
)

// model is code of other people that is worth looking at beside ours. It is read and never built, so that nothing of it
// is in a go.mod.
type model struct {
	name    string
	std     string // folder below GOROOT/src, or
	module  string // path@version
	sum     string // of the module, as in a go.sum
	flat    bool   // without what is below
	without []string
}

// models are pinned, because figures that change by themselves say nothing. Left out of each is what is generated, what
// tests it and what is only an adapter. Only bbgo is of our field: it is here for its words.
var models = []model{
	{name: "river", module: "github.com/riverqueue/river@v0.51.2", sum: "h1:lCFmF8zlKftfjDEW6zCtcRamXmCgOFk6XjeJ82gAEh8=",
		without: []string{"riverdriver", "rivermigrate", "rivertest", "riverdbtest", "internal/riverinternaltest", "cmd"}},
	{name: "hc/raft", module: "github.com/hashicorp/raft@v1.8.0", sum: "h1:YbfecBcuTar/LNFEDfVTpqu9Aw+MczTk7MYczvy+62k=",
		without: []string{"fuzzy", "bench"}},
	{name: "etcd/raft", module: "go.etcd.io/raft/v3@v3.7.0", sum: "h1:BGzlwx07bLv8PW6OU5HObuz1y4hlPZUXA07pM1mPUh4=",
		without: []string{"rafttest"}},
	{name: "slog", std: "log/slog"},
	{name: "net/http", std: "net/http", flat: true, without: []string{"h2_bundle.go"}},
	{name: "suture", module: "github.com/thejerf/suture/v4@v4.0.6",
		sum: "h1:QsuCEsCqb03xF9tPAsWAj8QOAJBgQI1c0VqJNaingg8="},
	{name: "bbgo", module: "github.com/c9s/bbgo@v1.63.0", sum: "h1:4p8tYQxjoeYDG2Bdu1vnnOtA+mmjEtHG8EpDYCUIPgQ=",
		without: []string{"examples", "contracts"}},
}

// read fetches a model, if the machine does not have it yet, and reads it.
func (m model) read() (*measure.Tree, error) {
	dir, err := m.dir()
	if err != nil {
		return nil, err
	}
	skip := func(p string) bool { return slices.Contains(m.without, p) || slices.Contains(m.without, path.Base(p)) }
	return measure.Read(os.DirFS(dir), measure.Scope{Flat: m.flat, Skip: skip})
}

func (m model) dir() (string, error) {
	if m.std != "" {
		src, err := goroot()
		return filepath.Join(src, m.std), err
	}
	answer, failed := goCommand("mod", "download", "-json", m.module)
	var module struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(answer, &module); err != nil {
		return "", errors.Join(failed, err)
	}
	switch {
	case module.Error != "":
		return "", errors.New(module.Error)
	case module.Sum != m.sum:
		return "", fmt.Errorf("its sum is %s and not %s", module.Sum, m.sum)
	}
	return module.Dir, failed
}

// goroot is the folder of the standard library of the Go command in use.
func goroot() (string, error) {
	answer, err := goCommand("env", "GOROOT")
	return filepath.Join(strings.TrimSpace(string(answer)), "src"), err
}

// goCommand runs the Go command outside of any module, so that none is changed.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	answer, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(failure.Bytes()))
	}
	return answer, err
}

// standardWords are the words of the whole standard library, which every reader of Go knows.
func standardWords() (map[string]bool, error) {
	src, err := goroot()
	if err != nil {
		return nil, err
	}
	std, err := measure.Read(os.DirFS(src), measure.Scope{Skip: func(p string) bool { return p == "cmd" }})
	if err != nil {
		return nil, err
	}
	return std.Words(), nil
}

package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClocks(t *testing.T) {
	t.Parallel()
	const (
		clock = " takes the machine's time: use the Clock of the Config"
		ctx   = " takes the machine's time: use internal/clockctx"
	)
	for name, c := range map[string]struct {
		path, text string
		want       []string
	}{
		"a call": {
			"a/a.go", "package a\nimport \"time\"\nvar _ = time.Now()",
			[]string{"a/a.go:3: time.Now" + clock},
		},
		"a function value": {
			"a/a.go", "package a\nimport \"time\"\nvar now = time.Now",
			[]string{"a/a.go:3: time.Now" + clock},
		},
		"each of them": {
			"a/a.go", "package a\nimport \"time\"\nvar _ = []any{time.After, time.Sleep,\ntime.NewTimer,\ntime.NewTicker,\n" +
				"time.AfterFunc,\ntime.Tick,\ntime.Since,\ntime.Until}",
			[]string{
				"a/a.go:3: time.After" + clock, "a/a.go:3: time.Sleep" + clock, "a/a.go:4: time.NewTimer" + clock,
				"a/a.go:5: time.NewTicker" + clock, "a/a.go:6: time.AfterFunc" + clock, "a/a.go:7: time.Tick" + clock,
				"a/a.go:8: time.Since" + clock, "a/a.go:9: time.Until" + clock,
			},
		},
		"contexts with a deadline": {
			"a/a.go", "package a\nimport \"context\"\nvar _ = []any{\ncontext.WithTimeout,\ncontext.WithTimeoutCause,\n" +
				"context.WithDeadline,\ncontext.WithDeadlineCause}",
			[]string{
				"a/a.go:4: context.WithTimeout" + ctx, "a/a.go:5: context.WithTimeoutCause" + ctx,
				"a/a.go:6: context.WithDeadline" + ctx, "a/a.go:7: context.WithDeadlineCause" + ctx,
			},
		},
		"under another name": {
			"a/a.go", "package a\nimport tm \"time\"\nvar _ = tm.Now()",
			[]string{"a/a.go:3: time.Now" + clock},
		},
		"without a name": {
			"a/a.go", "package a\nimport . \"time\"\nvar _ = Now()",
			[]string{"a/a.go: imports time into its own names, which hides the machine's clock"},
		},
		"in a nested module and in an example": {
			"examples/one/main.go", "package main\nimport \"time\"\nvar _ = time.Now()",
			[]string{"examples/one/main.go:3: time.Now" + clock},
		},
		"what is only about durations": {
			"a/a.go", "package a\nimport (\n\"context\"\n\"time\"\n)\n" +
				"var _ = time.Unix(0, 0).Add(time.Second)\nvar _ = context.WithCancel", nil,
		},
		"a Clock": {
			"a/a.go", "package a\nimport \"time\"\ntype c interface{ Now() time.Time }\nfunc f(clk c) { clk.Now() }", nil,
		},
		"another thing called time": {
			"a/a.go", "package a\nimport \"time\"\nvar _ time.Time\nfunc f(time interface{ Now() }) { time.Now() }", nil,
		},
		"another package called time": {
			"a/a.go", "package a\nimport \"example.org/time\"\nvar _ = time.Now()", nil,
		},
		"allowed on its line": {
			"a/a.go", "package a\nimport \"time\"\nvar _ = time.Now() //vigil:wallclock the clock itself", nil,
		},
		"allowed on the line above": {
			"a/a.go", "package a\nimport \"time\"\n//vigil:wallclock the clock itself\nvar _ = time.Now()", nil,
		},
		"allowed for one line only": {
			"a/a.go", "package a\nimport \"time\"\n//vigil:wallclock the clock itself\n" +
				"var _ = time.Now()\nvar _ = time.Now()",
			[]string{"a/a.go:5: time.Now" + clock},
		},
		"allowed without a reason": {
			"a/a.go", "package a\nimport \"time\"\nvar _ = time.Now() //vigil:wallclock",
			[]string{"a/a.go:3: //vigil:wallclock needs a reason", "a/a.go:3: time.Now" + clock},
		},
		"an allowance that nothing needs": {
			"a/a.go", "package a\n//vigil:wallclock once upon a time\nvar x int",
			[]string{"a/a.go:2: //vigil:wallclock allows nothing: remove it"},
		},
		"a test that sleeps for real": {
			"a/a_test.go", "package a_test\nimport \"time\"\nfunc f() { time.Sleep(1) }",
			[]string{"a/a_test.go:3: time.Sleep takes the machine's time: sleep in a testing/synctest bubble"},
		},
		"a test that sleeps in a bubble": {
			"a/a_test.go", "package a_test\nimport (\n\"testing/synctest\"\n\"time\"\n)\n" +
				"var _ = synctest.Wait\nfunc f() { time.Sleep(1) }", nil,
		},
		"a test that reads the clock": {
			"a/a_test.go", "package a_test\nimport \"time\"\nvar _ = time.Now()", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, lines(plant(t, map[string]string{c.path: c.text}).Clocks()))
		})
	}
}

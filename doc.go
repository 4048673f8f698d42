// Package vigil keeps a trading system awake and honest. A [Trader] is the whole of it: a source of bars and strategies
// go in, supervised signals, orders and health come out. It is put together of the packages below, each of which can be
// used alone:
//
//   - [github.com/seed-5dee1c0a/vigil/supervisor]: a tree of services that come back by themselves when they return,
//     fail, panic, call Goexit or hang.
//   - [github.com/seed-5dee1c0a/vigil/health]: heartbeats, error runs and one honest verdict, computed from progress.
//   - [github.com/seed-5dee1c0a/vigil/signal]: bars in, strategies over them, signals stored durably, in a loop that
//     never stops (signal/generator).
//   - [github.com/seed-5dee1c0a/vigil/trading]: signals to orders, each placed once and only once, across crashes
//     (trading/engine).
//   - [github.com/seed-5dee1c0a/vigil/console]: what operators ask over HTTP: the signals and the health of the above.
//
// Every package that waits does so on an injected Clock, so that a day of trading is a test of about a second.
//
// Start with examples/livetrader to see it run, and with docs/guides/embed.md to put it into a program of your own.
package vigil

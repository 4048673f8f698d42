// Package health holds benchmarks of an answer to /health of five services beside other Go libraries that give one:
// the same request, in process, to a writer that costs nothing. docs/benchmarks.md has the figures and the commands.
package health

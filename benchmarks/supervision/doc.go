// Package supervision holds benchmarks of package supervisor beside its peers: the same work, in the same run.
// docs/benchmarks.md has the figures and the commands.
package supervision

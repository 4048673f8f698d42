// Package peers holds benchmarks of package signal beside other Go systems that make signals from bars: the same bars,
// the same work, and a test that they find the same crosses. docs/benchmarks.md has the figures and the commands.
//
// It is a module of its own that go.work leaves out. The peers' requirements, about a hundred and forty, would take part
// in choosing the versions that the rest of the repository is built with, and building them takes minutes. Some of the
// peers are under the AGPL: only the tests of this package link them.
package peers

// Package supervisortest helps to test programs that supervise, in a testing/synctest bubble or outside of one.
//
//   - Clock is a clock that a test drives. Outside of a bubble a fake clock that is moved before the code under test has
//     armed its timer loses that timer; this one tells when a timer is armed, so that it can be moved then.
//   - Recorder keeps a tree's events and waits for the one that a test needs.
//   - Puppet is a service that fails, panics, returns, exits, hangs or turns deaf when it is told to.
//   - Stress runs and stops a service of the user's own, many times, and says where it breaks the contract of Serve.
//
// Nothing here needs another test library than package testing. All methods are safe for concurrent use, and none waits
// longer than the context or the limit that it was given.
package supervisortest

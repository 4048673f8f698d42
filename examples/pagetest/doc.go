// Package pagetest tests the operator's page in a browser. It has no code but its tests:
//
//	go test ./pagetest                          needs Chromium, and says so where there is none
//	go test ./pagetest -run Shots -shots DIR    makes the pictures of the documentation
//	go test ./pagetest -bench Page -run '^$'    measures frames and memory at scale
//
// Each test has a tab of its own, with cookies of its own, of one browser that ends with the last of them. A test waits
// for what the page shows, and says nothing of how long that takes.
package pagetest

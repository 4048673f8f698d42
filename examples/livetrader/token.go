package main

import (
	"net"
	"net/netip"
)

// isOpen reports whether others than this machine reach the address. An address without a host is on this machine only,
// and a name that is no address may be anything.
func isOpen(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "" || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

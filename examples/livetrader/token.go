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

// pageAt is where a browser on this machine finds the page of who listens at an address.
func pageAt(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if ip, err := netip.ParseAddr(host); err != nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

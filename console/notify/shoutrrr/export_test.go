package shoutrrr

import (
	"context"
	"net"
)

// Dial has a Notifier for mail reach its server over what dial returns, which works in a bubble.
func Dial(n *Notifier, dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	m := n.channel.(toMail)
	m.dial = dial
	n.channel = m
}

// Package netlisten accepts connections for modules that listen.
package netlisten

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"silly/internal/netconn"
	"silly/internal/netmeter"
)

// How long accepting pauses after a temporary error: the first time, and at most.
const (
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
)

// An Acceptor accepts the connections of a listener. Its functions are called without any lock.
type Acceptor struct {
	Listener net.Listener
	// TLS is nil for connections without it.
	TLS *tls.Config
	// HandshakeTimeout is how long a TLS handshake may take; 0 is for ever.
	HandshakeTimeout time.Duration
	// Background calls f on another goroutine.
	Background func(f func())
	// Accepted gets each connection, after its TLS handshake: a *netconn.Transport, or a *tls.Conn over one.
	// Without TLS, the next connection is accepted when Accepted returns.
	Accepted func(nc net.Conn)
	// Meter counts the connections; nil is none.
	Meter *netmeter.Meter
	// HandshakeFailed is told why a connection will be closed; it may be nil.
	HandshakeFailed func(err error)
}

// Run accepts until the listener is closed. It waits out errors that are temporary, such as too many open files, unless
// ctx ends; handshakes end with it, too.
func (a *Acceptor) Run(ctx context.Context) {
	var pause time.Duration
	for {
		nc, err := a.Listener.Accept()
		switch {
		case err == nil:
			pause = 0
			a.accepted(ctx, netconn.Wrap(nc).Metered(a.Meter))
			continue
		case !temporary(err):
			return
		}
		pause = min(max(2*pause, firstPause), maxPause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

func (a *Acceptor) accepted(ctx context.Context, t *netconn.Transport) {
	if a.TLS == nil {
		a.Accepted(t)
		return
	}
	a.Background(func() {
		nc := tls.Server(t, a.TLS)
		if err := a.handshake(ctx, nc); err != nil {
			if a.HandshakeFailed != nil {
				a.HandshakeFailed(err)
			}
			_ = t.Close()
			return
		}
		a.Accepted(nc)
	})
}

// handshake waits for the TLS handshake.
func (a *Acceptor) handshake(ctx context.Context, nc *tls.Conn) error {
	if a.HandshakeTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.HandshakeTimeout)
		defer cancel()
	}
	return nc.HandshakeContext(ctx)
}

package load

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// again is how long a connection that failed waits before it is opened anew.
const again = 100 * time.Millisecond

// anyCounts is what is counted of servers that answer as they like.
type anyCounts struct {
	received atomic.Int64
	statuses [1000]atomic.Int64

	mu     sync.Mutex
	errors map[string]int64
}

// maxErrors is how many different errors are told apart.
const maxErrors = 20

// fail counts an error.
func (a *anyCounts) fail(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.errors == nil {
		a.errors = make(map[string]int64)
	}
	if _, known := a.errors[text]; !known && len(a.errors) >= maxErrors {
		text = "other errors"
	}
	a.errors[text]++
}

// fill completes a result.
func (a *anyCounts) fill(r *Result, h *histogram) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.P90, r.Max = h.quantile(0.9), h.quantile(1)
	r.Received = a.received.Load()
	r.Errors = maps.Clone(a.errors)
	for code := range a.statuses {
		if n := a.statuses[code].Load(); n > 0 {
			if r.Statuses == nil {
				r.Statuses = make(map[int]int64)
			}
			r.Statuses[code] = n
		}
	}
	r.Histogram = h.list()
}

// anyServer opens a connection, to know whether there is a server, and starts the workers.
func (g *generator) anyServer() error {
	conn, err := g.target.dial(g.ctx)
	if err != nil {
		return fmt.Errorf("cannot connect to %s: %s", g.target.address, reason(err))
	}
	conn.Close()
	var work func(number int) error
	switch g.Kind {
	case Echo:
		work = g.anyEcho
	case HTTP:
		work = g.anyHTTP
	default:
		return fmt.Errorf("unknown kind of work %q", g.Kind)
	}
	for i := range g.Connections {
		g.work(func() error {
			for g.ctx.Err() == nil {
				err := work(i)
				if g.ctx.Err() != nil {
					break
				}
				if err == nil {
					continue // the server closes connections after a while, which is its right
				}
				if g.measuring.Load() {
					g.any.fail(reason(err))
				}
				select {
				case <-g.ctx.Done():
				case <-time.After(again):
				}
			}
			return nil
		})
	}
	return nil
}

// reason is the text of an error without addresses, which differ from one connection to another.
func reason(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &op):
		if op.Timeout() {
			return "timeout"
		}
		return strings.TrimPrefix(op.Err.Error(), "syscall: ")
	}
	return err.Error()
}

// anyEcho sends messages on a connection, and takes as many for their answers, until it fails.
func (g *generator) anyEcho(number int) error {
	c, err := g.newClient(number)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	c.any = true
	sent := make([]time.Duration, max(1, g.InFlight))
	at := now()
	for i := range sent {
		sent[i] = at
	}
	if _, err := c.conn.Write(c.out.take(len(sent))); err != nil {
		return err
	}
	waiting := len(sent)
	n, err := c.parse() // what came with the answer to the handshake
	for next := 0; ; n, err = c.readWithin(patience) {
		if err != nil {
			var netErr net.Error
			if errors.As(err, &netErr) && netErr.Timeout() {
				return fmt.Errorf("the server has not answered a message for %v", patience)
			}
			return err
		}
		at := now()
		n = min(n, waiting) // what it says besides answers no message
		for range n {
			g.done(at - sent[next])
			sent[next] = at
			next = (next + 1) % len(sent)
		}
		if g.measuring.Load() {
			g.any.received.Add(c.taken)
		}
		c.taken = 0
		if n == 0 {
			continue
		}
		if _, err := c.conn.Write(c.out.take(n)); err != nil {
			return err
		}
	}
}

package load

import (
	"fmt"
	"sync/atomic"
	"time"
)

// welcome is the message with which the server says that a client gets from now on what all get.
const welcome = "welcome"

// broadcast starts the workers: all clients receive, and when all have received a message, the first one sends
// the next. An operation is a message that one client gets.
func (g *generator) broadcast() error {
	clients, err := g.open(func(c *client) error {
		c.conn.SetDeadline(time.Now().Add(patience))
		defer c.conn.SetDeadline(time.Time{})
		return c.awaitWelcome()
	})
	if err != nil {
		return err
	}
	if g.Sender != "" { // its process has to learn who listens
		if err := g.sleep(300 * time.Millisecond); err != nil {
			return err
		}
	}
	sender := clients[0]
	for _, c := range clients {
		c.payload = newPayload(0, g.Size)
	}
	var received, sentAt atomic.Int64
	all := make(chan struct{}, 1)
	g.work(func() error {
		for {
			sentAt.Store(int64(now()))
			if _, err := sender.conn.Write(sender.out.take(1)); err != nil {
				return g.failure(0, err)
			}
			select {
			case <-all:
			case <-g.ctx.Done():
				return nil
			case <-time.After(patience):
				return fmt.Errorf("only %d of %d clients got message %d", received.Load(), len(clients), sender.out.next-1)
			}
		}
	})
	for i, c := range clients {
		g.work(func() error {
			for {
				n, err := c.read()
				if err != nil {
					return g.failure(i, err)
				}
				if n > 1 {
					return g.failure(i, fmt.Errorf("got %d messages for one", n))
				}
				if n == 0 {
					continue
				}
				g.done(now() - time.Duration(sentAt.Load()))
				if received.Add(1) == int64(len(clients)) {
					received.Store(0)
					all <- struct{}{}
				}
			}
		})
	}
	return nil
}

// awaitWelcome reads the frame that has the welcome: it is the first, and nothing follows it before a client
// has sent something.
func (c *client) awaitWelcome() error {
	for c.last < 2+len(welcome) {
		n, err := c.conn.Read(c.buffer[c.last:])
		c.last += n
		if err != nil {
			return err
		}
	}
	if got := string(c.buffer[2:c.last]); got != welcome || c.buffer[0] != finBit|textFrame {
		return fmt.Errorf("got %q, want the message %s", c.buffer[:c.last], welcome)
	}
	c.last = 0
	return nil
}

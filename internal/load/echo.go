package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// A client is one connection of WebSocket, or of lines over TCP.
type client struct {
	reader
	out *frames
}

// bufferSize is enough for the small messages of one connection, and lets large ones come in few reads.
func (g *generator) bufferSize() int {
	return min(max(4<<10, (g.Size+16)*max(1, g.InFlight)), 256<<10)
}

// open opens all connections, a few at a time, and calls ready for each of them. Whatever happens, they are
// closed when the run ends.
func (g *generator) open(ready func(*client) error) ([]*client, error) {
	const together = 64
	clients := make([]*client, g.Connections)
	failures := make(chan error, together)
	var opening sync.WaitGroup
	for first := range together {
		opening.Go(func() {
			for i := first; i < len(clients); i += together {
				c, err := g.newClient(i)
				if err == nil {
					err = ready(c)
				}
				if err != nil {
					failures <- fmt.Errorf("connection %d: %w", i, err)
					return
				}
				clients[i] = c
			}
		})
	}
	opening.Wait()
	select {
	case err := <-failures:
		return nil, err
	default:
		return clients, nil
	}
}

func (g *generator) newClient(number int) (*client, error) {
	to := g.target
	if number == 0 {
		to = g.sender
	}
	conn, err := to.dial(g.ctx)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(g.ctx, func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	defer conn.SetDeadline(time.Time{})
	payload := newPayload(number, max(g.Size, minSize))
	c := &client{reader: reader{conn: conn, buffer: make([]byte, g.bufferSize()), payload: payload, full: g.Full}}
	if g.target.lines {
		payload[len(payload)-1] = '\n'
		c.lines = true
		c.out = newLines(payload, max(1, g.InFlight))
		return c, nil
	}
	c.out = newFrames(payload, max(1, g.InFlight))
	if secured, ok := conn.(*tls.Conn); ok {
		c.records, _ = secured.NetConn().(*records)
	}
	rest, err := to.upgrade(conn, c.buffer)
	if err != nil {
		return nil, err
	}
	c.last = copy(c.buffer, rest)
	return c, nil
}

// echo starts the workers that send messages and take them back.
func (g *generator) echo() error {
	if g.InFlight > 1 && g.InFlight*g.Size > 128<<10 {
		return errors.New("so much in flight can block both sides")
	}
	clients, err := g.open(func(*client) error { return nil })
	if err != nil {
		return err
	}
	for i, c := range clients {
		g.work(func() error { return g.serve(i, c) })
	}
	return nil
}

// serve keeps the messages of one connection in flight.
func (g *generator) serve(number int, c *client) error {
	sent := make([]time.Duration, g.InFlight)
	at := now()
	for i := range sent {
		sent[i] = at
	}
	if _, err := c.conn.Write(c.out.take(g.InFlight)); err != nil {
		return g.failure(number, err)
	}
	// next is the place in sent of the message that comes next.
	for next := 0; ; {
		n, err := c.read()
		if err != nil {
			return g.failure(number, err)
		}
		if n == 0 {
			continue
		}
		if n > g.InFlight {
			return g.failure(number, errors.New("more messages came than were sent"))
		}
		at := now()
		for range n {
			g.done(at - sent[next])
			sent[next] = at
			if next++; next == len(sent) {
				next = 0
			}
		}
		if _, err := c.conn.Write(c.out.take(n)); err != nil {
			return g.failure(number, err)
		}
	}
}

// failure names the connection that failed. It is nil when the run is over, which closes all connections.
func (g *generator) failure(number int, err error) error {
	if g.ctx.Err() != nil && errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("connection %d: %w", number, err)
}

// exchange sends one message and waits for it.
func (c *client) exchange() error {
	c.conn.SetDeadline(time.Now().Add(patience))
	defer c.conn.SetDeadline(time.Time{})
	if _, err := c.conn.Write(c.out.take(1)); err != nil {
		return err
	}
	return c.await()
}

// readWithin is read, for so long.
func (c *client) readWithin(d time.Duration) (messages int, err error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(d))
	return c.read()
}

// await waits for one message.
func (c *client) await() error {
	for {
		if n, err := c.read(); n > 0 || err != nil {
			return err
		}
	}
}

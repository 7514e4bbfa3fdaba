package load

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// connect starts the workers that open connections, upgrade them, close them properly and wait for the server
// to end them.
func (g *generator) connect() {
	goodbye := appendFrame(nil, closeFrame, []byte{1000 >> 8, 1000 & 0xff})
	for range g.Connections {
		g.work(func() error {
			buffer := make([]byte, 4<<10)
			for g.ctx.Err() == nil {
				began := now()
				if err := g.connectOnce(goodbye, buffer); err != nil {
					if g.ctx.Err() != nil {
						return nil
					}
					return err
				}
				g.done(now() - began)
			}
			return nil
		})
	}
}

func (g *generator) connectOnce(goodbye, buffer []byte) error {
	conn, err := g.target.dial(g.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	rest, err := g.target.upgrade(conn, buffer)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("the server sent %q after its handshake", rest)
	}
	if _, err := conn.Write(goodbye); err != nil {
		return err
	}
	for n := 0; ; {
		m, err := conn.Read(buffer[n:])
		n += m
		if errors.Is(err, io.EOF) {
			if n < 2 || buffer[0] != finBit|closeFrame || n != 2+int(buffer[1]) {
				return fmt.Errorf("the server answered a close frame with %q", buffer[:n])
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
}

package load

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// hello is the body that a server answers with.
const hello = "Hello, world!\n"

// http starts the workers that send one request after the other.
func (g *generator) http() error {
	request := []byte("GET " + g.target.path + " HTTP/1.1\r\nHost: " + g.target.host + "\r\n\r\n")
	for i := range g.Connections {
		conn, err := g.target.dial(g.ctx)
		if err != nil {
			return err
		}
		g.workers.Go(func() {
			<-g.ctx.Done()
			conn.Close()
		})
		g.work(func() error {
			length, err := firstResponse(conn, request)
			if err != nil {
				return g.failure(i, err)
			}
			buffer := make([]byte, 4<<10)
			for {
				sent := now()
				if _, err := conn.Write(request); err != nil {
					return g.failure(i, err)
				}
				n, err := io.ReadAtLeast(conn, buffer, length)
				if err != nil {
					return g.failure(i, err)
				}
				answer := buffer[:n]
				if n != length || !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 ")) || !bytes.HasSuffix(answer, []byte("\r\n\r\n"+hello)) {
					return g.failure(i, fmt.Errorf("unexpected response %q", answer))
				}
				g.done(now() - sent)
			}
		})
	}
	return nil
}

// firstResponse reads a response with all care and returns its length, which is that of all that follow.
func firstResponse(conn net.Conn, request []byte) (length int, err error) {
	conn.SetDeadline(time.Now().Add(patience))
	defer conn.SetDeadline(time.Time{})
	if _, err := conn.Write(request); err != nil {
		return 0, err
	}
	var raw bytes.Buffer
	response, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &raw)), nil)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK || string(body) != hello || response.Close {
		return 0, fmt.Errorf("unexpected response %q", raw.Bytes())
	}
	return raw.Len(), nil
}

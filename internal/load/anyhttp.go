package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// httpRequest is the request that is sent again and again (RFC 9112).
func (g *generator) httpRequest() []byte {
	r := g.Request
	method := r.Method
	if method == "" {
		method = "GET"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, g.target.path)
	named := map[string]bool{}
	for _, line := range r.Header {
		name, value, _ := strings.Cut(line, ":")
		named[strings.ToLower(strings.TrimSpace(name))] = true
		fmt.Fprintf(&b, "%s: %s\r\n", strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if !named["host"] {
		fmt.Fprintf(&b, "Host: %s\r\n", g.target.host)
	}
	if !named["user-agent"] {
		b.WriteString("User-Agent: silly-bench\r\n")
	}
	if r.Body != "" || method == "POST" || method == "PUT" || method == "PATCH" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n" + r.Body)
	return b.Bytes()
}

// anyHTTP sends one request after the other on a connection until it fails, or the server closes it between two.
func (g *generator) anyHTTP(int) error {
	conn, err := g.target.dial(g.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(g.ctx, func() { conn.Close() })()
	request := g.httpRequest()
	r := responses{conn: conn, buffer: make([]byte, 16<<10), head: g.Request.Method == "HEAD"}
	for first := true; ; first = false {
		sent := now()
		_ = conn.SetDeadline(time.Now().Add(patience))
		if _, err := conn.Write(request); err != nil {
			return gone(err, first)
		}
		status, err := r.next()
		if err != nil {
			var netErr net.Error
			if errors.As(err, &netErr) && netErr.Timeout() {
				return fmt.Errorf("no response within %v", patience)
			}
			return gone(err, first || r.read > 0)
		}
		if r.from < r.to && !r.last { // the next request would take it for its response
			return errors.New("the server sent more than the response")
		}
		if g.measuring.Load() {
			g.any.statuses[status].Add(1)
			g.any.received.Add(r.read)
		}
		g.done(now() - sent)
		if r.last {
			return nil
		}
	}
}

// gone is the error of a connection that has ended: none if that was between two requests, where a server may close it.
func gone(err error, within bool) error {
	if !within {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the connection was closed before the response")
	}
	return err
}

// responses reads responses of HTTP/1.1 (RFC 9112), without keeping what they say.
type responses struct {
	conn   net.Conn
	buffer []byte
	from   int // what is in buffer and was not taken
	to     int
	head   bool // they are to HEAD, and have no body

	read int64 // bytes of the response that was read last, or is being read
	last bool  // the connection ends with it
}

// maxResponseHead is how long a head may be.
const maxResponseHead = 256 << 10

var errMalformed = errors.New("the response is not HTTP/1.1")

// next reads a response.
func (r *responses) next() (status int, err error) {
	r.read = 0
	for {
		head, err := r.takeHead()
		if err != nil {
			return 0, err
		}
		status, length, chunked, err := r.parse(head)
		switch {
		case err != nil:
			return 0, err
		case status/100 == 1 && status != 101: // RFC 9110, section 15.2
			continue
		case r.head || status == 204 || status == 304 || status == 101:
			return status, nil
		case chunked:
			return status, r.chunks()
		case length < 0:
			r.last = true
			err = r.skip(1 << 62)
			if err == io.EOF {
				err = nil
			}
			return status, err
		}
		return status, r.skip(length)
	}
}

// more reads more into the buffer.
func (r *responses) more() error {
	if r.from == r.to {
		r.from, r.to = 0, 0
	}
	if r.to == len(r.buffer) {
		if r.from > 0 {
			r.to = copy(r.buffer, r.buffer[r.from:r.to])
			r.from = 0
		} else {
			r.buffer = append(r.buffer, make([]byte, len(r.buffer))...)
		}
	}
	n, err := r.conn.Read(r.buffer[r.to:])
	r.to += n
	r.read += int64(n)
	if n > 0 {
		return nil
	}
	return err
}

// takeHead takes a head, with the empty line at its end. It is valid until the next read.
func (r *responses) takeHead() ([]byte, error) {
	for searched := 0; ; {
		text := r.buffer[r.from:r.to]
		if i := bytes.Index(text[max(0, searched-3):], []byte("\r\n\r\n")); i >= 0 {
			end := max(0, searched-3) + i + 4
			r.from += end
			return text[:end], nil
		}
		searched = len(text)
		if searched > maxResponseHead {
			return nil, errors.New("the head of the response is too long")
		}
		if err := r.more(); err != nil {
			return nil, err
		}
	}
}

// parse reads a head. length is -1 if the body ends with the connection.
func (r *responses) parse(head []byte) (status int, length int64, chunked bool, err error) {
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' {
		return 0, 0, false, errMalformed
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil || status < 100 {
		return 0, 0, false, errMalformed
	}
	r.last = line[7] == '0'
	length = -1
	for {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		if len(line) == 0 {
			return status, length, chunked, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == len("content-length") && bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil || length < 0 {
				return 0, 0, false, errMalformed
			}
		case len(name) == len("transfer-encoding") && bytes.EqualFold(name, []byte("transfer-encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case len(name) == len("connection") && bytes.EqualFold(name, []byte("connection")):
			switch {
			case bytes.EqualFold(value, []byte("close")):
				r.last = true
			case bytes.EqualFold(value, []byte("keep-alive")):
				r.last = false
			}
		}
	}
}

// skip reads n bytes.
func (r *responses) skip(n int64) error {
	for n > 0 {
		if have := int64(r.to - r.from); have > 0 {
			have = min(have, n)
			r.from += int(have)
			n -= have
			continue
		}
		if err := r.more(); err != nil {
			return err
		}
	}
	return nil
}

// takeLine takes a line without its end. It is valid until the next read.
func (r *responses) takeLine() ([]byte, error) {
	for {
		if i := bytes.IndexByte(r.buffer[r.from:r.to], '\n'); i >= 0 {
			line := bytes.TrimSuffix(r.buffer[r.from:r.from+i], []byte("\r"))
			r.from += i + 1
			return line, nil
		}
		if r.to-r.from > maxResponseHead {
			return nil, errMalformed
		}
		if err := r.more(); err != nil {
			return nil, err
		}
	}
}

// chunks reads a body in chunks, with its trailer (RFC 9112, section 7.1).
func (r *responses) chunks() error {
	for {
		line, err := r.takeLine()
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 62)
		if err != nil || n < 0 {
			return errMalformed
		}
		if n > 0 {
			if err := r.skip(n + 2); err != nil {
				return err
			}
			continue
		}
		for {
			line, err := r.takeLine()
			if err != nil || len(line) == 0 {
				return err
			}
		}
	}
}

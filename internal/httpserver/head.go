package httpserver

import (
	"bufio"
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"silly/internal/httpfield"
)

// advance reads once, and returns how many bytes that were. The state says when the wait is over.
func (c *Conn) advance() (n int) {
	p := c.nc.Buffered()
	if len(p) == 0 {
		n, err := c.nc.TryFill()
		if n == 0 {
			if err != nil || c.closing.Load() && c.is(connIdle) {
				c.become(connBroken)
			}
			return 0
		}
		p = c.nc.Buffered()
	}
	n = len(p)
	if len(c.head) == 0 {
		blank, ok := c.blankLines(p)
		c.nc.Discard(blank)
		c.blank += blank
		if c.blank > c.server.MaxHeader {
			c.refuse(http.StatusRequestHeaderFieldsTooLarge)
			return n
		}
		if !ok {
			c.refuse(http.StatusBadRequest)
			return n
		}
		if p = p[blank:]; len(p) == 0 {
			return n
		}
		if end := headEnd(p); end > 0 { // as nearly always
			c.parse(p[:end], end)
			return n
		}
		if !httpfield.IsTokenByte(p[0]) {
			c.refuse(http.StatusBadRequest) // no method begins like this: TLS, perhaps
			return n
		}
		if c.is(connIdle) {
			c.become(connHead)
			c.waiting = time.Now()
		}
	}
	before := len(c.head)
	c.head = append(c.head, p...)
	from := max(0, before-3)
	if end := headEnd(c.head[from:]); end > 0 {
		head := c.head[:from+end]
		c.head = nil
		c.parse(head, len(head)-before)
		return n
	}
	if c.blank+len(c.head) > c.server.MaxHeader {
		c.refuse(http.StatusRequestHeaderFieldsTooLarge)
		return n
	}
	c.nc.Discard(len(p))
	return n
}

// refuse ends the wait with the status for what is no request.
func (c *Conn) refuse(status int) {
	c.refusal = status
	c.become(connRefused)
}

// blankLines returns the length of the empty lines in front of a request, and false if there is a bare CR among them
// (RFC 9112 section 2.2).
func (c *Conn) blankLines(p []byte) (n int, ok bool) {
	for ; n < len(p); n++ {
		switch {
		case p[n] == '\n':
			c.cr = false
		case p[n] == '\r' && !c.cr:
			c.cr = true
		default:
			return n, !c.cr
		}
	}
	return n, true
}

// headEnd is the length of the head with its empty line, 0 if that is not there.
func headEnd(p []byte) int {
	for i := 0; ; {
		newline := bytes.IndexByte(p[i:], '\n')
		if newline < 0 {
			return 0
		}
		i += newline + 1
		if i < len(p) && p[i] == '\n' {
			return i + 1
		}
		if i+1 < len(p) && p[i] == '\r' && p[i+1] == '\n' {
			return i + 2
		}
	}
}

// parse makes the request of a head, of which the last n bytes are buffered in the connection.
func (c *Conn) parse(head []byte, n int) {
	if c.blank+len(head) > c.server.MaxHeader {
		c.refuse(http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	c.blank = 0
	has, plain := checkHead(head)
	if !plain {
		c.refuse(http.StatusBadRequest)
		return
	}
	reader := bodyReaders.Get().(*bufio.Reader)
	c.source.head, c.source.parsed = head, false
	reader.Reset(&c.source)
	r, err := http.ReadRequest(reader)
	c.nc.Discard(n)
	whole := len(c.source.head) == 0 && reader.Buffered() == 0
	c.source.head, c.source.parsed = nil, true
	if err != nil || !whole {
		reader.Reset(nil)
		bodyReaders.Put(reader)
		c.refuse(http.StatusBadRequest)
		return
	}
	if r.Body == http.NoBody {
		reader.Reset(nil)
		bodyReaders.Put(reader)
	} else {
		c.body = reader
	}
	r.RemoteAddr = c.nc.RemoteAddr().String()
	status := has.refusal(r)
	if status == 0 {
		status = refusal(r)
	}
	if status != 0 {
		c.refuse(status)
		return
	}
	if has.coding && has.length {
		r.Close = true // RFC 9112 section 6.1: the coding counts, and it smells of request smuggling
	}
	c.request = r
	c.become(connArrived)
}

// fields says which fields a head has that ReadRequest removes, and whether the value of Host is fit for one.
type fields struct{ host, badHost, coding, length bool }

// checkHead returns what a head has, and whether its lines have the form that RFC 9112 section 5 asks for:
// ReadRequest lets some through.
func checkHead(head []byte) (has fields, ok bool) {
	first := true
	for len(head) > 0 {
		newline := bytes.IndexByte(head, '\n')
		line := bytes.TrimSuffix(head[:newline], []byte{'\r'})
		head = head[newline+1:]
		if bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
			return has, false
		}
		if first || len(line) == 0 {
			first = false
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			return has, false // section 5.2: obs-fold
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		switch len(name) {
		case len("Host"):
			if bytes.EqualFold(name, []byte("Host")) {
				has.host = true
				has.badHost = has.badHost || !validHost(string(bytes.Trim(value, " \t")))
			}
		case len("Content-Length"):
			has.length = has.length || bytes.EqualFold(name, []byte("Content-Length"))
		case len("Transfer-Encoding"):
			has.coding = has.coding || bytes.EqualFold(name, []byte("Transfer-Encoding"))
		}
	}
	return has, true
}

// refusal is the status for an HTTP/1 request with these fields that ReadRequest lets through and nobody should answer,
// or 0.
func (has fields) refusal(r *http.Request) int {
	switch {
	case r.ProtoMajor != 1:
		return http.StatusHTTPVersionNotSupported
	case r.ProtoAtLeast(1, 1) && !has.host, has.badHost: // RFC 9112 section 3.2
		return http.StatusBadRequest
	case has.coding && !r.ProtoAtLeast(1, 1):
		return http.StatusBadRequest // RFC 9112 section 6.1: its framing is faulty
	}
	return 0
}

// refusal is the status for a request of any version that a parser lets through and nobody should answer, or 0.
func refusal(r *http.Request) int {
	noHost := r.Host == "" && r.ProtoMajor > 1 || r.URL.Host == "" && r.URL.IsAbs()
	if noHost || r.Host != "" && !validHost(r.Host) || r.URL.User != nil { // RFC 9110 sections 4.2.1 and 4.2.4
		return http.StatusBadRequest
	}
	for name, values := range r.Header {
		for _, v := range values {
			if httpfield.Check(name, v) != nil {
				return http.StatusBadRequest
			}
		}
	}
	if _, other := expectations(r); other {
		return http.StatusExpectationFailed
	}
	return 0
}

// refusalText is the body of the answer to a request that is refused.
func refusalText(status int) string { return strconv.Itoa(status) + " " + http.StatusText(status) }

// expectations reports whether a client expects to be asked for the body, and whether it expects something else
// (RFC 9110 section 10.1.1).
func expectations(r *http.Request) (toContinue, other bool) {
	for _, list := range r.Header["Expect"] {
		for member := range strings.SplitSeq(list, ",") {
			switch member = strings.Trim(member, " \t"); {
			case member == "":
			case strings.EqualFold(member, "100-continue"):
				toContinue = true
			default:
				other = true
			}
		}
	}
	return toContinue, other
}

// appendRefusal answers what is no request.
func (c *Conn) appendRefusal() {
	text := refusalText(c.refusal)
	_, _ = c.nc.Append(func(dst []byte) []byte {
		dst = append(dst, "HTTP/1.1 "...)
		dst = append(dst, text...)
		dst = append(dst, "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(text)), 10)
		dst = append(dst, "\r\n\r\n"...)
		return append(dst, text...)
	})
}

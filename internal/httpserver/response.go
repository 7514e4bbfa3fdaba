package httpserver

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"silly/internal/httpfield"
	"silly/internal/netconn"
)

// response is the sink of an exchange of a Conn: it writes HTTP/1.1 into the outbox.
type response struct {
	conn    *Conn
	buffer  *[]byte // the head, until it starts
	keep    bool    // another request may follow
	http10  bool
	head    bool // the answer to a HEAD request
	dated   bool // the script gave a date
	chunked bool
	bare    bool // its status has no body
	expects bool // the client waits for 100 Continue
	started bool
	mu      sync.Mutex // held while expects is looked at and answered
}

var heads = sync.Pool{New: func() any {
	b := make([]byte, 0, 1024)
	return &b
}}

func (r *response) respond(status int, fields []httpfield.Field) {
	r.buffer = heads.Get().(*[]byte)
	b := append((*r.buffer)[:0], "HTTP/1.1 "...)
	if r.http10 {
		b[len(b)-2] = '0'
	}
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\n"...)
	for _, f := range fields {
		switch f.Name {
		case "Content-Length", "Transfer-Encoding":
			continue // start knows better
		case "Connection":
			if httpfield.HasToken(f.Value, "close") {
				r.keep = false
				continue
			}
		case "Date":
			r.dated = true
		}
		b = httpfield.Append(b, f.Name, f.Value)
	}
	r.bare = status == http.StatusNoContent || status == http.StatusNotModified
	*r.buffer = b
}

func (r *response) start(length int64, trailer http.Header) {
	b := *r.buffer
	switch {
	case length >= 0 && (!r.bare || length > 0):
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, length, 10)
		b = append(b, "\r\n"...)
	case r.bare || r.head:
	case r.http10:
		r.keep = false // the end of the connection is that of the body
	default:
		r.chunked = true
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		if len(trailer) > 0 {
			b = httpfield.Append(b, "Trailer", trailerNames(trailer))
		}
	}
	if !r.dated {
		b = httpfield.Append(b, "Date", date())
	}
	switch {
	case !r.keep || r.conn.closing.Load() || r.conn.source.late.Load() || r.unasked():
		r.keep = false
		b = append(b, "Connection: close\r\n"...)
	case r.http10:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	b = append(b, "\r\n"...)
	*r.buffer = b
	r.mu.Lock()
	r.started = true
	r.mu.Unlock()
}

// lastDate is the value of Date in this second.
var lastDate atomic.Pointer[struct {
	second int64
	text   string
}]

// date is the value of the field Date.
func date() string {
	now := time.Now()
	if last := lastDate.Load(); last != nil && last.second == now.Unix() {
		return last.text
	}
	text := now.UTC().Format(http.TimeFormat)
	lastDate.Store(&struct {
		second int64
		text   string
	}{now.Unix(), text})
	return text
}

// appendHead appends the head, if it has not left yet.
func (r *response) appendHead(dst []byte) []byte {
	if r.buffer != nil {
		dst = append(dst, *r.buffer...)
		heads.Put(r.buffer)
		r.buffer = nil
	}
	return dst
}

// appendPart appends a part of the body, or returns it to be sent from where it lies.
func (r *response) appendPart(dst []byte, data string) ([]byte, string) {
	if r.chunked {
		dst = strconv.AppendInt(dst, int64(len(data)), 16)
		dst = append(dst, "\r\n"...)
	}
	if len(data) >= netconn.MinShared {
		return dst, data
	}
	return append(dst, data...), ""
}

func (r *response) write(data string) (queued int, err error) {
	nc := r.conn.nc
	queued, err = nc.AppendShared(func(dst []byte) ([]byte, string) {
		return r.appendPart(r.appendHead(dst), data)
	})
	if err == nil && r.chunked {
		queued, err = nc.Append(func(dst []byte) []byte { return append(dst, "\r\n"...) })
	}
	return queued, writeError(err)
}

func (r *response) flush() {
	_, _ = r.conn.nc.Append(r.appendHead) // a broken connection shows at the next write
	r.conn.nc.Flush()
}

func (r *response) wait(limit int) error { return writeError(r.conn.nc.Wait(limit)) }

// writeError is the error of a write for scripts.
func writeError(err error) error {
	if err == net.ErrClosed {
		return ErrClosed
	}
	return err
}

func (r *response) end(last string, trailer http.Header, abort bool) {
	c := r.conn
	if abort {
		r.keep = false
		c.gone = true
		if r.buffer != nil {
			heads.Put(r.buffer)
			r.buffer = nil
		}
		c.over.Store(true)
		return
	}
	_, _ = c.nc.AppendShared(func(dst []byte) ([]byte, string) {
		dst = r.appendHead(dst)
		if last == "" {
			return dst, ""
		}
		return r.appendPart(dst, last)
	})
	if r.chunked {
		_, _ = c.nc.Append(func(dst []byte) []byte {
			if last != "" {
				dst = append(dst, "\r\n"...)
			}
			dst = append(dst, "0\r\n"...)
			return append(httpfield.AppendAll(dst, trailer), "\r\n"...)
		})
	}
	c.over.Store(true)
}

func (r *response) alive() bool {
	nc := r.conn.nc
	return !nc.Closed() && nc.Err() == nil && !nc.Source().HungUp()
}

// readingBody lets a client send the body that waits for permission (RFC 9110 section 10.1.1).
func (r *response) readingBody() {
	r.mu.Lock()
	ask := r.expects && !r.started
	r.expects = r.expects && !ask
	r.mu.Unlock()
	if ask {
		_, _ = r.conn.nc.Append(func(dst []byte) []byte { return append(dst, "HTTP/1.1 100 Continue\r\n\r\n"...) })
		r.conn.nc.Flush()
	}
}

// unasked reports whether the client was never asked to send its body.
func (r *response) unasked() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.expects
}

func (r *response) takeOver(writeTimeout time.Duration) (*netconn.Conn, error) {
	c := r.conn
	if c.body != nil {
		return nil, http.ErrNotSupported // an upgrade has no body
	}
	c.nc.SetWriteTimeout(writeTimeout)
	return c.nc, nil
}

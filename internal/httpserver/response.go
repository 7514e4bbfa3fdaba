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
	conn       *Conn
	head       *[]byte // from the pool; nil before respond, and when it is in the outbox
	persistent bool    // another request may follow (RFC 9112 section 9.3)
	http10     bool
	hasDate    bool // the script gave a date
	framing    framing
	mu         sync.Mutex // held while expect is looked at and answered
	expect     expectation
}

// A framing is how the client finds the end of the body (RFC 9112 section 6.3).
type framing uint8

const (
	undecided  framing = iota
	byLength           // Content-Length
	chunked            // Transfer-Encoding: chunked
	untilClose         // the end of the connection
	headOnly           // no body: the response to HEAD
	noContent          // no body: the status has none
)

// An expectation is what the client expects before it sends the body (RFC 9110 section 10.1.1).
type expectation uint8

const (
	nothingExpected  expectation = iota // or 100 Continue was sent
	continuePending                     // the client waits for 100 Continue
	continueWithheld                    // it waited, and got the response instead
)

var heads = sync.Pool{New: func() any {
	b := make([]byte, 0, 1024)
	return &b
}}

func (r *response) respond(status int, fields []httpfield.Field) {
	r.head = heads.Get().(*[]byte)
	b := append((*r.head)[:0], "HTTP/1.1 "...)
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
				r.persistent = false
				continue
			}
		case "Date":
			r.hasDate = true
		}
		b = httpfield.Append(b, f.Name, f.Value)
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		r.framing = noContent
	}
	*r.head = b
}

func (r *response) start(length int64, trailer http.Header) {
	b := *r.head
	if r.framing == undecided {
		r.framing = r.framingOf(length)
	}
	switch {
	case length > 0 || length == 0 && r.framing != noContent:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, length, 10)
		b = append(b, "\r\n"...)
	case r.framing == chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		if len(trailer) > 0 {
			b = httpfield.Append(b, "Trailer", trailerNames(trailer))
		}
	}
	if !r.hasDate {
		b = httpfield.Append(b, "Date", date())
	}
	if r.withholdContinue() || r.framing == untilClose || r.conn.closing.Load() || r.conn.source.timedOut.Load() {
		r.persistent = false
	}
	switch {
	case !r.persistent:
		b = append(b, "Connection: close\r\n"...)
	case r.http10:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	b = append(b, "\r\n"...)
	*r.head = b
}

// framingOf is the framing of a body of this length, -1 if that is not known.
func (r *response) framingOf(length int64) framing {
	switch {
	case length >= 0:
		return byLength
	case r.http10:
		return untilClose
	}
	return chunked
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
	if r.head != nil {
		dst = append(dst, *r.head...)
		r.dropHead()
	}
	return dst
}

// dropHead gives the memory of the head back.
func (r *response) dropHead() {
	heads.Put(r.head)
	r.head = nil
}

// appendPart appends a part of the body, or returns it to be sent from where it lies.
func (r *response) appendPart(dst []byte, data string) ([]byte, string) {
	if r.framing == chunked {
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
	if err == nil && r.framing == chunked {
		queued, err = nc.Append(func(dst []byte) []byte { return append(dst, "\r\n"...) })
	}
	return queued, writeError(err)
}

func (r *response) flush() {
	_, _ = r.conn.nc.Append(r.appendHead) // a broken connection shows at the next write
}

func (r *response) scheduleFlush() { r.conn.driver.ScheduleFlush() }

func (r *response) queuedBytes() int { return r.conn.nc.Queued() }

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
		r.persistent = false
		c.farewell = cutOff
		if r.head != nil {
			r.dropHead()
		}
		c.become(connComplete)
		return
	}
	_, _ = c.nc.AppendShared(func(dst []byte) ([]byte, string) {
		dst = r.appendHead(dst)
		if last == "" {
			return dst, ""
		}
		return r.appendPart(dst, last)
	})
	if r.framing == chunked {
		_, _ = c.nc.Append(func(dst []byte) []byte {
			if last != "" {
				dst = append(dst, "\r\n"...)
			}
			dst = append(dst, "0\r\n"...)
			return append(httpfield.AppendAll(dst, trailer), "\r\n"...)
		})
	}
	c.become(connComplete)
}

func (r *response) alive() bool {
	nc := r.conn.nc
	return !nc.Closed() && nc.Err() == nil && !nc.Source().HungUp()
}

// readingBody lets a client send the body that waits for permission (RFC 9110 section 10.1.1).
func (r *response) readingBody() {
	r.mu.Lock()
	asks := r.expect == continuePending
	if asks {
		r.expect = nothingExpected
		_, _ = r.conn.nc.Append(func(dst []byte) []byte { return append(dst, "HTTP/1.1 100 Continue\r\n\r\n"...) })
	}
	r.mu.Unlock()
	if asks {
		r.conn.nc.Flush()
	}
}

// withholdContinue notes that 100 Continue comes too late from now on, and reports whether the client waits for it.
func (r *response) withholdContinue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.expect == continuePending {
		r.expect = continueWithheld
	}
	return r.expect == continueWithheld
}

// bodyExpected reports whether the client sends its body without being asked, or was asked.
func (r *response) bodyExpected() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.expect == nothingExpected
}

package httpserver

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"silly/internal/httpfield"
	"silly/internal/netconn"
	"silly/internal/poll"
)

const (
	// drainLimit is how much of a request's body that nobody has read is read for the sake of the next request
	// on the connection, and drainTime how long that may take.
	drainLimit = 256 << 10
	drainTime  = 5 * time.Second
	// lingerTime is how long a connection is read after its last response (RFC 9112 section 9.6).
	lingerTime = 500 * time.Millisecond
)

// A Conn is the server's side of an HTTP/1.1 connection (RFC 9112), with or without TLS. One request at a time: its caller
// calls Start and Proceed until the head of a request is there, takes the exchange from Take, and when Over
// reports that it is complete, calls Next. It uses no goroutine while it waits.
type Conn struct {
	server *Server
	nc     *netconn.Conn

	// Waiting for a head.
	head    []byte // what has arrived of one that is not complete
	blank   int    // bytes of empty lines that came before it
	cr      bool   // the last of them is a CR, to which a LF belongs
	idle    bool   // nothing of it has arrived, and it is not the first
	waiting time.Time
	request *http.Request
	refusal int // the status for a request that is none; 0 for none
	gone    bool

	// The body of the request. Its reader may hold more than the body.
	source bodySource
	body   *bufio.Reader // nil when there is none, or no more of it
	stuck  bool          // a read of it goes on that nobody waits for

	exchange *Exchange
	response response
	over     atomic.Bool // the response is complete, in the outbox
	busy     atomic.Bool // an exchange is under way
	closing  atomic.Bool // no request follows the one under way
}

// NewConn makes a Conn of one that was accepted: a *netconn.Transport, or a *tls.Conn over one whose handshake is done.
func NewConn(s *Server, nc net.Conn) *Conn {
	c := &Conn{server: s, nc: netconn.New(nc, nil, writeTimeout)}
	c.source.nc, c.source.timeout = c.nc, s.BodyTimeout
	return c
}

// Start begins to wait for a request. It returns nil when the connection cannot be watched.
func (c *Conn) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	source = c.nc.Watch(p, owner)
	if source == nil {
		return nil, due
	}
	if len(c.nc.Buffered()) > 0 {
		source.MarkReady()
	}
	c.waiting = time.Now()
	return source, c.due()
}

func (c *Conn) due() time.Time {
	limit := c.server.HeaderTimeout
	if c.idle {
		limit = c.server.IdleTimeout
	}
	if limit <= 0 {
		return time.Time{}
	}
	return c.waiting.Add(limit)
}

// Proceed reads what is there, up to a turn, and does not wait. over says that Take has something; otherwise the source
// is armed or enqueued.
func (c *Conn) Proceed() (over bool, due time.Time) {
	source := c.nc.Source()
	var turn netconn.Turn
	for {
		n, over := c.advance()
		if over {
			return true, due
		}
		due = c.due()
		ends := turn.Over(n)
		if (ends || !source.Ready()) && late(due) {
			c.gone = true
			return true, due
		}
		if ends {
			source.Enqueue()
			return false, due
		}
		if source.Arm() {
			return false, due
		}
	}
}

// late reports whether a deadline has passed.
func late(due time.Time) bool { return !due.IsZero() && !time.Now().Before(due) }

// advance reads once, and reports how many bytes that were and whether that is all.
func (c *Conn) advance() (n int, over bool) {
	p := c.nc.Buffered()
	if len(p) == 0 {
		n, err := c.nc.TryFill()
		if n == 0 {
			c.gone = err != nil || c.closing.Load() && c.idle
			return 0, c.gone
		}
		p = c.nc.Buffered()
	}
	n = len(p)
	if len(c.head) == 0 {
		blank, ok := c.blankLines(p)
		c.nc.Discard(blank)
		c.blank += blank
		if c.blank > c.server.MaxHeader {
			return n, c.refuseWith(http.StatusRequestHeaderFieldsTooLarge)
		}
		if !ok {
			return n, c.refuseWith(http.StatusBadRequest)
		}
		if p = p[blank:]; len(p) == 0 {
			return n, false
		}
		if end := headEnd(p); end > 0 { // as nearly always
			c.parse(p[:end], end)
			return n, true
		}
		if !httpfield.IsTokenByte(p[0]) {
			return n, c.refuseWith(http.StatusBadRequest) // no method begins like this: TLS, perhaps
		}
		if c.idle {
			c.idle = false // from now on a head is awaited
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
		return n, true
	}
	if c.blank+len(c.head) > c.server.MaxHeader {
		return n, c.refuseWith(http.StatusRequestHeaderFieldsTooLarge)
	}
	c.nc.Discard(len(p))
	return n, false
}

// refuseWith ends the wait with the status for what is no request.
func (c *Conn) refuseWith(status int) (over bool) {
	c.refusal = status
	return true
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

// bodySource reads first a head and then, when that has been parsed, what follows on the connection.
type bodySource struct {
	head     []byte
	parsed   bool
	nc       *netconn.Conn
	timeout  time.Duration // for progress; 0 is for ever
	timedOut atomic.Bool   // the client has sent nothing for it
}

// Read implements io.Reader. It may wait.
func (s *bodySource) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	if !s.parsed {
		return 0, io.ErrUnexpectedEOF
	}
	if s.timedOut.Load() {
		return 0, ErrBodyTimeout
	}
	if len(s.nc.Buffered()) == 0 {
		var deadline time.Time
		if s.timeout > 0 {
			deadline = time.Now().Add(s.timeout)
		}
		err := s.nc.Fill(deadline)
		if err == netconn.ErrTimeout {
			s.timedOut.Store(true)
			err = ErrBodyTimeout
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, s.nc.Buffered())
	s.nc.Discard(n)
	return n, nil
}

var bodyReaders = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// parse makes the request of a head, of which the last n bytes are buffered in the connection.
func (c *Conn) parse(head []byte, n int) {
	if c.blank+len(head) > c.server.MaxHeader {
		c.refusal = http.StatusRequestHeaderFieldsTooLarge
		return
	}
	c.blank = 0
	has, plain := checkHead(head)
	if !plain {
		c.refusal = http.StatusBadRequest
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
		c.refusal = http.StatusBadRequest
		return
	}
	if r.Body == http.NoBody {
		reader.Reset(nil)
		bodyReaders.Put(reader)
	} else {
		c.body = reader
	}
	r.RemoteAddr = c.nc.RemoteAddr().String()
	c.refusal = has.refusal(r)
	if c.refusal == 0 {
		c.refusal = refusal(r)
	}
	if has.coding && has.length {
		r.Close = true // RFC 9112 section 6.1: the coding counts, and it smells of request smuggling
	}
	c.request = r
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

// Take returns the exchange of the request that has arrived, or nil: then the connection has ended, or will end
// after the refusal that it has got, and the caller ends it.
func (c *Conn) Take() *Exchange {
	r := c.request
	c.request = nil
	switch {
	case c.gone:
		return nil
	case c.refusal != 0:
		c.refuse()
		return nil
	}
	c.response = response{conn: c, persistent: !r.Close, http10: !r.ProtoAtLeast(1, 1)}
	if r.Method == http.MethodHead {
		c.response.framing = headOnly
	}
	if toContinue, _ := expectations(r); toContinue && r.Body != http.NoBody && !c.response.http10 {
		c.response.expect = continuePending
	}
	c.over.Store(false)
	c.busy.Store(true)
	x := new(Exchange)
	x.init(c.server, r, &c.response)
	x.local, x.tls = c.nc.LocalAddr(), c.nc.TLS() != nil
	c.exchange = x
	return x
}

// refuse answers what is no request.
func (c *Conn) refuse() {
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

// Over reports whether the exchange under way is complete: then the outbox has all of it.
func (c *Conn) Over() bool { return c.over.Load() }

// Lags reports whether something has to be waited for after an exchange: a part of the request's body that has not
// been read, or room for the next response, because the client sends requests and does not read. Then Drain comes
// before Next.
func (c *Conn) Lags() bool {
	if c.body != nil && c.exchange.bodyRead() {
		c.finishBody()
	}
	return c.body != nil || c.nc.Queued() > netconn.HighWater
}

// finishBody ends the work on a body that was read: what its reader holds belongs to the next request.
func (c *Conn) finishBody() {
	if n := c.body.Buffered(); n > 0 {
		more, _ := c.body.Peek(n)
		c.nc.Unread(more)
	}
	c.body.Reset(nil)
	bodyReaders.Put(c.body)
	c.body = nil
}

// Next reports whether the connection waits for another request after a complete exchange, and gets ready for it;
// otherwise the caller ends it. It does not wait.
func (c *Conn) Next() bool {
	c.exchange = nil
	if !c.response.persistent || c.source.timedOut.Load() || c.closing.Load() || c.nc.Err() != nil || c.nc.Closed() {
		return false
	}
	c.idle = true
	c.busy.Store(false)
	return true
}

// Drain waits for what Lags has found, and reports whether the connection can go on.
func (c *Conn) Drain() bool {
	return c.nc.Wait(netconn.LowWater) == nil && (c.body == nil || c.drainBody())
}

// drainBody reads the rest of the request's body, and reports whether the connection can go on. It may wait.
func (c *Conn) drainBody() bool {
	if !c.response.bodyExpected() {
		return false // the client waits for permission to send its body, and may send it or not
	}
	x := c.exchange
	x.reading.Lock()
	defer x.reading.Unlock()
	if x.bodyState.Load() == bodyBroken {
		return false
	}
	deadline := time.Now().Add(drainTime)
	var rest int64
	buffer := make([]byte, 4<<10)
	for {
		n, err := x.body.ReadUntil(buffer, deadline, nil)
		rest += int64(n)
		switch {
		case err == io.EOF:
			c.finishBody()
			return true
		case err != nil || rest > drainLimit:
			c.stuck = x.body.Pending()
			return false
		}
	}
}

// HangUp ends the connection if that takes no time, or reports false: the caller calls Linger. It does not wait.
func (c *Conn) HangUp() bool {
	if c.gone {
		c.nc.Close()
		return true
	}
	return !c.stuck && c.nc.HangUp()
}

// Linger ends the connection after what it has in the outbox. It waits for that.
func (c *Conn) Linger() {
	if c.nc.Wait(0) == nil && c.stuck { // somebody else reads
		c.nc.CloseWrite()
		_ = c.nc.Wait(0)
		time.Sleep(lingerTime)
	}
	if c.stuck {
		c.nc.Close()
		return
	}
	c.nc.Linger(lingerTime)
}

// Flush sends what is in the outbox, as far as the kernel takes it.
func (c *Conn) Flush() { c.nc.Flush() }

// StopAfter ends the connection after the exchange under way; one that waits for a request ends at once.
func (c *Conn) StopAfter() {
	c.closing.Store(true)
	c.nc.Source().Wake()
}

// Close ends the connection at once.
func (c *Conn) Close() { c.nc.Close() }

// CloseSent ends the connection when what is in the outbox is with the kernel. It waits for that; another goroutine
// may be reading.
func (c *Conn) CloseSent() {
	_ = c.nc.Wait(0)
	c.nc.Close()
}

// RemoteAddr is the client's address.
func (c *Conn) RemoteAddr() string { return c.nc.RemoteAddr().String() }

// Busy reports whether an exchange is under way.
func (c *Conn) Busy() bool { return c.busy.Load() }

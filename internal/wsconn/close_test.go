package wsconn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/netconn"
	"silly/internal/poll"
	"silly/internal/ws"
)

// patience is when a test fails that waits for something.
const patience = 20 * time.Second

// A peer is the other end of a Conn. It takes part in the closing handshake, by the book.
type peer struct {
	nc      net.Conn
	role    ws.Role
	encoder ws.Encoder
	silent  bool          // it answers no close frame and never closes
	answers chan struct{} // closed when it may answer close frames
	closes  chan []string // gets the payloads of the close frames that it has read, when the stream has ended
	sent    bool          // a close frame
}

// A watched connection is read as tasks do it.
type watched struct {
	*Conn
	poller *poll.Poller
}

// Read waits for the next event. One goroutine at a time calls it.
func (c *watched) Read(deadline time.Time) (ws.Event, error) {
	ev, over, err := c.TryRead()
	if over || err != nil {
		return ev, err
	}
	c.nc.Flush() // a pong
	source, due, err := c.Begin(c.poller, c, deadline)
	if err != nil {
		return ev, err
	}
	waits := source.Arm()
	for {
		if waits {
			if !due.IsZero() {
				time.AfterFunc(time.Until(due), source.Wake)
			}
			if _, err := c.poller.Wait(nil); err != nil {
				return ev, err
			}
		}
		if ev, over, due, err = c.Proceed(); over {
			return ev, err
		}
		waits = true
	}
}

// connect makes a Conn of that role and its peer.
func connect(t *testing.T, role ws.Role, config Config, writeTimeout time.Duration) (*watched, *peer) {
	t.Helper()
	network := memnet.New()
	l, err := network.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := network.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	config.Role = role
	c := &watched{New(netconn.New(netconn.Wrap(near), nil, writeTimeout), config), poll.New()}
	p := &peer{nc: far, role: ws.Server, answers: make(chan struct{}), closes: make(chan []string, 1)}
	if role == ws.Server {
		p.role = ws.Client
	}
	p.encoder.Init(p.role)
	t.Cleanup(func() {
		_ = far.Close()
		c.nc.Close()
	})
	return c, p
}

// write sends bytes.
func (p *peer) write(t *testing.T, data []byte) {
	t.Helper()
	if _, err := p.nc.Write(data); err != nil {
		t.Fatal(err)
	}
}

// sendClose sends a close frame.
func (p *peer) sendClose(t *testing.T, payload string) {
	t.Helper()
	p.sent = true
	frame, _ := p.encoder.AppendControl(nil, ws.Close, payload)
	p.write(t, frame)
}

// serve reads to the end, and answers the close frame when it may.
func (p *peer) serve() {
	var closes []string
	defer func() { p.closes <- closes }()
	var decoder ws.Decoder
	decoder.Init(p.role, 0)
	buffer := make([]byte, 4<<10)
	for {
		n, err := p.nc.Read(buffer)
		if err != nil {
			break
		}
		for rest := buffer[:n]; len(rest) > 0; {
			used, ev, ok, err := decoder.Next(rest)
			rest = rest[used:]
			if err != nil {
				closes = append(closes, "more after the close frame: "+err.Error())
				break
			}
			if !ok || ev.Opcode != ws.Close {
				continue
			}
			closes = append(closes, ev.Data)
			if p.silent {
				continue
			}
			<-p.answers
			if !p.sent {
				frame, _ := p.encoder.AppendControl(nil, ws.Close, ev.Data[:min(len(ev.Data), 2)])
				_, _ = p.nc.Write(frame)
			}
			if p.role == ws.Server { // it closes first
				_ = p.nc.(*memnet.Conn).CloseWrite()
			}
		}
	}
	if !p.silent {
		_ = p.nc.Close()
	}
}

// wantsClose waits for the end of the stream and compares what has come before it.
func (p *peer) wantsClose(t *testing.T, payloads ...string) {
	t.Helper()
	select {
	case got := <-p.closes:
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", payloads) {
			t.Errorf("the peer got close frames %q, want %q", got, payloads)
		}
	case <-time.After(patience):
		t.Fatal("the peer's stream does not end")
	}
}

// wantsGone waits for the end of c, and checks what every method says from then on.
func wantsGone(t *testing.T, c *watched, reason error) {
	t.Helper()
	select {
	case <-c.Closed():
	case <-time.After(patience):
		t.Fatal("the connection does not end")
	}
	if state := c.closeState(); state != stateClosed {
		t.Errorf("the state is %d at the end", state)
	}
	if !c.nc.Closed() || !c.Ended() || c.CloseReceived() {
		t.Errorf("closed: %t, ended: %t, close received: %t", c.nc.Closed(), c.Ended(), c.CloseReceived())
	}
	for range 2 {
		if _, err := c.Read(time.Time{}); err != reason {
			t.Errorf("read returns %v, want %v", err, reason)
		}
		if _, _, err := c.TryRead(); err != reason {
			t.Errorf("a read that does not wait returns %v, want %v", err, reason)
		}
	}
	for _, op := range []ws.Opcode{ws.Text, ws.Ping, ws.Pong, ws.Close} {
		if _, _, err := c.TryWrite(op, ""); err == nil {
			t.Errorf("a write of a %v frame returns no error", op)
		}
	}
	if err := c.Write(ws.Text, strings.Repeat("x", 1<<20)); err == nil {
		t.Error("a write of a large message returns no error")
	}
}

// closeState is where c is.
func (c *watched) closeState() closeState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// roles are those of a Conn.
var roles = map[string]ws.Role{"server": ws.Server, "client": ws.Client}

// Payloads of close frames.
var (
	early     = closePayload(1000, "early") // a way to a state needs one
	ours      = closePayload(3000, "ours")  // of the Close that is tested
	theirs    = closePayload(4000, "theirs")
	goingAway = closePayload(ws.CloseGoingAway, "")
)

// reach brings c into a state.
func reach(t *testing.T, c *watched, p *peer, state closeState) {
	t.Helper()
	if state == stateCloseReceived || state == stateExchanged {
		p.sendClose(t, theirs)
		if ev, err := c.Read(time.Now().Add(patience)); err != nil || ev.Opcode != ws.Close || ev.Data != theirs {
			t.Fatalf("read returns %v, %v", ev, err)
		}
	}
	switch state {
	case stateCloseSent, stateExchanged:
		if _, _, err := c.TryWrite(ws.Close, early); err != nil {
			t.Fatal(err)
		}
		c.nc.Flush()
	case stateClosing:
		if err := c.Close(1000, "early"); err != nil {
			t.Fatal(err)
		}
	case stateClosed:
		c.Drop()
		<-c.Closed()
	}
	if got := c.closeState(); got != state {
		t.Fatalf("the state is %d, want %d", got, state)
	}
}

// TestEveryWayToCloseInEveryState: exactly one close frame leaves, none with Drop, and both sides come to their end.
func TestEveryWayToCloseInEveryState(t *testing.T) {
	t.Parallel()
	type outcome struct {
		state  closeState // after the call; one that goes on by itself may be further
		closes []string   // what the peer gets
	}
	one := func(payload string) []string { return []string{payload} }
	for way, c := range map[string]struct {
		close func(c *watched) error
		want  map[closeState]outcome
	}{
		"Close": {func(c *watched) error { return c.Close(3000, "ours") }, map[closeState]outcome{
			stateOpen:          {stateClosing, one(ours)},
			stateCloseSent:     {stateClosing, one(early)},
			stateCloseReceived: {stateExchanged, one(ours)},
			stateExchanged:     {stateExchanged, one(early)},
			stateClosing:       {stateClosing, one(early)},
			stateClosed:        {stateClosed, nil},
		}},
		"Close without a code": {func(c *watched) error { return c.Close(ws.CloseNoStatus, "") }, map[closeState]outcome{
			stateOpen:          {stateClosing, one("")},
			stateCloseSent:     {stateClosing, one(early)},
			stateCloseReceived: {stateExchanged, one(theirs[:2])},
			stateExchanged:     {stateExchanged, one(early)},
			stateClosing:       {stateClosing, one(early)},
			stateClosed:        {stateClosed, nil},
		}},
		"GoAway": {func(c *watched) error { c.GoAway(); return nil }, map[closeState]outcome{
			stateOpen:          {stateCloseSent, one(goingAway)},
			stateCloseSent:     {stateCloseSent, one(early)},
			stateCloseReceived: {stateExchanged, one(goingAway)},
			stateExchanged:     {stateExchanged, one(early)},
			stateClosing:       {stateClosing, one(early)},
			stateClosed:        {stateClosed, nil},
		}},
		"Drop": {func(c *watched) error { c.Drop(); return nil }, map[closeState]outcome{
			stateOpen:          {stateClosing, nil},
			stateCloseSent:     {stateClosing, one(early)},
			stateCloseReceived: {stateClosing, nil},
			stateExchanged:     {stateClosing, one(early)},
			stateClosing:       {stateClosing, one(early)},
			stateClosed:        {stateClosed, nil},
		}},
		"Shutdown": {func(c *watched) error { c.Shutdown(patience); return nil }, map[closeState]outcome{
			stateOpen:          {stateClosed, one(goingAway)},
			stateCloseSent:     {stateClosed, one(early)},
			stateCloseReceived: {stateClosed, one(goingAway)},
			stateExchanged:     {stateClosed, one(early)},
			stateClosing:       {stateClosed, one(early)},
			stateClosed:        {stateClosed, nil},
		}},
	} {
		for from, want := range c.want {
			for name, role := range roles {
				t.Run(fmt.Sprintf("%s/%s from state %d", name, way, from), func(t *testing.T) {
					t.Parallel()
					conn, p := connect(t, role, Config{}, 0)
					reach(t, conn, p, from)
					go p.serve()
					if want.state == stateClosed {
						close(p.answers)
					}
					for range 2 { // twice is harmless
						if err := c.close(conn); err != nil {
							t.Fatal(err)
						}
						if got := conn.closeState(); got != want.state && (got != stateClosed || want.state != stateClosing) {
							t.Errorf("the state is %d, want %d", got, want.state)
						}
						if !conn.Ended() {
							t.Error("the connection does not count as ended")
						}
					}
					if want.state != stateClosed {
						close(p.answers)
					}
					if want.state == stateCloseSent { // the reader gets the answer
						for received := false; !received; {
							ev, err := conn.Read(time.Now().Add(patience))
							if err != nil {
								t.Fatal(err)
							}
							received = ev.Opcode == ws.Close
						}
						if !conn.CloseReceived() {
							t.Error("the peer's close frame was read and does not count as received")
						}
					}
					conn.Flush()
					wantsGone(t, conn, ErrClosed)
					p.wantsClose(t, want.closes...)
				})
			}
		}
	}
}

// TestInvalidCloseChangesNothing: an error of Close is one of its arguments.
func TestInvalidCloseChangesNothing(t *testing.T) {
	t.Parallel()
	conn, p := connect(t, ws.Server, Config{}, 0)
	for _, c := range []struct {
		code   int
		reason string
	}{{999, ""}, {ws.CloseAbnormal, ""}, {ws.CloseNoStatus, "why"}, {1000, "\xff"}, {1000, strings.Repeat("x", 124)}} {
		if err := conn.Close(c.code, c.reason); err == nil {
			t.Errorf("close with %d, %.10q returns no error", c.code, c.reason)
		}
	}
	for _, payload := range []string{"x", "\x03\xe7", "\x03\xe8\xff", "\x03\xe8" + strings.Repeat("x", 124)} {
		if _, _, err := conn.TryWrite(ws.Close, payload); err == nil {
			t.Errorf("a close frame of %.10q can be written", payload)
		}
	}
	if conn.closeState() != stateOpen || conn.Ended() {
		t.Error("the connection is not open any more")
	}
	go p.serve()
	close(p.answers)
	conn.Shutdown(patience)
	p.wantsClose(t, goingAway)
}

// TestWaitingReadEnds with ErrClosed when this side closes.
func TestWaitingReadEnds(t *testing.T) {
	t.Parallel()
	for way, end := range map[string]func(c *watched){
		"Close":    func(c *watched) { _ = c.Close(1000, "") },
		"Drop":     func(c *watched) { c.Drop() },
		"Shutdown": func(c *watched) { c.Shutdown(patience) },
	} {
		for name, role := range roles {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				conn, p := connect(t, role, Config{}, 0)
				go p.serve()
				close(p.answers)
				read := make(chan error, 1)
				go func() {
					err := ErrBusy
					for err == ErrBusy { // the test looks, too
						_, err = conn.Read(time.Time{})
					}
					read <- err
				}()
				for { // until the reader has the connection
					if _, _, err := conn.TryRead(); err == ErrBusy {
						break
					}
				}
				end(conn)
				if err := <-read; err != ErrClosed {
					t.Errorf("read returns %v, want ErrClosed", err)
				}
				wantsGone(t, conn, ErrClosed)
			})
		}
	}
}

// TestSilentPeer: a peer that answers nothing holds up neither a close frame of the script nor Shutdown.
func TestSilentPeer(t *testing.T) {
	t.Parallel()
	for way, end := range map[string]func(c *watched){
		"a close frame of the script": func(c *watched) {
			_, _, _ = c.TryWrite(ws.Close, early)
			c.nc.Flush()
		},
		"Shutdown": func(c *watched) {
			_ = c.Close(1000, "early")
			begin := time.Now()
			c.Shutdown(10 * time.Millisecond)
			if took := time.Since(begin); took > patience {
				t.Errorf("shutdown took %v", took)
			}
		},
	} {
		for name, role := range roles {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				conn, p := connect(t, role, Config{}, 0)
				p.silent = true
				go p.serve()
				end(conn)
				wantsGone(t, conn, ErrClosed)
				p.wantsClose(t, early)
			})
		}
	}
}

// TestBrokenProtocolEndsTheConnection: the reader gets what was wrong, the peer its code, unless a close frame was sent.
func TestBrokenProtocolEndsTheConnection(t *testing.T) {
	t.Parallel()
	for name, role := range roles {
		for from, want := range map[closeState]string{
			stateOpen:      closePayload(ws.CloseProtocolError, ""),
			stateCloseSent: early,
		} {
			t.Run(fmt.Sprintf("%s from state %d", name, from), func(t *testing.T) {
				t.Parallel()
				conn, p := connect(t, role, Config{}, 0)
				reach(t, conn, p, from)
				p.write(t, []byte{0x83, 0x00})
				go p.serve()
				close(p.answers)
				_, err := conn.Read(time.Now().Add(patience))
				var violation *ws.Error
				if !errors.As(err, &violation) {
					t.Fatalf("read returns %v, want a violation of the protocol", err)
				}
				wantsGone(t, conn, err)
				p.wantsClose(t, want)
			})
		}
	}
}

// TestIdlePeerIsPingedAndGivenUp while a read waits.
func TestIdlePeerIsPingedAndGivenUp(t *testing.T) {
	t.Parallel()
	for name, role := range roles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, p := connect(t, role, Config{PingInterval: 5 * time.Millisecond, IdleTimeout: 20 * time.Millisecond}, 0)
			p.silent = true
			go p.serve()
			if _, err := conn.Read(time.Time{}); err != ErrIdle {
				t.Fatalf("read returns %v, want ErrIdle", err)
			}
			if conn.alive.pings == 0 {
				t.Error("no ping was sent")
			}
			_ = p.nc.(*memnet.Conn).CloseWrite() // else the connection waits for it
			wantsGone(t, conn, ErrIdle)
			p.wantsClose(t, closePayload(ws.CloseGoingAway, "idle timeout"))
		})
	}
}

// TestVanishedPeer: there is nobody to shake hands with.
func TestVanishedPeer(t *testing.T) {
	t.Parallel()
	for name, role := range roles {
		for _, from := range []closeState{stateOpen, stateCloseSent} {
			t.Run(fmt.Sprintf("%s from state %d", name, from), func(t *testing.T) {
				t.Parallel()
				conn, p := connect(t, role, Config{}, 0)
				reach(t, conn, p, from)
				frame := p.encoder.AppendMessage(nil, ws.Text, "partial")
				p.write(t, frame[:len(frame)-3])
				_ = p.nc.Close()
				if _, err := conn.Read(time.Now().Add(patience)); err != ErrEndOfFile {
					t.Fatalf("read returns %v, want the end", err)
				}
				if got := conn.TakePartial(); got != "part" {
					t.Errorf("of the message %q is there", got)
				}
				wantsGone(t, conn, ErrEndOfFile)
			})
		}
	}
}

// TestSlowPeer: one that reads nothing for the write timeout is given up, whoever waits.
func TestSlowPeer(t *testing.T) {
	t.Parallel()
	for name, role := range roles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, p := connect(t, role, Config{}, 20*time.Millisecond)
			read := make(chan error, 1)
			go func() {
				_, err := conn.Read(time.Time{})
				read <- err
			}()
			if err := conn.Write(ws.Binary, strings.Repeat("x", 8<<20)); err != netconn.ErrSlowPeer {
				t.Errorf("write returns %v, want ErrSlowPeer", err)
			}
			if err := <-read; err != netconn.ErrSlowPeer {
				t.Errorf("read returns %v, want ErrSlowPeer", err)
			}
			wantsGone(t, conn, netconn.ErrSlowPeer)
			_, _ = io.Copy(io.Discard, p.nc)
		})
	}
}

// TestDropWaitsForNoAnswer: what is queued leaves, a close frame does not, and a silent peer is not waited for.
func TestDropWaitsForNoAnswer(t *testing.T) {
	t.Parallel()
	for name, role := range roles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, p := connect(t, role, Config{}, 0)
			p.silent = true
			if _, _, err := conn.TryWrite(ws.Text, "last"); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			conn.Drop()
			wantsGone(t, conn, ErrClosed)
			if took := time.Since(begin); took >= closeTimeout {
				t.Errorf("the connection is gone after %v", took)
			}
			all, err := io.ReadAll(p.nc)
			if err != nil {
				t.Fatal(err)
			}
			var decoder ws.Decoder
			decoder.Init(p.role, 0)
			n, ev, ok, err := decoder.Next(all)
			if !ok || err != nil || ev.Data != "last" || n < len(all) {
				t.Errorf("the peer got %v %q, %v, and %q", ev.Opcode, ev.Data, err, all[n:])
			}
		})
	}
}

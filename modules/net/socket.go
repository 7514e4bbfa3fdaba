package net

import (
	gonet "net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/errno"
	"silly/internal/packetconn"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/internal/streamconn"
	"silly/luahost"
	"silly/modules/internal/memory"
	"silly/modules/internal/socket"
)

// maxUnsent is how many bytes may wait for a peer before nothing more is sent to it.
const maxUnsent = 16 << 20

// A stream is a TCP connection whose events call functions. The holder of the VM lock owns its fields.
type stream struct {
	calls
	binding *binding
	fd      int64
	conn    *streamconn.Conn
	on      events
	closer  *luahost.Closer
	slot    sched.WaitSlot
	mark    uint64 // see sched.ScheduleFlush
}

// watch waits for the next bytes.
func (s *stream) watch() {
	if !s.conn.Closed() && !s.full() {
		s.binding.tasks.Watch(&s.slot, s)
	}
}

// Start implements sched.Event.
func (s *stream) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return s.conn.Begin(p, owner, streamconn.Want{Some: true}, time.Time{})
}

// Proceed implements sched.Event.
func (s *stream) Proceed() (over bool, due time.Time) { return s.conn.Proceed() }

// OnReady implements sched.Event.
func (s *stream) OnReady(*lua.LState) {
	data, err := s.conn.Result()
	switch {
	case s.conn.Closed():
	case err != nil:
		delete(s.binding.sockets, s.fd)
		_ = s.close()
		s.call(s.binding, s.on.closed, lua.LNumber(s.fd), lua.LString(errno.Text(err)))
	default:
		s.call(s.binding, s.on.data, lua.LNumber(s.fd), memory.New(data), lua.LNumber(len(data)))
		s.watch()
	}
}

// send puts pieces into the outbox.
func (s *stream) send(pieces []string) error {
	if s.unsent() > maxUnsent {
		return syscall.ENOBUFS
	}
	_, err := s.conn.Write(pieces...)
	if err == nil {
		s.binding.tasks.ScheduleFlush(&s.mark, s.conn)
	}
	return err
}

func (s *stream) unsent() int { return s.conn.Transport().Queued() }

func (s *stream) close() error {
	if !s.conn.Close() {
		return gonet.ErrClosed
	}
	s.closer.Forget()
	s.binding.tasks.StopTimer(&s.slot)
	socket.HangUp(s.binding.env, s.conn)
	return nil
}

// packets is a UDP socket whose events call functions. The holder of the VM lock owns its fields.
type packets struct {
	calls
	binding *binding
	fd      int64
	conn    *packetconn.Conn
	on      events
	closer  *luahost.Closer
	slot    sched.WaitSlot
	receive *packetconn.Receive // the wait
	closed  bool
}

// watch waits for the next datagram.
func (p *packets) watch() {
	if !p.closed && !p.full() {
		p.receive = new(packetconn.Receive)
		p.binding.tasks.Watch(&p.slot, p)
	}
}

// Start implements sched.Event.
func (p *packets) Start(poller *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return p.receive.Begin(p.conn, poller, owner, time.Time{})
}

// Proceed implements sched.Event.
func (p *packets) Proceed() (over bool, due time.Time) { return p.receive.Proceed() }

// OnReady implements sched.Event.
func (p *packets) OnReady(*lua.LState) {
	packet, err := p.receive.Result()
	switch {
	case p.closed:
	case err != nil:
		delete(p.binding.sockets, p.fd)
		_ = p.close()
		p.call(p.binding, p.on.closed, lua.LNumber(p.fd), lua.LString(errno.Text(err)))
	default:
		data, from := packet.Data, packet.From.String()
		p.call(p.binding, p.on.data, lua.LNumber(p.fd), memory.New(data), lua.LNumber(len(data)), lua.LString(from))
		p.watch()
	}
}

// send sends a datagram, to the peer if there is no address.
func (p *packets) send(pieces []string, addr string) (err error) {
	var to netip.AddrPort
	if addr != "" {
		if to, err = socket.PacketAddress(addr); err != nil {
			return err
		}
	}
	return p.conn.Send([]byte(strings.Join(pieces, "")), to)
}

func (p *packets) unsent() int { return p.conn.Unsent() }

func (p *packets) close() error {
	p.closed = true
	p.closer.Forget()
	return p.conn.Close()
}

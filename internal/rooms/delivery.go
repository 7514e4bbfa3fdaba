package rooms

import (
	"unicode/utf8"

	"silly/internal/ws"
	"silly/internal/wsconn"
	"silly/luahost/backplane"
)

// A Delivery is a message on its way to the connections of a room, with what was encoded for them. One goroutine uses it,
// except Message.
type Delivery struct {
	backplane.Message
	except Receiver
	frames [2]wsconn.Prepared // by Type
	opcode ws.Opcode          // of Text; 0 until somebody asks
}

// Opcode is that of a frame of a type.
func (d *Delivery) op(how Type) ws.Opcode {
	if how == Binary {
		return ws.Binary
	}
	if d.opcode == 0 {
		d.opcode = ws.Text
		if !utf8.ValidString(d.Data) {
			d.opcode = ws.Binary
		}
	}
	return d.opcode
}

// A WebSocket is a connection that gets messages as frames. It implements Receiver.
type WebSocket struct{ *wsconn.Conn }

// Append implements Receiver.
func (s WebSocket) Append(d *Delivery, how Type) (later bool, err error) {
	_, later, err = s.TryWriteNext(&d.frames[how], d.op(how), d.Data)
	return later, err
}

// Write implements Receiver.
func (s WebSocket) Write(d *Delivery, how Type) error {
	op := ws.Binary
	if how == Text && utf8.ValidString(d.Data) {
		op = ws.Text
	}
	return s.Conn.Write(op, d.Data)
}

// Unsent implements Receiver.
func (s WebSocket) Unsent() int { return s.Transport().Queued() }

// CloseSlow implements Receiver: the close code is 1013, try again later.
func (s WebSocket) CloseSlow() { _ = s.Close(ws.CloseTryAgainLater, "too slow") }

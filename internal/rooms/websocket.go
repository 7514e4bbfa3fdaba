package rooms

import (
	"silly/internal/ws"
	"silly/internal/wsconn"
)

// A WebSocket is a connection that gets messages as frames. It implements Receiver.
type WebSocket struct{ *wsconn.Conn }

// Append implements Receiver.
func (s WebSocket) Append(d *Delivery, how Type) (later bool, err error) {
	op, data := d.frame(how)
	_, later, err = s.TryWriteNext(&d.frames[how], op, data)
	return later, err
}

// Write implements Receiver.
func (s WebSocket) Write(d *Delivery, how Type) error {
	switch how { // on another goroutine than Append
	case Binary:
		return s.Conn.Write(ws.Binary, d.Data)
	case JSON:
		return s.Conn.Write(ws.Text, objectOf(&d.Message))
	}
	return s.Conn.Write(textOrBinary(d.Data), d.Data)
}

// Unsent implements Receiver.
func (s WebSocket) Unsent() int { return s.Transport().Queued() }

// CloseSlow implements Receiver: the close code is 1013, try again later.
func (s WebSocket) CloseSlow() { _ = s.Close(ws.CloseTryAgainLater, "too slow") }

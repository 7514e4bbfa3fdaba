package topic

import (
	"strconv"
	"strings"

	"silly/internal/httpserver"
	"silly/internal/rooms"
	"silly/internal/wsconn"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// receiver returns the connection of a Lua value, a WebSocket socket or a stream of an HTTP server, nil if it is neither; and
// what is wrong with it now.
func (b *binding) receiver(v lua.LValue) (r rooms.Receiver, err error) {
	switch v := luahost.ValueOf(v).(type) {
	case interface{ WebSocket() *wsconn.Conn }:
		conn := v.WebSocket()
		if conn.Ended() {
			err = wsconn.ErrClosed
		}
		return rooms.WebSocket{Conn: conn}, err
	case *httpserver.Exchange:
		return eventStream{v, b.env}, v.Writable()
	}
	return nil, nil
}

// checkReceiver is receiver of argument n; it raises when that is neither.
func (b *binding) checkReceiver(L *lua.LState, n int) (r rooms.Receiver, err error) {
	if r, err = b.receiver(L.Get(n)); r == nil {
		luahost.ArgumentError(L, n, "websocket socket or http stream expected, got "+luahost.TypeName(L, L.Get(n)))
	}
	return r, err
}

// An eventStream is a response that gets messages as server-sent events (HTML Standard, section Server-sent events). It
// implements rooms.Receiver.
type eventStream struct {
	*httpserver.Exchange
	env *luahost.Env
}

// Append implements rooms.Receiver: the response is written to with the VM lock, which may take its time.
func (eventStream) Append(*rooms.Delivery, rooms.Type) (later bool, err error) { return true, nil }

// Write implements rooms.Receiver.
func (s eventStream) Write(d *rooms.Delivery, _ rooms.Type) error {
	event := appendEvent(nil, d.ID, d.Header["event"], d.Data)
	full, err := false, httpserver.ErrClosed
	s.env.Do(func(*lua.LState) { full, err = s.Exchange.Write(string(event)) })
	if full {
		err = s.Drain()
	}
	return err
}

// Unsent implements rooms.Receiver.
func (s eventStream) Unsent() int { return s.Queued() }

// Flush implements rooms.Receiver: what was written with the VM lock leaves when that is released.
func (eventStream) Flush() {}

// CloseSlow implements rooms.Receiver.
func (s eventStream) CloseSlow() { s.env.Do(func(*lua.LState) { s.Close() }) }

// appendEvent appends an event. id is 0 for none, name is "" for the default, "message".
func appendEvent(out []byte, id uint64, name, data string) []byte {
	if id > 0 {
		out = append(strconv.AppendUint(append(out, "id: "...), id, 10), '\n')
	}
	if name != "" && !strings.ContainsAny(name, "\r\n") {
		out = append(append(append(out, "event: "...), name...), '\n')
	}
	// Each way to end a line would end a field.
	data = strings.ReplaceAll(strings.ReplaceAll(data, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(data, "\n") {
		out = append(append(append(out, "data: "...), line...), '\n')
	}
	return append(out, '\n')
}

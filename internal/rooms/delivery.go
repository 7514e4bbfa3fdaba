package rooms

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"silly/internal/ws"
	"silly/internal/wsconn"
	"silly/luahost/backplane"
)

// A Delivery is a message on its way to the connections of a room, with what was encoded for them. One goroutine uses it,
// except Message.
type Delivery struct {
	backplane.Message
	frames [3]wsconn.Prepared // by Type
	opcode ws.Opcode          // of Text; 0 until somebody asks
	object string             // of JSON; "" until somebody asks
}

// isFor reports whether a connection gets the message.
func (d *Delivery) isFor(r Receiver) bool { return d.Except == nil || d.Except != any(r) }

// frame is what a frame of a type has.
func (d *Delivery) frame(how Type) (op ws.Opcode, data string) {
	switch how {
	case Binary:
		return ws.Binary, d.Data
	case JSON:
		if d.object == "" {
			d.object = objectOf(&d.Message)
		}
		return ws.Text, d.object
	}
	if d.opcode == 0 {
		d.opcode = textOrBinary(d.Data)
	}
	return d.opcode, d.Data
}

// textOrBinary is the type of a frame with data.
func textOrBinary(data string) ws.Opcode {
	if utf8.ValidString(data) {
		return ws.Text
	}
	return ws.Binary
}

// objectOf is a message in JSON.
func objectOf(m *backplane.Message) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(struct { // of strings and a number, which cannot fail
		Topic  string            `json:"topic"`
		Data   string            `json:"data"`
		ID     uint64            `json:"id,omitempty"`
		Header map[string]string `json:"header,omitempty"`
	}{m.Topic, m.Data, m.ID, m.Header})
	return strings.TrimSuffix(b.String(), "\n")
}

// Package ws is the WebSocket protocol of RFC 6455 and its compression of RFC 7692, without I/O.
//
// Everything in it turns bytes into values or values into bytes: a Decoder is fed what arrived and
// hands out messages, an Encoder and the Append functions write frames behind what a buffer already
// holds, and the handshake functions read and write HTTP heads. Nothing here waits, starts a
// goroutine or knows a script, so the layer that owns the connection decides when to read, when to
// flush and what a timeout means.
//
// A value of this package belongs to one goroutine at a time; different values share nothing that
// is not safe for concurrent use.
package ws

// Role is the side of a connection. It decides who masks: a client masks every frame, a server
// none (RFC 6455 section 5.1).
type Role uint8

// The two sides of a connection.
const (
	Server Role = iota
	Client
)

// Opcode is the kind of a frame (RFC 6455 section 5.2).
type Opcode uint8

// The opcodes that RFC 6455 defines. All others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// IsControl reports whether frames of opcode o are control frames: at most 125 bytes, never
// fragmented, and allowed between the fragments of a message (RFC 6455 section 5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// String returns the name that RFC 6455 gives the opcode, in lower case.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return "reserved"
}

// Event is one thing that arrived: a whole data message, or a control frame.
type Event struct {
	// Opcode is Text or Binary for a message, Close, Ping or Pong for a control frame.
	Opcode Opcode
	// Code is the close code of a Close: CloseNoStatus when its payload is empty. It is zero for
	// every other opcode.
	Code int
	// Data is the payload, unmasked and decompressed. The payload of a Close is its code in two
	// bytes and its reason.
	Data string
}

// Reason returns the text that follows the code in a Close, and "" for every other event.
func (e Event) Reason() string {
	if e.Opcode != Close || len(e.Data) < closeCodeSize {
		return ""
	}
	return e.Data[closeCodeSize:]
}

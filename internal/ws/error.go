package ws

import "errors"

// Error is a violation of the protocol by the peer.
type Error struct {
	// Code is the close code to answer with (RFC 6455 section 7.4.1).
	Code int
	// Text says what was wrong, in lower case.
	Text string
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

var (
	// ErrClosed is what a Decoder returns after a Close frame: what follows one has no meaning
	// (RFC 6455 section 5.5.1).
	ErrClosed = errors.New("the peer has sent its close frame")
	// ErrControlTooLong refuses to write a control frame of more than MaxControlPayload bytes.
	ErrControlTooLong = errors.New("control frame payload exceeds 125 bytes")
	// ErrNotControl refuses to write a data frame as a control frame.
	ErrNotControl = errors.New("opcode is not that of a control frame")
	// ErrCloseCode refuses to write a close code that no endpoint may send.
	ErrCloseCode = errors.New("close code may not be sent")
	// ErrCloseReason refuses to write a close reason that is not UTF-8.
	ErrCloseReason = errors.New("close reason is not valid utf-8")
)

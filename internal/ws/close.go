package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Close codes (RFC 6455 section 7.4.1 and the IANA registry of WebSocket close codes).
const (
	CloseNormal              = 1000
	CloseGoingAway           = 1001
	CloseProtocolError       = 1002
	CloseUnsupportedData     = 1003
	CloseNoStatus            = 1005 // never on the wire: the close frame had no payload
	CloseAbnormal            = 1006 // never on the wire: the connection ended without a close frame
	CloseInvalidPayload      = 1007
	ClosePolicyViolation     = 1008
	CloseMessageTooBig       = 1009
	CloseMandatoryExtension  = 1010
	CloseInternalError       = 1011
	CloseServiceRestart      = 1012
	CloseTryAgainLater       = 1013
	CloseBadGateway          = 1014
	CloseTLSHandshakeFailure = 1015 // never on the wire
)

// closeCodeSize is the size of the code at the start of a close payload.
const closeCodeSize = 2

// MaxCloseReason is the number of bytes that a close reason may have beside its code.
const MaxCloseReason = MaxControlPayload - closeCodeSize

// ValidCloseCode reports whether code may appear in a close frame: those that the IANA registry
// assigns and does not keep off the wire, and the ranges that RFC 6455 section 7.4.2 leaves to
// libraries (3000 to 3999) and applications (4000 to 4999).
func ValidCloseCode(code int) bool {
	switch {
	case code >= 1000 && code <= 1003:
		return true
	case code >= 1007 && code <= 1014:
		return true
	}
	return code >= 3000 && code <= 4999
}

// ClosePayload returns the payload of a close frame. The code CloseNoStatus stands for an empty
// payload, which has no room for a reason.
func ClosePayload(code int, reason string) (string, error) {
	if code == CloseNoStatus && reason == "" {
		return "", nil
	}
	if !ValidCloseCode(code) {
		return "", ErrCloseCode
	}
	if len(reason) > MaxCloseReason {
		return "", ErrControlTooLong
	}
	if !utf8.ValidString(reason) {
		return "", ErrCloseReason
	}
	payload := make([]byte, closeCodeSize, closeCodeSize+len(reason))
	binary.BigEndian.PutUint16(payload, uint16(code))
	return string(append(payload, reason...)), nil
}

// parseClose returns the code of a close payload (RFC 6455 section 5.5.1), or what is wrong with
// the payload.
func parseClose(payload string) (code int, problem *Error) {
	if payload == "" {
		return CloseNoStatus, nil
	}
	if len(payload) < closeCodeSize {
		return 0, &Error{CloseProtocolError, "close frame has a payload of one byte"}
	}
	code = int(payload[0])<<8 | int(payload[1])
	if !ValidCloseCode(code) {
		return 0, &Error{CloseProtocolError, fmt.Sprintf("close code %d is not allowed", code)}
	}
	if !utf8.ValidString(payload[closeCodeSize:]) {
		return 0, &Error{CloseInvalidPayload, "close reason is not valid utf-8"}
	}
	return code, nil
}

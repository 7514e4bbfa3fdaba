package ws

import (
	"encoding/binary"
	"slices"
)

// The first two bytes of a frame header (RFC 6455 section 5.2).
const (
	finBit     = 0x80
	rsv1Bit    = 0x40
	rsvBits    = 0x70
	opcodeBits = 0x0F

	maskBit    = 0x80
	lengthBits = 0x7F
	length16   = 126 // the length follows in 2 bytes
	length64   = 127 // the length follows in 8 bytes
)

const (
	// MaxHeaderSize is the size of the longest frame header: two bytes, a length in eight, a
	// masking key in four.
	MaxHeaderSize = 2 + 8 + maskSize
	// MaxControlPayload is what a control frame may carry (RFC 6455 section 5.5).
	MaxControlPayload = 125

	maskSize = 4
)

// AppendHeader appends the header of a frame whose payload has length bytes. A caller that need not
// mask can so send a large payload from where it lies. The length is encoded minimally, as RFC 6455
// section 5.2 demands.
func AppendHeader(dst []byte, fin, rsv1 bool, op Opcode, mask *[4]byte, length int) []byte {
	first := byte(op)
	if fin {
		first |= finBit
	}
	if rsv1 {
		first |= rsv1Bit
	}
	masked := byte(0)
	if mask != nil {
		masked = maskBit
	}

	switch {
	case length < length16:
		dst = append(dst, first, masked|byte(length))
	case length <= 0xFFFF:
		dst = append(dst, first, masked|length16, byte(length>>8), byte(length))
	default:
		dst = append(dst, first, masked|length64)
		dst = binary.BigEndian.AppendUint64(dst, uint64(length))
	}
	if mask == nil {
		return dst
	}
	return append(dst, mask[:]...)
}

// AppendFrame appends one frame, its payload masked with mask unless that is nil. It checks
// nothing: it can write frames that the protocol forbids.
func AppendFrame[P ~string | ~[]byte](dst []byte, fin, rsv1 bool, op Opcode, mask *[4]byte, payload P) []byte {
	dst = slices.Grow(dst, MaxHeaderSize+len(payload))
	dst = AppendHeader(dst, fin, rsv1, op, mask, len(payload))
	start := len(dst)
	dst = append(dst, payload...)
	if mask != nil {
		applyMask(dst[start:], binary.LittleEndian.Uint32(mask[:]))
	}
	return dst
}

package cipher

import (
	"crypto/cipher"
	"encoding/binary"

	"golang.org/x/crypto/chacha20"
)

const chachaBlock = 64

// chacha is ChaCha20 as OpenSSL has it: the IV is a counter of 64 bits, little-endian, and a nonce of 64 bits. That of RFC
// 8439, which package chacha20 has, is one of 32 bits and a nonce of 96: it is the same until the lower half overflows.
type chacha struct {
	key, nonce []byte // of RFC 8439
	stream     *chacha20.Cipher
	left       uint64 // bytes before the lower half of the counter overflows
}

func newChaCha20(key, iv []byte) cipher.Stream {
	c := &chacha{key: append([]byte(nil), key...), nonce: append([]byte(nil), iv[4:]...)}
	c.start(binary.LittleEndian.Uint32(iv))
	return c
}

// start makes the stream from a lower half of the counter on.
func (c *chacha) start(counter uint32) {
	c.stream, _ = chacha20.NewUnauthenticatedCipher(c.key, c.nonce) // fails for lengths only
	c.stream.SetCounter(counter)
	c.left = (1<<32 - uint64(counter)) * chachaBlock
}

// XORKeyStream implements cipher.Stream.
func (c *chacha) XORKeyStream(dst, src []byte) {
	for uint64(len(src)) > c.left {
		n := c.left
		c.stream.XORKeyStream(dst[:n], src[:n])
		dst, src = dst[n:], src[n:]
		binary.LittleEndian.PutUint32(c.nonce, binary.LittleEndian.Uint32(c.nonce)+1)
		c.start(0)
	}
	c.stream.XORKeyStream(dst, src)
	c.left -= uint64(len(src))
}

package cipher

import (
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// tagLen is the length of a tag, in bytes.
const tagLen = 16

// errDecryption is why decryption fails, whatever is wrong: who could tell apart whether padding or data are, could decrypt.
var errDecryption = errors.New("decryption failed")

// A context encrypts or decrypts one message. It knows no Lua.
type context struct {
	algorithm
	encrypts bool
	padding  bool

	blocks cipher.BlockMode // of a padded mode
	stream cipher.Stream
	seal   cipher.AEAD
	iv     []byte

	// pending is what has not been worked on: less than a block, and the last block of what is decrypted, since it has the
	// padding; of an AEAD the whole message, so that nothing is given out that is not authentic.
	pending []byte
	aad     []byte
	tag     []byte // nil when there is none yet
	begun   bool
	ended   bool
}

// reset begins a message. problem says what is wrong with the argument with the given number: the key is 2, the IV 3.
func (x *context) reset(key, iv []byte) (argument int, problem string) {
	if len(key) != x.keyLen {
		return 2, fmt.Sprintf("key length need:%d got:%d", x.keyLen, len(key))
	}
	if len(iv) != x.ivLen {
		return 3, fmt.Sprintf("iv length need:%d got:%d", x.ivLen, len(iv))
	}
	x.iv = iv
	x.pending, x.aad, x.tag, x.begun, x.ended = nil, nil, nil, false, false
	switch x.mode {
	case chacha20Stream:
		x.stream = newChaCha20(key, iv)
		return 0, ""
	case chacha20Poly1305:
		x.seal, _ = chacha20poly1305.New(key) // fails for the length of the key only, as all below
		return 0, ""
	}
	block, _ := x.block(key)
	switch {
	case x.mode == ecb:
		x.blocks = newECB(block, x.encrypts)
	case x.mode == cbc && x.encrypts:
		x.blocks = cipher.NewCBCEncrypter(block, iv)
	case x.mode == cbc:
		x.blocks = cipher.NewCBCDecrypter(block, iv)
	case x.mode == ctr:
		x.stream = cipher.NewCTR(block, iv)
	case x.mode == cfb && x.encrypts:
		//lint:ignore SA1019 what is old must be read
		x.stream = cipher.NewCFBEncrypter(block, iv)
	case x.mode == cfb:
		//lint:ignore SA1019 what is old must be read
		x.stream = cipher.NewCFBDecrypter(block, iv)
	case x.mode == ofb:
		//lint:ignore SA1019 what is old must be read
		x.stream = cipher.NewOFB(block, iv)
	case x.mode == gcm:
		x.seal, _ = cipher.NewGCM(block)
	}
	return 0, ""
}

// update works on data and returns what is ready of the result.
func (x *context) update(data string) []byte {
	x.begun = true
	if x.stream != nil {
		out := []byte(data)
		x.stream.XORKeyStream(out, out)
		return out
	}
	x.pending = append(x.pending, data...)
	if x.seal != nil {
		return nil
	}
	size := x.blocks.BlockSize()
	n := len(x.pending) / size * size
	if n == len(x.pending) && n > 0 && !x.encrypts && x.padding {
		n -= size
	}
	out := x.pending[:n:n]
	x.pending = append([]byte(nil), x.pending[n:]...)
	x.blocks.CryptBlocks(out, out)
	return out
}

// final ends the message and returns the rest of the result.
func (x *context) final() ([]byte, error) {
	x.ended = true
	rest := x.pending
	x.pending = nil
	switch {
	case x.seal != nil && x.encrypts:
		out := x.seal.Seal(nil, x.iv, rest, x.aad)
		x.tag = out[len(rest):]
		return out[:len(rest)], nil
	case x.seal != nil && x.tag == nil:
		return nil, errors.New("no tag was set")
	case x.seal != nil:
		out, err := x.seal.Open(nil, x.iv, append(rest, x.tag...), x.aad)
		if err != nil {
			return nil, errDecryption
		}
		return out, nil
	case x.stream != nil:
		return nil, nil
	case x.encrypts && x.padding:
		n := x.blocks.BlockSize() - len(rest)
		for range n {
			rest = append(rest, byte(n))
		}
	case len(rest)%x.blocks.BlockSize() != 0:
		return nil, errors.New("the data are no whole number of blocks")
	}
	x.blocks.CryptBlocks(rest, rest)
	if !x.encrypts && x.padding {
		return unpad(rest, x.blocks.BlockSize())
	}
	return rest, nil
}

// unpad takes the padding of PKCS #7 (RFC 5652 section 6.3) off the last block. Its time does not tell what is wrong.
func unpad(block []byte, size int) ([]byte, error) {
	if len(block) != size {
		return nil, errDecryption
	}
	n := int(block[size-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, size)
	for i, c := range block {
		inside := subtle.ConstantTimeLessOrEq(size-n, i)
		good &= subtle.ConstantTimeSelect(inside, subtle.ConstantTimeByteEq(c, byte(n)), 1)
	}
	if good != 1 {
		return nil, errDecryption
	}
	return block[:size-n], nil
}

// ecbMode is electronic codebook, which Go leaves out because it hides little: equal blocks become equal blocks.
type ecbMode struct {
	cipher.Block
	crypt func(dst, src []byte)
}

func newECB(b cipher.Block, encrypts bool) cipher.BlockMode {
	if encrypts {
		return ecbMode{b, b.Encrypt}
	}
	return ecbMode{b, b.Decrypt}
}

// CryptBlocks implements cipher.BlockMode.
func (e ecbMode) CryptBlocks(dst, src []byte) {
	for size := e.BlockSize(); len(src) > 0; dst, src = dst[size:], src[size:] {
		e.crypt(dst[:size], src[:size])
	}
}

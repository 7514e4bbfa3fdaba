package ws

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// keySources holds generators of masking keys. RFC 6455 section 5.3 wants keys that cannot be
// predicted from earlier ones, or a script could choose what bytes appear on the wire; ChaCha8
// seeded by the operating system gives them at a fraction of the price of a read of crypto/rand.
// One generator serves one caller at a time, so that hosts share no state.
var keySources = sync.Pool{New: func() any {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails: it ends the program instead
	return rand.NewChaCha8(seed)
}}

// newMaskKey returns a fresh masking key.
func newMaskKey() (key [4]byte) {
	source := keySources.Get().(*rand.ChaCha8)
	binary.LittleEndian.PutUint32(key[:], uint32(source.Uint64()))
	keySources.Put(source)
	return key
}

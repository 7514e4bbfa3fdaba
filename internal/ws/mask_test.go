package ws

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestMaskIsThatOfRFC6455 compares with section 5.3 taken by the letter, for every length up to
// several words, every alignment, and every place to cut the payload in two.
func TestMaskIsThatOfRFC6455(t *testing.T) {
	t.Parallel()
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	number := binary.LittleEndian.Uint32(key[:])
	random := rand.New(rand.NewPCG(1, 2))
	memory := make([]byte, 200)
	for length := range 150 {
		for offset := range 8 {
			for i := range memory {
				memory[i] = byte(random.Uint32())
			}
			before := bytes.Clone(memory)
			want := bytes.Clone(memory)
			for i := range length {
				want[offset+i] ^= key[i%4]
			}
			cut := random.IntN(length + 1)
			next := applyMask(memory[offset:offset+cut], number)
			next = applyMask(memory[offset+cut:offset+length], next)
			if !bytes.Equal(memory, want) {
				t.Fatalf("length %d at %d, cut at %d:\nfrom % x\ngot  % x\nwant % x", length, offset, cut, before, memory, want)
			}
			var rotated [4]byte
			binary.LittleEndian.PutUint32(rotated[:], next)
			for i := range rotated {
				if rotated[i] != key[(length+i)%4] {
					t.Fatalf("length %d: next key is % x", length, rotated)
				}
			}
		}
	}
}

func TestZeroMaskChangesNothing(t *testing.T) {
	t.Parallel()
	p := []byte("hello")
	if next := applyMask(p, 0); next != 0 || string(p) != "hello" {
		t.Errorf("got %q and key %d", p, next)
	}
}

// TestMaskKeysDiffer is no proof that the keys are random (RFC 6455 section 5.3), but that there is
// a new one each time.
func TestMaskKeysDiffer(t *testing.T) {
	t.Parallel()
	seen := map[[4]byte]bool{}
	for range 1000 {
		seen[newMaskKey()] = true
	}
	if len(seen) < 990 {
		t.Errorf("1000 keys, only %d different", len(seen))
	}
}

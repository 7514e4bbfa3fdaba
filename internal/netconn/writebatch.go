package netconn

import "sync"

// A writeBatch is what a goroutine hands to the kernel next.
type writeBatch struct {
	pieces [][]byte // of the outbox, or one: TLS records that stand for its first bytes. They lie in array
	plain  int      // how many bytes of the outbox the pieces are, or the records stand for
	wire   *[]byte  // memory of the records, of which pieces has the rest; nil without TLS
	array  [maxPieces][]byte
	call   batchCall
}

var writeBatches = sync.Pool{New: func() any {
	b := new(writeBatch)
	b.call.init(b)
	return b
}}

// release gives b back. It keeps no reference to what was sent.
func (b *writeBatch) release() {
	clear(b.array[:])
	b.pieces, b.plain = nil, 0
	writeBatches.Put(b)
}

package netconn

import (
	"sync"
	"unsafe"
)

const (
	firstOutbox = 400
	// keptBuffer is the largest buffer that is kept for later use: a large frame and its header, or the TLS
	// records of one, fit.
	keptBuffer = 80 << 10
)

// An outbox is what waits to be sent: bytes, and between them strings, which are sent from where they lie.
type outbox struct {
	bytes []byte
	head  int // where the unsent ones begin
	// strings[next:] are unsent, too. Those before next are empty.
	strings []insertion
	next    int
	queued  int // what is unsent, in bytes
	// first is the memory for bytes that they begin with. Few bytes then lie next to the rest.
	first [firstOutbox]byte
}

// An insertion is sent before bytes[at].
type insertion struct {
	at   int
	data string
}

var outboxes = sync.Pool{New: func() any {
	o := new(outbox)
	o.bytes = o.first[:0]
	return o
}}

// release gives an outbox back that is empty, or whose content is not needed any more. Nobody may be
// flushing it.
func (o *outbox) release() {
	o.bytes = o.bytes[:0]
	if cap(o.bytes) > keptBuffer {
		o.bytes = o.first[:0]
	}
	clear(o.strings)
	o.strings = o.strings[:0]
	o.head, o.next, o.queued = 0, 0, 0
	outboxes.Put(o)
}

// append adds what encode appends to its argument, and then the string that encode returns.
func (o *outbox) append(flushing bool, encode func(dst []byte) ([]byte, string)) {
	o.compact(flushing)
	before := len(o.bytes)
	var data string
	o.bytes, data = encode(o.bytes)
	o.queued += len(o.bytes) - before
	if data == "" {
		return
	}
	o.queued += len(data)
	if o.next > 0 && len(o.strings) == cap(o.strings) {
		rest := copy(o.strings, o.strings[o.next:])
		clear(o.strings[rest:])
		o.strings, o.next = o.strings[:rest], 0
	}
	o.strings = append(o.strings, insertion{len(o.bytes), data})
}

// prepend adds data to the front. Nobody may be flushing it.
func (o *outbox) prepend(data string) {
	shift := len(data) - o.head
	o.bytes = append([]byte(data), o.bytes[o.head:]...)
	o.head = 0
	for i := range o.strings[o.next:] {
		o.strings[o.next+i].at += shift
	}
	o.queued += len(data)
}

// compact drops the bytes that were sent already when that is the larger part. While a goroutine is flushing
// the bytes stay where they are, and the rest moves to a new place.
func (o *outbox) compact(flushing bool) {
	if o.head <= batch && o.head*2 <= len(o.bytes) || o.head == 0 {
		return
	}
	rest := o.bytes[o.head:]
	if flushing {
		o.bytes = append(make([]byte, 0, 2*len(rest)), rest...)
	} else {
		o.bytes = append(o.bytes[:0], rest...)
	}
	for i := range o.strings[o.next:] {
		o.strings[o.next+i].at -= o.head
	}
	o.head = 0
}

// pieces appends to dst what is to be sent next, of at most limit bytes, as far as the capacity of dst goes,
// and returns how many bytes that is. The pieces must not be changed.
func (o *outbox) pieces(dst [][]byte, limit int) (_ [][]byte, size int) {
	head, next := o.head, o.next
	for len(dst) < cap(dst) && size < limit {
		var p []byte
		switch {
		case next < len(o.strings) && o.strings[next].at == head:
			data := o.strings[next].data
			p = unsafe.Slice(unsafe.StringData(data), len(data))
			next++
		case next < len(o.strings):
			p = o.bytes[head:o.strings[next].at]
			head += len(p)
		default:
			p = o.bytes[head:]
			head += len(p)
		}
		if len(p) == 0 {
			break
		}
		p = p[:min(len(p), limit-size)]
		size += len(p)
		dst = append(dst, p)
	}
	return dst, size
}

// drop forgets the first n bytes: they were sent.
func (o *outbox) drop(n int) {
	o.queued -= n
	for n > 0 {
		if o.next == len(o.strings) {
			o.head += n
			break
		}
		s := &o.strings[o.next]
		if before := min(n, s.at-o.head); before > 0 {
			o.head += before
			n -= before
			continue
		}
		k := min(n, len(s.data))
		n -= k
		if s.data = s.data[k:]; s.data == "" {
			*s = insertion{} // it may be part of something large
			o.next++
		}
	}
	if o.next == len(o.strings) {
		o.strings, o.next = o.strings[:0], 0
	}
}

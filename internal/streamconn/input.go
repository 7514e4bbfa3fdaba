package streamconn

import (
	"bytes"
	"unsafe"

	"silly/internal/netconn"
)

// bufferSize is how much is read at a time as long as little has arrived of what is wanted: the size of the buffers of
// netconn, which a connection has only while something is in them.
const bufferSize = 16 << 10

// maxRead is how much is read at a time at most: it takes a hundred microseconds.
const maxRead = 256 << 10

// An input is what has arrived and was not read: what is held, then what nc has buffered. While nothing has arrived it takes
// no memory, and while a part of what is wanted has, about twice that at most.
type input struct {
	nc    *netconn.Conn
	held  []byte
	begin int // of what is held, nothing before it is needed
	// No match of delim begins before searched, counted from the beginning of what has arrived.
	delim    string
	searched int
}

func (in *input) len() int { return len(in.held) - in.begin + len(in.nc.Buffered()) }

// take removes from the front what is wanted and returns it, if it has arrived.
func (in *input) take(want Want, limit int64) (data string, ok bool, err error) {
	size := want.Size
	if want.Some {
		size = max(in.len(), 1)
	} else if want.Delim != "" {
		size, ok = in.find(want.Delim, limit)
		if !ok {
			if limit > 0 && int64(in.len()) >= limit {
				err = ErrTooLong
			}
			return "", false, err
		}
	}
	switch {
	case limit > 0 && int64(size) > limit:
		return "", false, ErrTooLong
	case in.len() < size:
		return "", false, nil
	}
	in.searched = 0
	return in.remove(size), true, nil
}

// find returns where the first delimiter ends. Nothing behind the limit is looked at.
func (in *input) find(delim string, limit int64) (end int, ok bool) {
	if in.delim != delim {
		in.delim, in.searched = delim, 0
	}
	text := in.nc.Buffered()
	if len(in.held) > 0 {
		in.hold() // a delimiter may lie across both
		text = in.held[in.begin:]
	}
	if limit > 0 && int64(len(text)) > limit {
		text = text[:limit]
	}
	from := min(in.searched, len(text))
	i := -1
	if len(delim) == 1 {
		i = bytes.IndexByte(text[from:], delim[0])
	} else {
		i = bytes.Index(text[from:], unsafe.Slice(unsafe.StringData(delim), len(delim)))
	}
	if i < 0 {
		in.searched = max(from, len(text)-len(delim)+1)
		return 0, false
	}
	return from + i + len(delim), true
}

// remove takes size bytes, which have arrived, off the front.
func (in *input) remove(size int) string {
	held := in.held[in.begin:]
	switch {
	case len(held) == 0:
		data := string(in.nc.Buffered()[:size])
		in.nc.Discard(size)
		return data
	case size < len(held):
		data := string(held[:size])
		if in.begin += size; in.begin > len(in.held)/2 {
			in.held, in.begin = bytes.Clone(held[size:]), 0
		}
		return data
	case size == len(held) && cap(in.held)-size <= size/8:
		in.held, in.begin = nil, 0
		return unsafe.String(unsafe.SliceData(held), size) // nobody else has it
	}
	data := make([]byte, size)
	n := copy(data, held)
	in.held, in.begin = nil, 0
	copy(data[n:], in.nc.Buffered())
	in.nc.Discard(size - n)
	return unsafe.String(unsafe.SliceData(data), size)
}

// hold moves what nc has buffered into memory of its own, of which there is no more than needed: a connection that waits for
// the rest of something keeps no buffer.
func (in *input) hold() {
	if buffered := in.nc.Buffered(); len(buffered) > 0 {
		in.held = append(in.held, buffered...)
		in.nc.Discard(len(buffered))
	}
}

// fill reads once, without waiting, something of what is wanted: 0 bytes and no error are nothing.
func (in *input) fill(want Want, limit int64) (n int, err error) {
	in.hold()
	if held := len(in.held) - in.begin; want.Delim == "" && held >= bufferSize {
		return in.fillHeld(min(want.Size-held, max(held, cap(in.held)-len(in.held))))
	}
	return in.fillMore(limit)
}

// fillMore reads once, without waiting, what comes next, and no more than the limit leaves room for.
func (in *input) fillMore(limit int64) (n int, err error) {
	in.hold()
	held := len(in.held) - in.begin
	room := bufferSize
	if held >= bufferSize {
		room = max(held, cap(in.held)-len(in.held))
	}
	switch {
	case limit > 0 && limit-int64(held) < int64(room):
		return in.fillHeld(int(limit) - held)
	case held >= bufferSize:
		return in.fillHeld(room)
	}
	return in.nc.TryFill()
}

// fillHeld reads at most n bytes behind those that are held.
func (in *input) fillHeld(n int) (int, error) {
	if cap(in.held)-len(in.held) < n {
		held := in.held[in.begin:]
		in.held, in.begin = append(make([]byte, 0, len(held)+n), held...), 0
	}
	n, err := in.nc.TryFillInto(in.held[len(in.held) : len(in.held)+min(n, maxRead)])
	in.held = in.held[:len(in.held)+n]
	return n, err
}

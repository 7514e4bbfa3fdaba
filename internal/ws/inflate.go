package ws

import (
	"compress/flate"
	"io"
	"math"
	"sync"
)

const (
	// deflateWindow is how far back a DEFLATE stream may refer (RFC 1951 section 2).
	deflateWindow = 32 << 10
	// maxFinalBlocks limits the blocks marked final in one message. RFC 7692 section 7.2.3.4
	// lets a peer end each flush with one; more than a few thousand only cost time.
	maxFinalBlocks = 1024
	// inflateScratch is the size up to which an inflated message costs one allocation.
	inflateScratch = 4096
)

// deflateTail is what a sender strips off each message (RFC 7692 section 7.2.1): an empty block
// without compression, less its first bits. A last block that is empty too follows, which makes
// the end of the message the end of a DEFLATE stream.
const deflateTail = "\x00\x00\xff\xff" + "\x01\x00\x00\xff\xff"

// errCorrupt is the answer to a message that does not inflate.
var errCorrupt = &Error{CloseInvalidPayload, "compressed message is corrupt"}

// maxCompressed returns how many compressed bytes a message of max bytes may take. DEFLATE expands
// data that does not compress by far less than an eighth; the rest is for blocks without content.
func maxCompressed(max int64) int64 {
	if max > math.MaxInt/2 {
		return math.MaxInt
	}
	return max + max/8 + 1024
}

// inflater undoes permessage-deflate for one direction of one connection (RFC 7692 section 7.2.2).
type inflater struct {
	// takeover says that messages may refer to earlier ones. Only then is anything kept between
	// two messages.
	takeover bool
	// window is the end of what was inflated so far.
	window []byte
}

// inflateState is what inflating takes while it lasts, far too large to be kept by each connection.
type inflateState struct {
	reader  io.ReadCloser // of compress/flate
	source  deflateSource
	scratch [inflateScratch]byte
}

// inflateStates shares the states of connections that inflate at different times.
var inflateStates = sync.Pool{New: func() any {
	s := new(inflateState)
	s.reader = flate.NewReader(&s.source)
	return s
}}

// message inflates one message. It checks the limit and the text as the bytes come out, so that a
// small message which inflates to gigabytes costs no more than one of limit bytes.
func (f *inflater) message(compressed []byte, isText bool, limit int64) (string, error) {
	s := inflateStates.Get().(*inflateState)
	defer func() {
		s.source = deflateSource{}
		inflateStates.Put(s)
	}()
	s.source = deflateSource{data: compressed, tail: deflateTail}

	out := assembly{buf: s.scratch[:0]}
	shared := true // out lies in the scratch
	var text utf8Check
	remembered, finals := 0, 0
	s.restart(f.window)
	for {
		if len(out.tail()) == 0 {
			// At the limit there is room for one byte more, which shows that there are too many.
			out.reserve(1, openGrowth*len(out.buf), limit)
			shared = false
		}
		n, err := s.reader.Read(out.tail())
		piece := out.tail()[:n]
		out.extend(n)
		if int64(len(out.buf)) > limit {
			return "", errTooBig(limit)
		}
		if isText && text.advance(piece) < n {
			return "", errNotUTF8
		}
		if err == nil {
			continue
		}
		if err != io.EOF {
			return "", errCorrupt
		}
		if s.source.empty() {
			break
		}

		// The sender had marked a block as its last; the message goes on with another.
		if finals++; finals > maxFinalBlocks {
			return "", errCorrupt
		}
		f.remember(out.buf[remembered:])
		remembered = len(out.buf)
		s.restart(f.window)
	}
	if !text.complete() {
		return "", errNotUTF8
	}
	if f.takeover {
		f.remember(out.buf[remembered:])
	} else {
		f.window = nil
	}
	if shared {
		return string(out.buf), nil
	}
	return out.take(), nil
}

// restart makes the reader begin a stream that may refer to window.
func (s *inflateState) restart(window []byte) {
	_ = s.reader.(flate.Resetter).Reset(&s.source, window) // never fails
}

// remember adds what was inflated to the window, as far as a later block can refer to it.
func (f *inflater) remember(inflated []byte) {
	if len(inflated) >= deflateWindow {
		f.window = append(f.window[:0], inflated[len(inflated)-deflateWindow:]...)
		return
	}
	if excess := len(f.window) + len(inflated) - deflateWindow; excess > 0 {
		f.window = f.window[:copy(f.window, f.window[excess:])]
	}
	f.window = append(f.window, inflated...)
}

// deflateSource is a compressed message followed by what its sender stripped off. It is an
// io.ByteReader, so that compress/flate reads nothing beyond the end of a stream.
type deflateSource struct {
	data []byte
	tail string
}

func (s *deflateSource) empty() bool { return len(s.data)+len(s.tail) == 0 }

func (s *deflateSource) Read(p []byte) (n int, err error) {
	if s.empty() {
		return 0, io.EOF
	}
	n = copy(p, s.data)
	s.data = s.data[n:]
	if n > 0 {
		return n, nil
	}
	n = copy(p, s.tail)
	s.tail = s.tail[n:]
	return n, nil
}

func (s *deflateSource) ReadByte() (b byte, err error) {
	if len(s.data) > 0 {
		b, s.data = s.data[0], s.data[1:]
		return b, nil
	}
	if len(s.tail) > 0 {
		b, s.tail = s.tail[0], s.tail[1:]
		return b, nil
	}
	return 0, io.EOF
}

package compress

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// A format is what stands around deflated data: numbers of zlib, which calls them window bits.
type format int

// The formats: RFC 1950, RFC 1952, and nothing (RFC 1951).
const (
	formatZLib format = 15
	formatGZip format = 31
	formatRaw  format = -15
)

// defaultLevel is the level when none is given.
const defaultLevel = 6

// A deflater compresses. One that is closed can be used again after Reset.
type deflater interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// deflaters are used again: one has half a megabyte.
var deflaters [3][10]sync.Pool

func (f format) pool(level int) *sync.Pool {
	switch f {
	case formatZLib:
		return &deflaters[0][level]
	case formatGZip:
		return &deflaters[1][level]
	}
	return &deflaters[2][level]
}

// newDeflater is a deflater that writes to w.
func newDeflater(f format, level int, w io.Writer) deflater {
	if d, ok := f.pool(level).Get().(deflater); ok {
		d.Reset(w)
		return d
	}
	var d deflater
	switch f { // a level from 0 to 9 is always good
	case formatZLib:
		d, _ = zlib.NewWriterLevel(w, level)
	case formatGZip:
		d, _ = gzip.NewWriterLevel(w, level)
	case formatRaw:
		d, _ = flate.NewWriter(w, level)
	}
	return d
}

// deflate compresses data.
func deflate(f format, data string, level int) []byte {
	var out bytes.Buffer
	d := newDeflater(f, level, &out)
	_, _ = io.WriteString(d, data) // a buffer takes everything
	_ = d.Close()
	d.Reset(nil)
	f.pool(level).Put(d)
	return out.Bytes()
}

// Errors of data that cannot be decompressed.
var (
	errCorrupt = errors.New("the data are corrupt")
	errCut     = errors.New("the data are cut off")
	errTrail   = errors.New("something follows the data")
)

// inflate is the opposite of deflate. What becomes larger than limit is refused.
func inflate(f format, data string, limit int64) ([]byte, error) {
	source := strings.NewReader(data) // a ByteReader: nothing behind the end is taken
	var r io.Reader
	var err error
	switch f {
	case formatZLib:
		r, err = zlib.NewReader(source)
	case formatGZip:
		r, err = gzip.NewReader(source)
	case formatRaw:
		r = flate.NewReader(source)
	}
	if err != nil {
		return nil, problem(err)
	}
	out, err := readAll(r, limit)
	if err == nil && source.Len() > 0 {
		err = errTrail
	}
	return out, err
}

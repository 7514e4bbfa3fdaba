package compress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pierrec/lz4/v4"
)

// Sizes, in bytes, up to which a call does not give up the VM: more takes a good part of a millisecond.
const (
	quickDeflate = 16 << 10
	quickInflate = 512 // which may become a thousand times as much
	quickLZ4     = 128 << 10
	quickUnLZ4   = 1 << 10 // which may become 255 times as much
)

// A codec is a kind of compression. It knows no Lua.
type codec struct {
	compress   func(data string, level int) ([]byte, error)
	decompress func(data string, limit int64) ([]byte, error)
	// slow and slowBack report whether a call takes long.
	slow, slowBack func(data string) bool
	maxLevel       int64 // levels go from 0 to it; 0 when there are none
	defaultLevel   int64
}

// deflateCodec is the codec of a format.
func deflateCodec(f format) codec {
	return codec{
		compress:     func(data string, level int) ([]byte, error) { return deflate(f, data, level), nil },
		decompress:   func(data string, limit int64) ([]byte, error) { return inflate(f, data, limit) },
		slow:         func(data string) bool { return len(data) > quickDeflate },
		slowBack:     func(data string) bool { return len(data) > quickInflate },
		maxLevel:     9,
		defaultLevel: defaultLevel,
	}
}

// lz4Codec is the frame format of LZ4.
func lz4Codec() codec {
	return codec{
		compress:   compressLZ4,
		decompress: decompressLZ4,
		slow:       func(data string) bool { return len(data) > quickLZ4 },
		slowBack:   func(data string) bool { return len(data) > quickUnLZ4 },
		maxLevel:   9,
	}
}

// compressLZ4 writes a frame with the length and the checksum of the content.
func compressLZ4(data string, level int) ([]byte, error) {
	var out bytes.Buffer
	w := lz4.NewWriter(&out)
	size := lz4.Block4Mb
	if len(data) <= 64<<10 { // it takes that much memory
		size = lz4.Block64Kb
	}
	compression := lz4.Fast
	if level > 0 {
		compression = lz4.CompressionLevel(1 << (8 + level)) // lz4.Level1 to Level9
	}
	if err := w.Apply(lz4.BlockSizeOption(size), lz4.CompressionLevelOption(compression), lz4.SizeOption(uint64(len(data)))); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decompressLZ4 reads frames, one after the other.
func decompressLZ4(data string, limit int64) ([]byte, error) {
	if data == "" {
		return nil, errCut
	}
	return readAll(lz4.NewReader(strings.NewReader(data)), limit)
}

// snappyCodec is the block format of Snappy.
func snappyCodec() codec {
	return codec{
		compress:   func(data string, _ int) ([]byte, error) { return compressSnappy(data) },
		decompress: decompressSnappy,
		slow:       func(data string) bool { return len(data) > quickLZ4 },
		slowBack: func(data string) bool {
			length, _, err := lengthSnappy(data)
			return err == nil && length > quickLZ4
		},
	}
}

// errLimit says that there is more than what is allowed.
func errLimit(limit int64) error { return fmt.Errorf("the data become more than %d bytes", limit) }

// readAll reads up to limit bytes; more is an error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	var out bytes.Buffer
	n, err := out.ReadFrom(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, problem(err)
	case n > limit:
		return nil, errLimit(limit)
	}
	return out.Bytes(), nil
}

// problem is a library's error in plain words.
func problem(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	}
	return errCorrupt
}

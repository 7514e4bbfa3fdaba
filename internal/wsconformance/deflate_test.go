package wsconformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"strings"
	"sync"
	"testing"
)

// A deflater compresses messages that may refer to earlier ones (RFC 7692 section 7.2.1).
type deflater struct {
	out bytes.Buffer
	w   *flate.Writer
}

func newDeflater(level int) *deflater {
	d := new(deflater)
	d.w, _ = flate.NewWriter(&d.out, level)
	return d
}

func (d *deflater) message(payload string) string {
	d.out.Reset()
	_, _ = d.w.Write([]byte(payload))
	_ = d.w.Flush()
	return strings.TrimSuffix(d.out.String(), "\x00\x00\xff\xff")
}

// reset forgets the earlier messages.
func (d *deflater) reset() {
	d.out.Reset()
	d.w.Reset(&d.out)
}

// deflate compresses one message.
func deflate(level int, payload string) string {
	d, ok := deflaters[level+2].Get().(*deflater)
	if !ok {
		d = newDeflater(level)
	}
	defer deflaters[level+2].Put(d)
	d.reset()
	return d.message(payload)
}

// deflaters are by level, from flate.HuffmanOnly on.
var deflaters [12]sync.Pool

// farthest decodes a DEFLATE stream (RFC 1951) whose blocks are byte for byte those of data, and returns
// what it holds and the largest distance in it, which is what a window has to span.
func farthest(data []byte) (out []byte, distance int, err error) {
	defer func() {
		if failure, ok := recover().(error); ok {
			err = failure
		}
	}()
	b := &bits{data: data}
	for {
		final := b.take(1) == 1
		switch kind := b.take(2); kind {
		case 0:
			b.n = (b.n + 7) / 8 * 8
			size := b.take(16)
			if b.take(16) != size^0xFFFF {
				return out, distance, errors.New("stored block with a wrong size")
			}
			for range size {
				out = append(out, byte(b.take(8)))
			}
		case 1, 2:
			literals, distances := fixedLiterals, fixedDistances
			if kind == 2 {
				literals, distances = b.tables()
			}
			for {
				symbol := b.symbol(literals)
				if symbol == 256 {
					break
				}
				if symbol < 256 {
					out = append(out, byte(symbol))
					continue
				}
				length := lengthBase[symbol-257] + b.take(lengthExtra[symbol-257])
				s := b.symbol(distances)
				d := distanceBase[s] + b.take(distanceExtra[s])
				if d > len(out) {
					return out, distance, errors.New("distance beyond the beginning")
				}
				distance = max(distance, d)
				for range length {
					out = append(out, out[len(out)-d])
				}
			}
		default:
			return out, distance, errors.New("block of kind 3")
		}
		if final || b.n+3 > 8*len(data) {
			return out, distance, nil
		}
	}
}

// bits reads bits, the least significant of a byte first.
type bits struct {
	data []byte
	n    int
}

func (b *bits) take(n int) (v int) {
	for i := range n {
		if b.n >= 8*len(b.data) {
			panic(errors.New("the stream ends early"))
		}
		v |= int(b.data[b.n/8]>>(b.n%8)&1) << i
		b.n++
	}
	return v
}

// huffman is a canonical code: how many codes have each length, and the symbols in their order.
type huffman struct {
	count   [16]int
	symbols []int
}

func newHuffman(lengths []int) *huffman {
	h := new(huffman)
	for length := 1; length < 16; length++ {
		for symbol, l := range lengths {
			if l == length {
				h.count[length]++
				h.symbols = append(h.symbols, symbol)
			}
		}
	}
	return h
}

func (b *bits) symbol(h *huffman) int {
	code, first, index := 0, 0, 0
	for length := 1; length < 16; length++ {
		code |= b.take(1)
		if code-first < h.count[length] {
			return h.symbols[index+code-first]
		}
		index += h.count[length]
		first = (first + h.count[length]) << 1
		code <<= 1
	}
	panic(errors.New("a code that is none"))
}

// tables reads the codes of a dynamic block.
func (b *bits) tables() (literals, distances *huffman) {
	nl, nd, nc := b.take(5)+257, b.take(5)+1, b.take(4)+4
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	codes := make([]int, 19)
	for _, i := range order[:nc] {
		codes[i] = b.take(3)
	}
	h := newHuffman(codes)
	var lengths []int
	for len(lengths) < nl+nd {
		value, repeat := 0, 1
		switch symbol := b.symbol(h); symbol {
		case 16:
			value, repeat = lengths[len(lengths)-1], 3+b.take(2)
		case 17:
			repeat = 3 + b.take(3)
		case 18:
			repeat = 11 + b.take(7)
		default:
			value = symbol
		}
		for range repeat {
			lengths = append(lengths, value)
		}
	}
	return newHuffman(lengths[:nl]), newHuffman(lengths[nl:])
}

var (
	lengthBase    = []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase  = []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = []int{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}

	fixedLiterals, fixedDistances = func() (*huffman, *huffman) {
		lengths := make([]int, 288)
		for i := range lengths {
			switch {
			case i < 144:
				lengths[i] = 8
			case i < 256:
				lengths[i] = 9
			case i < 280:
				lengths[i] = 7
			default:
				lengths[i] = 8
			}
		}
		distances := make([]int, 30)
		for i := range distances {
			distances[i] = 5
		}
		return newHuffman(lengths), newHuffman(distances)
	}()
)

// TestFarthest holds the decoder of this file against compress/flate.
func TestFarthest(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", "a", "aaaaaaaaaa", ascii(1000), noise[:5000], ascii(30000) + noise[:2000] + ascii(30000)} {
		for _, level := range []int{0, 1, 6, 9, flate.HuffmanOnly} {
			out, distance, err := farthest([]byte(deflate(level, payload) + "\x00\x00\xff\xff"))
			if err != nil || string(out) != payload {
				t.Errorf("level %d: %d bytes come out as %d bytes, %v", level, len(payload), len(out), err)
			}
			if level == 9 && len(payload) > 60000 && distance != 32000 {
				t.Errorf("the distance is %d, want 32000", distance)
			}
		}
	}
}

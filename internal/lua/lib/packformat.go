package lib

import (
	"fmt"
	"math"
)

const (
	// nativeAlign is the alignment of a bare '!'. Sizes are those of 64-bit Unix systems, on every system, so that a
	// script's files and messages are the same everywhere.
	nativeAlign = 8
	// maxIntegerSize is the largest size of an integer, in bytes.
	maxIntegerSize = 16
	// maxPackSize bounds string.packsize as in Lua.
	maxPackSize = math.MaxInt32
)

type packKind uint8

const (
	packSigned   packKind = iota // b h i l j
	packUnsigned                 // B H I J L T
	packFloat                    // f
	packDouble                   // d n
	packFixed                    // c: string of a fixed size
	packCounted                  // s: string behind its length
	packZero                     // z: string in front of a zero byte
	packPadding                  // x
	packAlign                    // X
	packNothing                  // options that only change the state
)

// A packOption is one option of a format (manual, section 6.4.2).
type packOption struct {
	kind packKind
	size int
	// padding is how many bytes stand in front of the option to align it.
	padding int
}

// A packFormat reads a format string option by option.
type packFormat struct {
	rest     string
	big      bool // the order of bytes is big endian
	maxAlign int
}

func newPackFormat(format string) packFormat { return packFormat{rest: format, maxAlign: 1} }

// errAlignment and errAlignOption are errors in the format argument; the others of this file say where they are.
const (
	errAlignment   = "format asks for alignment not power of 2"
	errAlignOption = "invalid next option for option 'X'"
)

// next is the option that begins at offset total of the packed data.
func (f *packFormat) next(total int) (option packOption, err string) {
	option, err = f.read()
	if err != "" {
		return option, err
	}
	align := option.size
	switch option.kind {
	case packAlign:
		if f.rest == "" {
			return option, errAlignOption
		}
		following, err := f.read()
		if err != "" {
			return option, err
		}
		if following.kind == packFixed || following.size == 0 {
			return option, errAlignOption
		}
		align = following.size
	case packSigned, packUnsigned, packFloat, packDouble, packCounted:
	default:
		return option, ""
	}
	align = min(align, f.maxAlign)
	if align > 1 {
		if align&(align-1) != 0 {
			return option, errAlignment
		}
		option.padding = (align - total&(align-1)) & (align - 1)
	}
	return option, ""
}

// read reads one option without its alignment.
func (f *packFormat) read() (option packOption, err string) {
	letter := f.rest[0]
	f.rest = f.rest[1:]
	switch letter {
	case 'b':
		return packOption{kind: packSigned, size: 1}, ""
	case 'B':
		return packOption{kind: packUnsigned, size: 1}, ""
	case 'h':
		return packOption{kind: packSigned, size: 2}, ""
	case 'H':
		return packOption{kind: packUnsigned, size: 2}, ""
	case 'l', 'j':
		return packOption{kind: packSigned, size: 8}, ""
	case 'L', 'J', 'T':
		return packOption{kind: packUnsigned, size: 8}, ""
	case 'i':
		return f.sized(packSigned, 4)
	case 'I':
		return f.sized(packUnsigned, 4)
	case 's':
		return f.sized(packCounted, 8)
	case 'f':
		return packOption{kind: packFloat, size: 4}, ""
	case 'd', 'n':
		return packOption{kind: packDouble, size: 8}, ""
	case 'c':
		size, ok := f.number()
		if !ok {
			return packOption{}, "missing size for format option 'c'"
		}
		return packOption{kind: packFixed, size: size}, ""
	case 'z':
		return packOption{kind: packZero}, ""
	case 'x':
		return packOption{kind: packPadding, size: 1}, ""
	case 'X':
		return packOption{kind: packAlign}, ""
	case ' ':
	case '<', '=':
		f.big = false
	case '>':
		f.big = true
	case '!':
		option, err := f.sized(packNothing, nativeAlign)
		f.maxAlign = option.size
		return packOption{kind: packNothing}, err
	default:
		return packOption{}, "invalid format option '" + string([]byte{letter}) + "'"
	}
	return packOption{kind: packNothing}, ""
}

// sized is an option whose size follows, or is the given one if none follows.
func (f *packFormat) sized(kind packKind, size int) (option packOption, err string) {
	if given, ok := f.number(); ok {
		size = given
	}
	if size < 1 || size > maxIntegerSize {
		return packOption{}, fmt.Sprintf("integral size (%d) out of limits [1,%d]", size, maxIntegerSize)
	}
	return packOption{kind: kind, size: size}, ""
}

// number reads a decimal number; one that would overflow ends before the digit that is too much.
func (f *packFormat) number() (n int, ok bool) {
	i := 0
	for i < len(f.rest) && isDigit(f.rest[i]) && n <= (maxPackSize-9)/10 {
		n = n*10 + int(f.rest[i]-'0')
		i++
	}
	f.rest = f.rest[i:]
	return n, i > 0
}

// appendInteger appends the low size bytes of an integer; behind the eighth byte it goes on with the sign.
func (f *packFormat) appendInteger(b []byte, bits uint64, size int, negative bool) []byte {
	for i := range size {
		if f.big {
			i = size - 1 - i
		}
		switch {
		case i < 8:
			b = append(b, byte(bits>>(8*i)))
		case negative:
			b = append(b, 0xff)
		default:
			b = append(b, 0)
		}
	}
	return b
}

// integer reads an integer of len(field) bytes, a signed one with its sign extended to 64 bits. It reports false if the
// value does not fit into 64 bits.
func (f *packFormat) integer(field string, signed bool) (bits uint64, ok bool) {
	size := len(field)
	at := func(i int) byte {
		if f.big {
			i = size - 1 - i
		}
		return field[i]
	}
	for i := range min(size, 8) {
		bits |= uint64(at(i)) << (8 * i)
	}
	if signed && size < 8 {
		unused := 64 - 8*size
		bits = uint64(int64(bits<<unused) >> unused)
	}
	extension := byte(0)
	if signed && int64(bits) < 0 {
		extension = 0xff
	}
	for i := 8; i < size; i++ {
		if at(i) != extension {
			return 0, false
		}
	}
	return bits, true
}

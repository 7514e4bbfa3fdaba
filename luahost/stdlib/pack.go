package stdlib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// nativeAlign is the alignment of a bare '!'. Sizes are those of 64-bit Unix systems, on every
	// system, so that a script's files and messages are the same everywhere.
	nativeAlign = 8
	// maxIntegerSize is the largest size of an integer, in bytes.
	maxIntegerSize = 16
	// maxPackSize bounds string.packsize as in Lua, where it is the largest C int.
	maxPackSize = math.MaxInt32
)

type packKind uint8

const (
	packSigned   packKind = iota // b h i l j
	packUnsigned                 // B H I J L T
	packFloat                    // f
	packDouble                   // d n
	packFixed                    // c: string of a fixed size
	packCounted                  // s: string after its length
	packZero                     // z: string before a zero byte
	packPadding                  // x
	packAlign                    // X
	packNothing                  // options that only change the state
)

// packOption is one option of a format.
type packOption struct {
	kind packKind
	size int
	// padding is how many bytes stand before the option to align it.
	padding int
}

// packFormat reads a format string option by option.
type packFormat struct {
	rest     string
	order    binary.ByteOrder
	maxAlign int
}

func newPackFormat(format string) *packFormat {
	return &packFormat{rest: format, order: binary.LittleEndian, maxAlign: 1}
}

// errAlignment and errAlignOption are errors in the format argument; the others of this file carry
// their own context.
var (
	errAlignment   = errors.New("format asks for alignment not power of 2")
	errAlignOption = errors.New("invalid next option for option 'X'")
)

// next returns the option that begins at offset total of the packed data.
func (f *packFormat) next(total int) (packOption, error) {
	option, err := f.read()
	if err != nil {
		return option, err
	}
	align := option.size
	switch option.kind {
	case packAlign:
		if f.rest == "" {
			return option, errAlignOption
		}
		following, err := f.read()
		if err != nil {
			return option, err
		}
		if following.kind == packFixed || following.size == 0 {
			return option, errAlignOption
		}
		option.size, align = 0, following.size
	case packSigned, packUnsigned, packFloat, packDouble, packCounted:
	default:
		return option, nil
	}
	align = min(align, f.maxAlign)
	if align > 1 {
		if align&(align-1) != 0 {
			return option, errAlignment
		}
		option.padding = (align - total&(align-1)) & (align - 1)
	}
	return option, nil
}

// read reads one option without its alignment.
func (f *packFormat) read() (packOption, error) {
	letter := f.rest[0]
	f.rest = f.rest[1:]
	switch letter {
	case 'b':
		return packOption{kind: packSigned, size: 1}, nil
	case 'B':
		return packOption{kind: packUnsigned, size: 1}, nil
	case 'h':
		return packOption{kind: packSigned, size: 2}, nil
	case 'H':
		return packOption{kind: packUnsigned, size: 2}, nil
	case 'l', 'j':
		return packOption{kind: packSigned, size: 8}, nil
	case 'L', 'J', 'T':
		return packOption{kind: packUnsigned, size: 8}, nil
	case 'i':
		return f.sized(packSigned, 4)
	case 'I':
		return f.sized(packUnsigned, 4)
	case 's':
		return f.sized(packCounted, 8)
	case 'f':
		return packOption{kind: packFloat, size: 4}, nil
	case 'd', 'n':
		return packOption{kind: packDouble, size: 8}, nil
	case 'c':
		size, ok := f.number()
		if !ok {
			return packOption{}, errors.New("missing size for format option 'c'")
		}
		return packOption{kind: packFixed, size: size}, nil
	case 'z':
		return packOption{kind: packZero}, nil
	case 'x':
		return packOption{kind: packPadding, size: 1}, nil
	case 'X':
		return packOption{kind: packAlign}, nil
	case ' ':
	case '<', '=':
		f.order = binary.LittleEndian
	case '>':
		f.order = binary.BigEndian
	case '!':
		option, err := f.sized(packNothing, nativeAlign)
		if err != nil {
			return option, err
		}
		f.maxAlign = option.size
	default:
		return packOption{}, fmt.Errorf("invalid format option '%s'", string([]byte{letter}))
	}
	return packOption{kind: packNothing}, nil
}

// sized returns an option whose size follows, or is the given one if none follows.
func (f *packFormat) sized(kind packKind, size int) (packOption, error) {
	if given, ok := f.number(); ok {
		size = given
	}
	if size < 1 || size > maxIntegerSize {
		return packOption{}, fmt.Errorf("integral size (%d) out of limits [1,%d]", size, maxIntegerSize)
	}
	return packOption{kind: kind, size: size}, nil
}

// number reads a decimal number; one that would overflow ends before the digit that is too much.
func (f *packFormat) number() (int, bool) {
	value, length := 0, 0
	for length < len(f.rest) && isDecimalDigit(f.rest[length]) && value <= (maxPackSize-9)/10 {
		value = value*10 + int(f.rest[length]-'0')
		length++
	}
	f.rest = f.rest[length:]
	return value, length > 0
}

// nextOption is next with the errors that Lua raises.
func (c call) nextOption(f *packFormat, total int) packOption {
	option, err := f.next(total)
	switch err {
	case nil:
	case errAlignment, errAlignOption:
		c.argError(1, err.Error())
	default:
		c.raise(err.Error())
	}
	return option
}

// stringPack implements string.pack(format, ...) -> string.
func stringPack(c call) int {
	format := newPackFormat(c.string(1))
	var result []byte
	arg := 1
	for format.rest != "" {
		option := c.nextOption(format, len(result))
		result = append(result, make([]byte, option.padding)...)
		switch option.kind {
		case packPadding:
			result = append(result, 0)
			continue
		case packNothing, packAlign:
			continue
		}
		arg++
		switch option.kind {
		case packSigned:
			result = appendInteger(result, format.order, c.packSigned(arg, option.size), option.size, true)
		case packUnsigned:
			result = appendInteger(result, format.order, c.packUnsigned(arg, option.size), option.size, false)
		case packFloat:
			result = appendInteger(result, format.order, uint64(math.Float32bits(float32(c.number(arg)))), 4, false)
		case packDouble:
			result = appendInteger(result, format.order, math.Float64bits(c.number(arg)), 8, false)
		case packFixed:
			s := c.string(arg)
			if len(s) > option.size {
				c.argError(arg, "string longer than given size")
			}
			c.checkPacked(len(result) + option.size)
			result = append(append(result, s...), make([]byte, option.size-len(s))...)
		case packCounted:
			s := c.string(arg)
			if option.size < 8 && uint64(len(s)) >= 1<<(8*option.size) {
				c.argError(arg, "string length does not fit in given size")
			}
			c.checkPacked(len(result) + len(s))
			result = append(appendInteger(result, format.order, uint64(len(s)), option.size, false), s...)
		case packZero:
			s := c.string(arg)
			if strings.IndexByte(s, 0) >= 0 {
				c.argError(arg, "string contains zeros")
			}
			c.checkPacked(len(result) + len(s))
			result = append(append(result, s...), 0)
		}
	}
	c.pushString(string(result))
	return 1
}

// stringPackSize implements string.packsize(format) -> integer.
func stringPackSize(c call) int {
	format := newPackFormat(c.string(1))
	total := 0
	for format.rest != "" {
		option := c.nextOption(format, total)
		if option.kind == packCounted || option.kind == packZero {
			c.argError(1, "variable-length format")
		}
		size := option.padding + option.size
		if total > maxPackSize-size {
			c.argError(1, "format result too large")
		}
		total += size
	}
	c.pushNumber(float64(total))
	return 1
}

// stringUnpack implements string.unpack(format, s [, pos]) -> values..., position after the last.
// An integer beyond 2^53 comes out as the nearest number that a float64 can hold.
func stringUnpack(c call) int {
	format, data := newPackFormat(c.string(1)), c.string(2)
	init := c.optInteger(3, 1)
	if init < 0 {
		init = max(int64(len(data))+init+1, 1)
	}
	if init < 1 || init > int64(len(data)+1) {
		c.argError(3, "initial position out of string")
	}
	pos := int(init - 1)
	var values []lua.LValue
	for format.rest != "" {
		option := c.nextOption(format, pos)
		if option.padding+option.size > len(data)-pos {
			c.argError(2, "data string too short")
		}
		pos += option.padding
		field := data[pos : pos+option.size]
		pos += option.size
		switch option.kind {
		case packSigned, packUnsigned:
			values = append(values, c.unpackInteger(format.order, field, option.kind == packSigned))
		case packFloat:
			bits, _ := readInteger(format.order, field, false)
			values = append(values, lua.LNumber(math.Float32frombits(uint32(bits))))
		case packDouble:
			bits, _ := readInteger(format.order, field, false)
			values = append(values, lua.LNumber(math.Float64frombits(bits)))
		case packFixed:
			values = append(values, lua.LString(field))
		case packCounted:
			length, ok := readInteger(format.order, field, false)
			if !ok || length > uint64(len(data)-pos) {
				c.argError(2, "data string too short")
			}
			values = append(values, lua.LString(data[pos:pos+int(length)]))
			pos += int(length)
		case packZero:
			length := strings.IndexByte(data[pos:], 0)
			if length < 0 {
				c.argError(2, "unfinished string for format 'z'")
			}
			values = append(values, lua.LString(data[pos:pos+length]))
			pos += length + 1
		}
	}
	values = append(values, lua.LNumber(pos+1))
	return c.results(len(values), "too many results", func(i int) lua.LValue {
		return values[i]
	})
}

// packSigned returns argument n as the bits of a signed integer of that size.
func (c call) packSigned(n, size int) uint64 {
	i := c.integer(n)
	if size < 8 {
		limit := int64(1) << (8*size - 1)
		if i < -limit || i >= limit {
			c.argError(n, "integer overflow")
		}
	}
	return uint64(i)
}

// packUnsigned returns argument n as the bits of an unsigned integer of that size. As in Lua a
// negative number fits if the size is at least that of Lua's integers.
func (c call) packUnsigned(n, size int) uint64 {
	if f := c.number(n); size >= 8 && f == math.Trunc(f) && f >= 1<<63 && f < 1<<64 {
		return uint64(f)
	}
	i := c.integer(n)
	if size < 8 && uint64(i) >= 1<<(8*size) {
		c.argError(n, "unsigned overflow")
	}
	return uint64(i)
}

func (c call) checkPacked(size int) {
	if size > maxString {
		c.raise("resulting string too large")
	}
}

// unpackInteger returns the integer that field holds.
func (c call) unpackInteger(order binary.ByteOrder, field string, signed bool) lua.LValue {
	bits, ok := readInteger(order, field, signed)
	if !ok {
		c.raise(fmt.Sprintf("%d-byte integer does not fit into Lua Integer", len(field)))
	}
	if signed {
		return lua.LNumber(int64(bits))
	}
	return lua.LNumber(bits)
}

// appendInteger appends the low size bytes of bits; beyond the eighth byte it goes on with the
// sign.
func appendInteger(result []byte, order binary.ByteOrder, bits uint64, size int, signed bool) []byte {
	extension := byte(0)
	if signed && int64(bits) < 0 {
		extension = 0xff
	}
	for i := range size {
		if order == binary.BigEndian {
			i = size - 1 - i
		}
		if i >= 8 {
			result = append(result, extension)
			continue
		}
		result = append(result, byte(bits>>(8*i)))
	}
	return result
}

// readInteger reads an integer of len(field) bytes, a signed one with its sign extended to 64 bits.
// It reports false if the value does not fit into 64 bits.
func readInteger(order binary.ByteOrder, field string, signed bool) (bits uint64, ok bool) {
	size := len(field)
	at := func(i int) byte {
		if order == binary.BigEndian {
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

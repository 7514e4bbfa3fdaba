package lib

import (
	"math"
	"strings"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// next is the next option of a format, which begins at offset total of the packed data, with Lua's errors.
func nextOption(c vm.Call, f *packFormat, total int) packOption {
	option, err := f.next(total)
	switch err {
	case "":
	case errAlignment, errAlignOption:
		c.ArgError(1, err)
	default:
		c.Raise("%s", err)
	}
	return option
}

// stringPack implements string.pack(format, ...) -> string (manual, section 6.4.2).
func (l *library) stringPack(c vm.Call) int {
	format := newPackFormat(c.Str(1))
	b := l.buffer()
	arg := 1
	for format.rest != "" {
		option := nextOption(c, &format, len(b))
		for range option.padding {
			b = append(b, 0)
		}
		switch option.kind {
		case packPadding:
			b = append(b, 0)
			continue
		case packNothing, packAlign:
			continue
		}
		if arg++; arg > c.Len() {
			expected := "number"
			if option.kind >= packFixed {
				expected = "string"
			}
			c.ArgError(arg, expected+" expected, got nil") // not "no value": Lua has pushed something there
		}
		b = appendPacked(c, b, &format, option, arg)
		if len(b) > maxString {
			c.Raise(tooLarge)
		}
	}
	l.pushBuffer(c, b)
	return 1
}

// appendPacked appends argument arg as an option says.
func appendPacked(c vm.Call, b []byte, format *packFormat, option packOption, arg int) []byte {
	switch option.kind {
	case packSigned:
		i := c.Int(arg)
		if limit := int64(1) << (8*option.size - 1); option.size < 8 && (i < -limit || i >= limit) {
			c.ArgError(arg, "integer overflow")
		}
		b = format.appendInteger(b, uint64(i), option.size, i < 0)
	case packUnsigned:
		i := uint64(c.Int(arg))
		if option.size < 8 && i >= 1<<(8*option.size) {
			c.ArgError(arg, "unsigned overflow")
		}
		b = format.appendInteger(b, i, option.size, false)
	case packFloat:
		b = format.appendInteger(b, uint64(math.Float32bits(float32(c.Float(arg)))), 4, false)
	case packDouble:
		b = format.appendInteger(b, math.Float64bits(c.Float(arg)), 8, false)
	case packFixed:
		s := c.Str(arg)
		if len(s) > option.size {
			c.ArgError(arg, "string longer than given size")
		}
		if len(b)+option.size > maxString {
			c.Raise(tooLarge)
		}
		b = append(b, s...)
		b = append(b, make([]byte, option.size-len(s))...)
	case packCounted:
		s := c.Str(arg)
		if option.size < 8 && uint64(len(s)) >= 1<<(8*option.size) {
			c.ArgError(arg, "string length does not fit in given size")
		}
		b = append(format.appendInteger(b, uint64(len(s)), option.size, false), s...)
	case packZero:
		s := c.Str(arg)
		if strings.IndexByte(s, 0) >= 0 {
			c.ArgError(arg, "string contains zeros")
		}
		b = append(append(b, s...), 0)
	}
	return b
}

// stringPackSize implements string.packsize(format) -> integer (manual, section 6.4).
func stringPackSize(c vm.Call) int {
	format := newPackFormat(c.Str(1))
	total := 0
	for format.rest != "" {
		option := nextOption(c, &format, total)
		if option.kind == packCounted || option.kind == packZero {
			c.ArgError(1, "variable-length format")
		}
		size := option.padding + option.size
		if total > maxPackSize-size {
			c.ArgError(1, "format result too large")
		}
		total += size
	}
	return c.Return(value.Int(int64(total)))
}

// stringUnpack implements string.unpack(format, s [, pos]) -> values..., position behind the last (manual, section 6.4).
func stringUnpack(c vm.Call) int {
	format, data := newPackFormat(c.Str(1)), c.Str(2)
	init := c.OptInt(3, 1)
	if init < 0 {
		init += int64(len(data)) + 1
	}
	init = max(init, 1)
	if init > int64(len(data))+1 {
		c.ArgError(3, "initial position out of string")
	}
	pos, n := int(init-1), 0
	for format.rest != "" {
		option := nextOption(c, &format, pos)
		if option.padding+option.size > len(data)-pos {
			c.ArgError(2, "data string too short")
		}
		v, end := unpacked(c, &format, option, data, pos+option.padding)
		pos = end
		switch option.kind {
		case packPadding, packNothing, packAlign:
			continue
		}
		if n++; n >= maxResults {
			c.Raise("stack overflow (too many results)")
		}
		c.Room(2, "too many results")
		c.Push(v)
	}
	c.Push(value.Int(int64(pos) + 1))
	return n + 1
}

// unpacked is what an option takes out of data at pos, and where that ends. The bytes of the option itself are there.
func unpacked(c vm.Call, format *packFormat, option packOption, data string, pos int) (v value.Value, end int) {
	end = pos + option.size
	field := data[pos:end]
	switch option.kind {
	case packSigned, packUnsigned:
		bits, ok := format.integer(field, option.kind == packSigned)
		if !ok {
			c.Raise("%d-byte integer does not fit into Lua Integer", option.size)
		}
		v = value.Int(int64(bits))
	case packFloat:
		bits, _ := format.integer(field, false)
		v = value.Float(float64(math.Float32frombits(uint32(bits))))
	case packDouble:
		bits, _ := format.integer(field, false)
		v = value.Float(math.Float64frombits(bits))
	case packFixed:
		v = part(data, pos, end)
	case packCounted:
		size, ok := format.integer(field, false)
		if !ok {
			c.Raise("%d-byte integer does not fit into Lua Integer", option.size)
		}
		if size > uint64(len(data)-end) {
			c.ArgError(2, "data string too short")
		}
		begin := end
		end += int(size)
		v = part(data, begin, end)
	case packZero:
		size := strings.IndexByte(data[pos:], 0)
		if size < 0 {
			c.ArgError(2, "unfinished string for format 'z'")
		}
		v = part(data, pos, pos+size)
		end = pos + size + 1
	}
	return v, end
}

package compress

import (
	"encoding/binary"
	"errors"
	"math"
)

// The block format of Snappy (format_description.txt of google/snappy): the length of the data as a varint, and then elements,
// whose first byte says in its lowest two bits what they are.
const (
	tagLiteral = 0 // bytes as they are
	tagCopy1   = 1 // 4 to 11 bytes from at most 2047 back
	tagCopy2   = 2 // 1 to 64 bytes from at most 65535 back
	tagCopy4   = 3 // the same from anywhere
)

const (
	snappyBlock = 64 << 10 // of the compressor: no copy reaches back beyond it
	hashBits    = 14
)

// compressSnappy compresses data.
func compressSnappy(data string) ([]byte, error) {
	if len(data) > math.MaxUint32 {
		return nil, errors.New("more than 4 GiB")
	}
	out := make([]byte, 0, len(data)/2+16)
	out = binary.AppendUvarint(out, uint64(len(data)))
	table := new([1 << hashBits]uint16)
	for len(data) > 0 {
		block := []byte(data[:min(len(data), snappyBlock)])
		data = data[len(block):]
		out = appendBlock(out, block, table)
	}
	return out, nil
}

// appendBlock compresses a block. The table has for each hash of four bytes where such bytes were last seen; what it has of an
// earlier block does no harm, since the bytes are compared.
func appendBlock(out, block []byte, table *[1 << hashBits]uint16) []byte {
	literal := 0 // where the bytes begin that are not written yet
	misses := 0
	for i := 1; i+4 <= len(block); {
		four := binary.LittleEndian.Uint32(block[i:])
		slot := &table[four*0x9e3779b1>>(32-hashBits)]
		seen := int(*slot)
		*slot = uint16(i)
		if seen >= i || binary.LittleEndian.Uint32(block[seen:]) != four {
			misses++
			i += 1 + misses>>5 // what does not compress is passed quickly
			continue
		}
		n := 4
		for i+n < len(block) && block[seen+n] == block[i+n] {
			n++
		}
		out = appendLiteral(out, block[literal:i])
		out = appendCopy(out, i-seen, n)
		i += n
		literal, misses = i, 0
	}
	return appendLiteral(out, block[literal:])
}

// appendLiteral writes bytes as they are, at most a block of them.
func appendLiteral(out, bytes []byte) []byte {
	switch n := len(bytes) - 1; {
	case n < 0:
		return out
	case n < 60:
		out = append(out, byte(n<<2|tagLiteral))
	case n < 1<<8:
		out = append(out, 60<<2|tagLiteral, byte(n))
	default:
		out = append(out, 61<<2|tagLiteral, byte(n), byte(n>>8))
	}
	return append(out, bytes...)
}

// appendCopy writes that n bytes, 4 or more, are those of so many bytes ago.
func appendCopy(out []byte, offset, n int) []byte {
	for n > 64 {
		part := min(n-4, 64) // so that 4 are left at least
		out = append(out, byte((part-1)<<2|tagCopy2), byte(offset), byte(offset>>8))
		n -= part
	}
	if n < 12 && offset < 2048 {
		return append(out, byte(offset>>8<<5|(n-4)<<2|tagCopy1), byte(offset))
	}
	return append(out, byte((n-1)<<2|tagCopy2), byte(offset), byte(offset>>8))
}

// lengthSnappy is how long the data are, and how many bytes say that; an error if nothing of that length can follow.
func lengthSnappy(data string) (length uint64, size int, err error) {
	head := []byte(data[:min(len(data), binary.MaxVarintLen32)])
	length, size = binary.Uvarint(head)
	switch {
	case size == 0 && len(head) < binary.MaxVarintLen32:
		return 0, 0, errCut
	case size <= 0, length > math.MaxUint32, length > 22*uint64(len(data)): // three bytes become 64 at most
		return 0, 0, errCorrupt
	}
	return length, size, nil
}

// decompressSnappy is the opposite of compressSnappy.
func decompressSnappy(data string, limit int64) ([]byte, error) {
	length, size, err := lengthSnappy(data)
	switch {
	case err != nil:
		return nil, err
	case length > uint64(limit):
		return nil, errLimit(limit)
	}
	out := make([]byte, 0, length)
	for src := data[size:]; len(src) > 0; {
		tag := src[0]
		n, offset, used := element(src)
		switch {
		case used == 0:
			return nil, errCut
		case uint64(n) > length-uint64(len(out)):
			return nil, errCorrupt
		}
		src = src[used:]
		if tag&3 == tagLiteral {
			if n > len(src) {
				return nil, errCut
			}
			out = append(out, src[:n]...)
			src = src[n:]
			continue
		}
		if offset == 0 || offset > len(out) {
			return nil, errCorrupt
		}
		for from := len(out) - offset; n > 0; { // the bytes may be among those that this adds, again and again
			part := out[from:min(from+n, len(out))]
			out = append(out, part...)
			n -= len(part)
		}
	}
	if uint64(len(out)) < length {
		return nil, errCut
	}
	return out, nil
}

// element reads an element up to its bytes: how many they are, how far back they lie, and how many bytes say that; 0 when src
// is cut off.
func element(src string) (n, offset, used int) {
	tag := int(src[0])
	number := func(size int) int { // little-endian, behind the tag
		if len(src) <= size {
			return -1
		}
		v := 0
		for i := size; i > 0; i-- {
			v = v<<8 | int(src[i])
		}
		return v
	}
	switch tag & 3 {
	case tagLiteral:
		if n = tag >> 2; n < 60 {
			return n + 1, 0, 1
		}
		size := n - 59
		n, used = number(size)+1, 1+size
	case tagCopy1:
		n, offset, used = 4+tag>>2&7, number(1), 2
		if offset >= 0 {
			offset |= tag >> 5 << 8
		}
	case tagCopy2:
		n, offset, used = 1+tag>>2, number(2), 3
	case tagCopy4:
		n, offset, used = 1+tag>>2, number(4), 5
	}
	if n == 0 || offset < 0 {
		return 0, 0, 0
	}
	return n, offset, used
}

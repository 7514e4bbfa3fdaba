package lib

// A byteSet is a set of byte values.
type byteSet [4]uint64

func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

func (s *byteSet) add(b byte) { s[b>>6] |= 1 << (b & 63) }

func (s *byteSet) addAll(other *byteSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s *byteSet) invert() {
	for i := range s {
		s[i] = ^s[i]
	}
}

// classes has what '%' followed by a byte stands for in a pattern (manual, section 6.4.1), in the locale "C". Nothing
// changes it.
var classes = makeClasses()

func makeClasses() (sets [256]byteSet) {
	for b := range sets {
		belongs := class(byte(b))
		if belongs == nil {
			sets[b].add(byte(b))
			continue
		}
		for member := range 256 {
			if belongs(byte(member)) {
				sets[b].add(byte(member))
			}
		}
	}
	for b := byte('A'); b <= 'Z'; b++ {
		if class(b|0x20) != nil {
			sets[b] = sets[b|0x20]
			sets[b].invert()
		}
	}
	return sets
}

// class is the test for the class that a small letter names, nil if it names none.
func class(letter byte) func(byte) bool {
	switch letter {
	case 'a':
		return isLetter
	case 'c':
		return isControl
	case 'd':
		return isDigit
	case 'g':
		return isGraphic
	case 'l':
		return func(b byte) bool { return 'a' <= b && b <= 'z' }
	case 'p':
		return func(b byte) bool { return isGraphic(b) && !isLetter(b) && !isDigit(b) }
	case 's':
		return isSpace
	case 'u':
		return func(b byte) bool { return 'A' <= b && b <= 'Z' }
	case 'w':
		return func(b byte) bool { return isLetter(b) || isDigit(b) }
	case 'x':
		return func(b byte) bool { return digitValue(b) < 16 }
	case 'z': // of Lua 5.1
		return func(b byte) bool { return b == 0 }
	}
	return nil
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

func isControl(b byte) bool { return b < ' ' || b == 0x7f }

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isGraphic(b byte) bool { return '!' <= b && b <= '~' }

func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

// digitValue is the value of a digit in bases up to 36, and 36 for other bytes.
func digitValue(b byte) int {
	switch {
	case isDigit(b):
		return int(b - '0')
	case isLetter(b):
		return int(b|0x20-'a') + 10
	}
	return 36
}

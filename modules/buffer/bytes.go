package buffer

import "bytes"

// keep is how much memory an empty buffer keeps for what comes next, in bytes.
const keep = 64 << 10

// A queue is a first-in-first-out queue of bytes. Its zero value is empty.
type queue struct {
	data []byte // with what was read already, up to head
	head int
	// scanned bytes from head on are known not to contain delimiter: a line that arrives in many pieces is not looked at
	// again with each of them.
	scanned   int
	delimiter byte
}

func (q *queue) len() int { return len(q.data) - q.head }

// append adds data at the end.
func (q *queue) append(data string) { q.data = append(q.data, data...) }

// take removes the first n bytes, which are there. What was read is thrown away when it is twice as much as what is left:
// each byte is moved once at most, on average.
func (q *queue) take(n int) string {
	s := string(q.data[q.head : q.head+n])
	q.head += n
	q.scanned = max(q.scanned-n, 0)
	switch rest := q.data[q.head:]; {
	case len(rest) == 0:
		q.clear()
	case q.head > keep && q.head >= 2*len(rest):
		q.data, q.head = bytes.Clone(rest), 0
	}
	return s
}

// find is how many bytes there are up to the first delimiter, and with it; 0 when there is none.
func (q *queue) find(delimiter byte) int {
	if q.delimiter != delimiter {
		q.delimiter, q.scanned = delimiter, 0
	}
	i := bytes.IndexByte(q.data[q.head+q.scanned:], delimiter)
	if i < 0 {
		q.scanned = q.len()
		return 0
	}
	return q.scanned + i + 1
}

func (q *queue) clear() {
	q.data, q.head, q.scanned = q.data[:0], 0, 0
	if cap(q.data) > keep {
		q.data = nil
	}
}

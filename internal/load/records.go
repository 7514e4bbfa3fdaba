package load

import (
	"encoding/binary"
	"net"
)

// records is the connection below a TLS client. A Read never passes the end of a TLS record (RFC 8446,
// section 5.1), so that tls.Conn keeps nothing back and it is known whether one more is there: a server that
// sends a record per message would otherwise be asked for the next after each of them, as if there were no
// others in flight.
type records struct {
	net.Conn
	buffer      [64 << 10]byte
	first, last int
	left        int // bytes of the record that tls.Conn has not read
}

// recordHeader is the length of the header of a record.
const recordHeader = 5

// Read implements net.Conn.
func (r *records) Read(p []byte) (int, error) {
	for r.left == 0 {
		if r.last-r.first >= recordHeader {
			r.left = r.next()
			break
		}
		r.last = copy(r.buffer[:], r.buffer[r.first:r.last])
		r.first = 0
		n, err := r.Conn.Read(r.buffer[r.last:])
		r.last += n
		if err != nil {
			return 0, err
		}
	}
	if r.first == r.last {
		n, err := r.Conn.Read(r.buffer[:])
		if err != nil {
			return 0, err
		}
		r.first, r.last = 0, n
	}
	n := copy(p[:min(len(p), r.left)], r.buffer[r.first:r.last])
	r.first += n
	r.left -= n
	return n, nil
}

// next is the length of the record that begins the buffer.
func (r *records) next() int {
	return recordHeader + int(binary.BigEndian.Uint16(r.buffer[r.first+3:]))
}

// ready says whether the next record is there completely.
func (r *records) ready() bool {
	return r.left == 0 && r.last-r.first >= recordHeader && r.last-r.first >= r.next()
}

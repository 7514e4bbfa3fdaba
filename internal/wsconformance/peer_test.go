package wsconformance

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// Opcodes (RFC 6455 section 5.2).
const (
	continuation = 0x0
	text         = 0x1
	binaryData   = 0x2
	closing      = 0x8
	ping         = 0x9
	pong         = 0xA
)

// Reserved bits, as they stand in the first byte.
const (
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

// Forms of a length that is longer than it has to be.
const (
	minimal = iota
	in16Bits
	in64Bits
)

// A frame is one that the peer sends, right or wrong, or one that it got.
type frame struct {
	more    bool // FIN is not set
	rsv     byte
	op      byte
	payload string

	length   int    // form
	announce uint64 // instead of the payload's length, in 64 bits
	misMask  bool   // masked by a server, not masked by a client
}

func (f frame) String() string {
	kind := map[byte]string{continuation: "continuation", text: "text", binaryData: "binary", closing: "close", ping: "ping", pong: "pong"}[f.op]
	if kind == "" {
		kind = fmt.Sprintf("opcode %#x", f.op)
	}
	if f.more {
		kind += "..."
	}
	if len(f.payload) > 200 {
		return fmt.Sprintf("%s of %d bytes, %q...", kind, len(f.payload), f.payload[:100])
	}
	return fmt.Sprintf("%s %q", kind, f.payload)
}

// bytes builds the frame as the peer of role l sends it.
func (f frame) bytes(l link) string {
	first := f.op | f.rsv
	if !f.more {
		first |= 0x80
	}
	masked := (l.role == server) != f.misMask
	second := byte(0)
	if masked {
		second = 0x80
	}
	n := len(f.payload)
	var b []byte
	switch {
	case f.announce != 0:
		b = binary.BigEndian.AppendUint64([]byte{first, second | 127}, f.announce)
	case f.length == in64Bits || n > 0xFFFF:
		b = binary.BigEndian.AppendUint64([]byte{first, second | 127}, uint64(n))
	case f.length == in16Bits || n > 125:
		b = binary.BigEndian.AppendUint16([]byte{first, second | 126}, uint16(n))
	default:
		b = []byte{first, second | byte(n)}
	}
	if !masked {
		return string(b) + f.payload
	}
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d} // of the example in RFC 6455 section 5.7
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, f.payload...)
	mask(b[start:], key)
	return string(b)
}

// mask is RFC 6455 section 5.3. A loop over the bytes would take seconds under the race detector.
func mask(payload []byte, key [4]byte) {
	subtle.XORBytes(payload, payload, bytes.Repeat(key[:], len(payload)/4+1))
}

// closePayload is a code and a reason.
func closePayload(code int, reason string) string {
	return string([]byte{byte(code >> 8), byte(code)}) + reason
}

// A peer is the other end of the connection of a script. It checks every frame that it reads.
type peer struct {
	t      *testing.T
	link   link
	conn   net.Conn
	tcp    *net.TCPConn
	r      *bufio.Reader
	script *script

	head     string // of the last request or response
	request  *http.Request
	response *http.Response
	body     string

	deflate bool // permessage-deflate was agreed
	fresh   bool // what the script's side sends never refers to earlier messages
	window  []byte

	open       byte // opcode of the message that is not complete, 0 if none
	compressed bool
	assembled  []byte
	sizes      []int // of the frames of the last message
	wasDeflate bool  // whether the last message was compressed
	wire       []byte
	keys       [][4]byte
	gotClose   bool
}

// agree takes note of the extensions in a handshake's answer.
func (p *peer) agree(header http.Header) {
	answer := strings.Join(header["Sec-Websocket-Extensions"], ",")
	p.deflate = strings.Contains(answer, "permessage-deflate")
	p.fresh = strings.Contains(answer, "server_no_context_takeover")
	if p.link.role == client {
		p.fresh = strings.Contains(answer, "client_no_context_takeover")
	}
}

// write sends bytes.
func (p *peer) write(data string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, data); err != nil {
		p.t.Fatalf("write %.100q: %v", data, err)
	}
}

// send sends frames in one write.
func (p *peer) send(frames ...frame) {
	p.t.Helper()
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(f.bytes(p.link))
	}
	p.write(b.String())
}

// sendCut sends frames in writes of size bytes.
func (p *peer) sendCut(size int, frames ...frame) {
	p.t.Helper()
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(f.bytes(p.link))
	}
	for data := b.String(); data != ""; {
		n := min(size, len(data))
		if _, err := io.WriteString(p.conn, data[:n]); err != nil {
			return // the other side may have failed the connection already; what it says is checked
		}
		data = data[n:]
	}
}

// readFrame reads the next frame and checks it.
func (p *peer) readFrame() frame {
	p.t.Helper()
	f, err := p.parseFrame()
	if err != nil {
		p.t.Fatalf("instead of a frame: %v", err)
	}
	return f
}

func (p *peer) parseFrame() (f frame, err error) {
	p.t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		return f, err
	}
	f.more = head[0]&0x80 == 0
	f.rsv = head[0] & 0x70
	f.op = head[0] & 0x0F
	size := uint64(head[1] & 0x7F)
	switch size {
	case 126:
		var extended [2]byte
		if _, err := io.ReadFull(p.r, extended[:]); err != nil {
			return f, err
		}
		if size = uint64(binary.BigEndian.Uint16(extended[:])); size < 126 {
			p.t.Errorf("RFC 6455 5.2: a length of %d in 16 bits", size)
		}
	case 127:
		var extended [8]byte
		if _, err := io.ReadFull(p.r, extended[:]); err != nil {
			return f, err
		}
		if size = binary.BigEndian.Uint64(extended[:]); size < 65536 {
			p.t.Errorf("RFC 6455 5.2: a length of %d in 64 bits", size)
		}
	}
	if size > 64<<20 {
		p.t.Fatalf("a frame of %d bytes", size)
	}
	masked := head[1]&0x80 != 0
	if masked != (p.link.role == client) {
		p.t.Errorf("RFC 6455 5.1: masked is %t in a frame of the %v", masked, p.link)
	}
	var key [4]byte
	if masked {
		if _, err := io.ReadFull(p.r, key[:]); err != nil {
			return f, err
		}
		p.keys = append(p.keys, key)
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(p.r, payload); err != nil {
		return f, fmt.Errorf("payload of %d bytes: %w", size, err)
	}
	if masked {
		mask(payload, key)
	}
	f.payload = string(payload)
	p.checkFrame(f)
	return f, nil
}

// checkFrame checks the rules of RFC 6455 sections 5.2 to 5.5 and RFC 7692 section 6.
func (p *peer) checkFrame(f frame) {
	p.t.Helper()
	bad := func(section, what string) { p.t.Helper(); p.t.Errorf("RFC %s: %s: %v", section, what, f) }
	if p.gotClose {
		bad("6455 5.5.1", "a frame after the close frame")
	}
	allowed := byte(0)
	if p.deflate && (f.op == text || f.op == binaryData) {
		allowed = rsv1
	}
	if f.rsv&^allowed != 0 {
		bad("6455 5.2", fmt.Sprintf("reserved bits %#x", f.rsv))
	}
	switch f.op {
	case continuation:
		if p.open == 0 {
			bad("6455 5.4", "a continuation of nothing")
		}
	case text, binaryData:
		if p.open != 0 {
			bad("6455 5.4", "a message inside a message")
		}
	case closing, ping, pong:
		if f.more {
			bad("6455 5.5", "a control frame in fragments")
		}
		if len(f.payload) > 125 {
			bad("6455 5.5", "a long control frame")
		}
	default:
		bad("6455 5.2", "a reserved opcode")
	}
	if f.op == closing {
		p.gotClose = true
		p.checkClose(f.payload)
	}
}

func (p *peer) checkClose(payload string) {
	p.t.Helper()
	if payload == "" {
		return
	}
	if len(payload) == 1 {
		p.t.Error("RFC 6455 5.5.1: a close frame of one byte")
		return
	}
	code := int(payload[0])<<8 | int(payload[1])
	if !sendable(code) {
		p.t.Errorf("RFC 6455 7.4: close code %d", code)
	}
	if !utf8.ValidString(payload[2:]) {
		p.t.Errorf("RFC 6455 5.5.1: close reason %q", payload[2:])
	}
}

// sendable reports whether a close code may be on the wire.
func sendable(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return code >= 3000 && code < 5000
}

// read returns the next message, put together and decompressed, or control frame.
func (p *peer) read() frame {
	p.t.Helper()
	for {
		f := p.readFrame()
		if f.op >= 0x8 {
			return f
		}
		if f.op != continuation {
			p.open, p.compressed, p.assembled, p.sizes = f.op, f.rsv&rsv1 != 0, nil, nil
		}
		p.assembled = append(p.assembled, f.payload...)
		p.sizes = append(p.sizes, len(f.payload))
		if f.more {
			continue
		}
		message := frame{op: p.open, payload: string(p.assembled)}
		p.open = 0
		p.wasDeflate = p.compressed
		if p.compressed {
			p.wire = p.assembled
			message.payload = p.inflate(p.assembled)
		}
		if message.op == text && !utf8.ValidString(message.payload) {
			p.t.Errorf("RFC 6455 8.1: %v is not UTF-8", message)
		}
		return message
	}
}

// inflate is RFC 7692 section 7.2.2.
func (p *peer) inflate(data []byte) string {
	p.t.Helper()
	if p.fresh {
		p.window = nil
	}
	// The second block is a last one, so that the reader ends without an error.
	source := io.MultiReader(bytes.NewReader(data), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))
	out, err := io.ReadAll(flate.NewReaderDict(source, p.window))
	if err != nil {
		p.t.Errorf("RFC 7692 7.2: message %.100q does not inflate: %v", data, err)
	}
	p.window = append(p.window, out...)
	if len(p.window) > 32<<10 {
		p.window = p.window[len(p.window)-32<<10:]
	}
	return string(out)
}

// wants reads a message or control frame and compares it.
func (p *peer) wants(want frame) {
	p.t.Helper()
	got := p.read()
	if got.op != want.op || got.payload != want.payload {
		p.t.Fatalf("got %v, want %v", got, want)
	}
}

// wantsClose reads a close frame with that code; 0 is an empty one. A reason is up to the sender.
func (p *peer) wantsClose(code int) {
	p.t.Helper()
	got := p.read()
	if got.op != closing {
		p.t.Fatalf("got %v, want a close frame with code %d", got, code)
	}
	gotCode := 0
	if len(got.payload) >= 2 {
		gotCode = int(got.payload[0])<<8 | int(got.payload[1])
	}
	if gotCode != code {
		p.t.Fatalf("got close code %d, want %d", gotCode, code)
	}
}

// wantsEnd checks that nothing more comes, and that the server is the first to close (RFC 6455 section
// 7.1.1).
func (p *peer) wantsEnd() {
	p.t.Helper()
	if p.link.role == client {
		p.closeWrite()
	}
	p.wantsEOF()
}

// wantsEOF checks that the connection ends here, over TLS with a close_notify.
func (p *peer) wantsEOF() {
	p.t.Helper()
	f, err := p.parseFrame()
	switch err {
	case io.EOF:
	case nil:
		p.t.Fatalf("got %v, want the end of the connection", f)
	default:
		p.t.Fatalf("got %v, want the end of the connection", err)
	}
	_ = p.conn.Close()
}

// wantsGone checks that the connection ends, in whatever way, without another frame.
func (p *peer) wantsGone() {
	p.t.Helper()
	f, err := p.parseFrame()
	if err == nil {
		p.t.Fatalf("got %v, want the end of the connection", f)
	}
	if failure, ok := err.(net.Error); ok && failure.Timeout() {
		p.t.Fatalf("the connection does not end: %v", err)
	}
	_ = p.conn.Close()
}

// closeWrite ends the stream of the peer.
func (p *peer) closeWrite() {
	p.t.Helper()
	if secure, ok := p.conn.(*tls.Conn); ok {
		if err := secure.CloseWrite(); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := p.tcp.CloseWrite(); err != nil {
		p.t.Fatal(err)
	}
}

// finish closes from the peer's side and checks the answer.
func (p *peer) finish() {
	p.t.Helper()
	p.send(frame{op: closing, payload: closePayload(1000, "")})
	p.wantsClose(1000)
	p.wantsEnd()
	p.script.seesClose(p.t, closePayload(1000, ""))
}

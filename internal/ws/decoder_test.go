package ws

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

var (
	textEvent   = func(s string) Event { return Event{Opcode: Text, Data: s} }
	binaryEvent = func(s string) Event { return Event{Opcode: Binary, Data: s} }
	pingEvent   = func(s string) Event { return Event{Opcode: Ping, Data: s} }
	pongEvent   = func(s string) Event { return Event{Opcode: Pong, Data: s} }
	closeEvent  = func(code int, data string) Event { return Event{Opcode: Close, Code: code, Data: data} }
)

// closed is the error after a Close that is followed by more bytes.
var closed = ErrClosed.Error()

// decoderCases are the rules of RFC 6455, each with its section. A decoder with a limit of 1000
// bytes reads the frames as a server and as a client.
var decoderCases = []struct {
	name    string
	frames  []wireFrame
	events  []Event
	err     string
	partial string
}{
	// Messages.
	{name: "5.6 empty text", frames: []wireFrame{{first: fin | 1}}, events: []Event{textEvent("")}},
	{name: "5.6 empty binary", frames: []wireFrame{{first: fin | 2}}, events: []Event{binaryEvent("")}},
	{name: "5.6 text", frames: []wireFrame{{first: fin | 1, payload: "Hello"}}, events: []Event{textEvent("Hello")}},
	{name: "5.6 binary need not be utf-8", frames: []wireFrame{{first: fin | 2, payload: "\xff\x00\xc0"}},
		events: []Event{binaryEvent("\xff\x00\xc0")}},
	{name: "5.2 length 125", frames: []wireFrame{{first: fin | 2, payload: strings.Repeat("a", 125)}},
		events: []Event{binaryEvent(strings.Repeat("a", 125))}},
	{name: "5.2 length 126", frames: []wireFrame{{first: fin | 2, payload: strings.Repeat("a", 126)}},
		events: []Event{binaryEvent(strings.Repeat("a", 126))}},
	{name: "5.2 length 127", frames: []wireFrame{{first: fin | 2, payload: strings.Repeat("a", 127)}},
		events: []Event{binaryEvent(strings.Repeat("a", 127))}},
	{name: "two messages in one read", frames: []wireFrame{{first: fin | 1, payload: "a"}, {first: fin | 2, payload: "b"}},
		events: []Event{textEvent("a"), binaryEvent("b")}},
	{name: "payload has not all arrived", frames: []wireFrame{{first: fin | 1, payload: "Hello", truncate: 2}}, partial: "Hel"},

	// Fragments.
	{name: "5.4 two fragments", frames: []wireFrame{{first: 1, payload: "Hel"}, {first: fin, payload: "lo"}},
		events: []Event{textEvent("Hello")}},
	{name: "5.4 binary fragments", frames: []wireFrame{{first: 2, payload: "\xff"}, {first: 0, payload: "\xfe"}, {first: fin, payload: "\xfd"}},
		events: []Event{binaryEvent("\xff\xfe\xfd")}},
	{name: "5.4 empty fragments", frames: []wireFrame{{first: 1}, {first: 0}, {first: fin}}, events: []Event{textEvent("")}},
	{name: "5.4 empty last fragment", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin}}, events: []Event{textEvent("a")}},
	{name: "5.4 ping between fragments",
		frames: []wireFrame{{first: 1, payload: "Hel"}, {first: fin | 9, payload: "p"}, {first: fin, payload: "lo"}},
		events: []Event{pingEvent("p"), textEvent("Hello")}},
	{name: "5.4 empty ping and pong between empty fragments",
		frames: []wireFrame{{first: 2}, {first: fin | 9}, {first: 0}, {first: fin | 10}, {first: fin}},
		events: []Event{pingEvent(""), pongEvent(""), binaryEvent("")}},
	{name: "5.4 last fragment has not arrived", frames: []wireFrame{{first: 1, payload: "Hel"}, {first: fin, payload: "lo!", truncate: 1}},
		partial: "Hello"},
	{name: "5.4 ping does not end the partial message", frames: []wireFrame{{first: 1, payload: "Hel"}, {first: fin | 9, payload: "ping"}},
		events: []Event{pingEvent("ping")}, partial: "Hel"},
	{name: "5.4 message after a fragmented one",
		frames: []wireFrame{{first: 1, payload: "a"}, {first: fin, payload: "b"}, {first: 2, payload: "c"}, {first: fin, payload: "d"}},
		events: []Event{textEvent("ab"), binaryEvent("cd")}},
	{name: "5.4 continuation without start", frames: []wireFrame{{first: fin, payload: "a"}},
		err: "1002 continuation frame without a message to continue"},
	{name: "5.4 continuation without start, not final", frames: []wireFrame{{first: 0, payload: "a"}},
		err: "1002 continuation frame without a message to continue"},
	{name: "5.4 continuation after the end", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin, payload: "b"}, {first: fin}},
		events: []Event{textEvent("ab")}, err: "1002 continuation frame without a message to continue"},
	{name: "5.4 continuation after a ping only", frames: []wireFrame{{first: fin | 9}, {first: fin}},
		events: []Event{pingEvent("")}, err: "1002 continuation frame without a message to continue"},
	{name: "5.4 text inside a fragmented message", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin | 1, payload: "b"}},
		err: "1002 data frame inside a fragmented message", partial: "a"},
	{name: "5.4 binary inside a fragmented message", frames: []wireFrame{{first: 1}, {first: 2, payload: "b"}},
		err: "1002 data frame inside a fragmented message"},

	// Header.
	{name: "5.2 RSV1", frames: []wireFrame{{first: fin | rsv1 | 1, payload: "a"}}, err: "1002 reserved bits are set"},
	{name: "5.2 RSV2", frames: []wireFrame{{first: fin | rsv2 | 2}}, err: "1002 reserved bits are set"},
	{name: "5.2 RSV3", frames: []wireFrame{{first: rsv3 | 1}}, err: "1002 reserved bits are set"},
	{name: "5.2 RSV1 on continuation", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin | rsv1}},
		err: "1002 reserved bits are set", partial: "a"},
	{name: "5.2 RSV1 on ping", frames: []wireFrame{{first: fin | rsv1 | 9}}, err: "1002 reserved bits are set"},
	{name: "5.2 RSV on close", frames: []wireFrame{{first: fin | rsv3 | 8}}, err: "1002 reserved bits are set"},
	{name: "5.2 RSV after a good message", frames: []wireFrame{{first: fin | 1, payload: "a"}, {first: fin | rsv2 | 1}},
		events: []Event{textEvent("a")}, err: "1002 reserved bits are set"},
	{name: "5.1 mask", frames: []wireFrame{{first: fin | 1, payload: "a", wrongMask: true}}, err: "1002 MASK"},
	{name: "5.1 mask of an empty frame", frames: []wireFrame{{first: fin | 2, wrongMask: true}}, err: "1002 MASK"},
	{name: "5.1 mask of a control frame", frames: []wireFrame{{first: fin | 9, wrongMask: true}}, err: "1002 MASK"},
	{name: "5.1 mask of a later fragment", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin, payload: "b", wrongMask: true}},
		err: "1002 MASK", partial: "a"},
	{name: "5.2 length in 2 bytes that fits 7 bits", frames: []wireFrame{{first: fin | 1, payload: strings.Repeat("a", 125), lengthIn: 2}},
		err: "1002 payload length is not minimally encoded"},
	{name: "5.2 length 0 in 2 bytes", frames: []wireFrame{{first: fin | 1, lengthIn: 2}},
		err: "1002 payload length is not minimally encoded"},
	{name: "5.2 length in 8 bytes that fits 16 bits", frames: []wireFrame{{first: fin | 1, announce: 0xFFFF, lengthIn: 8}},
		err: "1002 payload length is not minimally encoded"},
	{name: "5.2 length in 8 bytes that fits 7 bits", frames: []wireFrame{{first: fin | 1, payload: "a", lengthIn: 8}},
		err: "1002 payload length is not minimally encoded"},
	{name: "5.2 length with the highest bit", frames: []wireFrame{{first: fin | 1, announce: 1 << 63}},
		err: "1002 payload length has its highest bit set"},
	{name: "5.2 length of all ones", frames: []wireFrame{{first: fin | 2, announce: math.MaxUint64}},
		err: "1002 payload length has its highest bit set"},

	// Control frames.
	{name: "5.5.2 ping", frames: []wireFrame{{first: fin | 9, payload: "Hello"}}, events: []Event{pingEvent("Hello")}},
	{name: "5.5.3 pong", frames: []wireFrame{{first: fin | 10, payload: "\xff"}}, events: []Event{pongEvent("\xff")}},
	{name: "5.5 control frame of 125 bytes", frames: []wireFrame{{first: fin | 9, payload: strings.Repeat("p", 125)}},
		events: []Event{pingEvent(strings.Repeat("p", 125))}},
	{name: "5.5 control frame of 126 bytes", frames: []wireFrame{{first: fin | 9, payload: strings.Repeat("p", 126)}},
		err: "1002 control frame payload exceeds 125 bytes"},
	{name: "5.5 control frame of 64 KiB", frames: []wireFrame{{first: fin | 10, announce: 1 << 16}},
		err: "1002 control frame payload exceeds 125 bytes"},
	{name: "5.5 close frame of 126 bytes", frames: []wireFrame{{first: fin | 8, payload: "\x03\xe8" + strings.Repeat("p", 124)}},
		err: "1002 control frame payload exceeds 125 bytes"},
	{name: "5.5 fragmented ping", frames: []wireFrame{{first: 9, payload: "a"}, {first: fin, payload: "b"}}, err: "1002 control frame is fragmented"},
	{name: "5.5 fragmented pong", frames: []wireFrame{{first: 10}}, err: "1002 control frame is fragmented"},
	{name: "5.5 fragmented close", frames: []wireFrame{{first: 8}}, err: "1002 control frame is fragmented"},
	{name: "5.5 control frame is not bound by the message limit",
		frames: []wireFrame{{first: 2, payload: strings.Repeat("a", 1000)}, {first: fin | 9, payload: "p"}, {first: fin}},
		events: []Event{pingEvent("p"), binaryEvent(strings.Repeat("a", 1000))}},
	{name: "control frame has not all arrived", frames: []wireFrame{{first: fin | 9, payload: "ping", truncate: 1}}},

	// Size.
	{name: "7.4.1 message at the limit", frames: []wireFrame{{first: fin | 2, payload: strings.Repeat("a", 1000)}},
		events: []Event{binaryEvent(strings.Repeat("a", 1000))}},
	{name: "7.4.1 message above the limit", frames: []wireFrame{{first: fin | 2, payload: strings.Repeat("a", 1001)}},
		err: "1009 message exceeds 1000 bytes"},
	{name: "7.4.1 message above the limit announced", frames: []wireFrame{{first: fin | 2, announce: 1001}},
		err: "1009 message exceeds 1000 bytes"},
	{name: "7.4.1 largest length announced", frames: []wireFrame{{first: fin | 2, announce: math.MaxInt64}},
		err: "1009 message exceeds 1000 bytes"},
	{name: "7.4.1 fragments at the limit", frames: []wireFrame{{first: 2, payload: strings.Repeat("a", 600)}, {first: fin, payload: strings.Repeat("b", 400)}},
		events: []Event{binaryEvent(strings.Repeat("a", 600) + strings.Repeat("b", 400))}},
	{name: "7.4.1 fragments above the limit", frames: []wireFrame{{first: 2, payload: strings.Repeat("a", 600)}, {first: fin, payload: strings.Repeat("b", 401)}},
		err: "1009 message exceeds 1000 bytes", partial: strings.Repeat("a", 600)},
	{name: "7.4.1 sum of fragments overflows", frames: []wireFrame{{first: 2, payload: "a"}, {first: 0, announce: math.MaxInt64}},
		err: "1009 message exceeds 1000 bytes", partial: "a"},
	{name: "7.4.1 each message has its own limit", frames: []wireFrame{{first: fin | 2, payload: strings.Repeat("a", 1000)}, {first: fin | 2, payload: strings.Repeat("b", 1000)}},
		events: []Event{binaryEvent(strings.Repeat("a", 1000)), binaryEvent(strings.Repeat("b", 1000))}},

	// Text.
	{name: "8.1 text of each length", frames: []wireFrame{{first: fin | 1, payload: "aé世😀\u0000\u07ff\u0800\uffff\U00010000\U0010ffff"}},
		events: []Event{textEvent("aé世😀\u0000\u07ff\u0800\uffff\U00010000\U0010ffff")}},
	{name: "8.1 code point across fragments", frames: []wireFrame{{first: 1, payload: "\xf0\x9f"}, {first: 0, payload: "\x98"}, {first: 0}, {first: fin, payload: "\x80"}},
		events: []Event{textEvent("😀")}},
	{name: "8.1 code point across a ping", frames: []wireFrame{{first: 1, payload: "\xe4"}, {first: fin | 9, payload: "\xff"}, {first: fin, payload: "\xb8\x96"}},
		events: []Event{pingEvent("\xff"), textEvent("世")}},
	{name: "8.1 invalid byte", frames: []wireFrame{{first: fin | 1, payload: "ab\xffcd"}},
		err: "1007 text message is not valid utf-8", partial: "ab"},
	{name: "8.1 invalid byte in the second fragment", frames: []wireFrame{{first: 1, payload: "ab"}, {first: fin, payload: "c\xc0d"}},
		err: "1007 text message is not valid utf-8", partial: "abc"},
	{name: "8.1 invalid before the frame is complete", frames: []wireFrame{{first: fin | 1, payload: "ab\x80ijkl", truncate: 2}},
		err: "1007 text message is not valid utf-8", partial: "ab"},
	{name: "8.1 invalid before the message is complete", frames: []wireFrame{{first: 1, payload: "\xed\xa0"}},
		err: "1007 text message is not valid utf-8", partial: "\xed"},
	{name: "8.1 text ends inside a code point", frames: []wireFrame{{first: fin | 1, payload: "a\xe4\xb8"}},
		err: "1007 text message is not valid utf-8", partial: "a\xe4\xb8"},
	{name: "8.1 fragmented text ends inside a code point", frames: []wireFrame{{first: 1, payload: "a\xe4\xb8"}, {first: fin}},
		err: "1007 text message is not valid utf-8", partial: "a\xe4\xb8"},
	{name: "8.1 text after a text that was complete", frames: []wireFrame{{first: fin | 1, payload: "世"}, {first: fin | 1, payload: "\x96"}},
		events: []Event{textEvent("世")}, err: "1007 text message is not valid utf-8"},

	// Close.
	{name: "5.5.1 empty close", frames: []wireFrame{{first: fin | 8}}, events: []Event{closeEvent(1005, "")}},
	{name: "5.5.1 close with a code", frames: []wireFrame{{first: fin | 8, payload: "\x03\xe8"}}, events: []Event{closeEvent(1000, "\x03\xe8")}},
	{name: "5.5.1 close with a reason", frames: []wireFrame{{first: fin | 8, payload: "\x03\xe9going 世"}},
		events: []Event{closeEvent(1001, "\x03\xe9going 世")}},
	{name: "5.5.1 longest reason", frames: []wireFrame{{first: fin | 8, payload: "\x0b\xb8" + strings.Repeat("r", 123)}},
		events: []Event{closeEvent(3000, "\x0b\xb8"+strings.Repeat("r", 123))}},
	{name: "5.5.1 close payload of one byte", frames: []wireFrame{{first: fin | 8, payload: "\x03"}},
		err: "1002 close frame has a payload of one byte"},
	{name: "8.1 close reason is not utf-8", frames: []wireFrame{{first: fin | 8, payload: "\x03\xe8a\xff"}},
		err: "1007 close reason is not valid utf-8"},
	{name: "8.1 close reason ends inside a code point", frames: []wireFrame{{first: fin | 8, payload: "\x03\xe8\xe4\xb8"}},
		err: "1007 close reason is not valid utf-8"},
	{name: "5.5.1 frames after a close are ignored", frames: []wireFrame{{first: fin | 8}, {first: fin | 1, payload: "a"}},
		events: []Event{closeEvent(1005, "")}, err: closed},
	{name: "5.5.1 garbage after a close is ignored", frames: []wireFrame{{first: fin | 8, payload: "\x03\xe8"}, {first: rsv1 | 3}},
		events: []Event{closeEvent(1000, "\x03\xe8")}, err: closed},
	{name: "5.5.1 close inside a message", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin | 8}, {first: fin, payload: "b"}},
		events: []Event{closeEvent(1005, "")}, err: closed},

	{name: "7.1.7 nothing follows an error", frames: []wireFrame{{first: fin | rsv1 | 1}, {first: fin | 1, payload: "a"}, {first: 3}},
		err: "1002 reserved bits are set"},
}

func TestDecoderFollowsRFC6455(t *testing.T) {
	t.Parallel()
	for role, maskError := range map[Role]string{
		Server: "frame from client is not masked",
		Client: "frame from server is masked",
	} {
		newDecoder := func() *Decoder {
			d := new(Decoder)
			d.Init(role, 1000)
			return d
		}
		for _, c := range decoderCases {
			t.Run(fmt.Sprintf("role %d/%s", role, c.name), func(t *testing.T) {
				t.Parallel()
				data := wire(role, c.frames)
				want := transcript{c.events, strings.Replace(c.err, "MASK", maskError, 1), c.partial}
				if got := decodeEveryWay(t, newDecoder, data); !got.equal(want) {
					t.Errorf("%s\ngot  %v\nwant %v", briefHex(data), got, want)
				}
			})
		}
	}
}

// TestReservedOpcodesAreRefused covers RFC 6455 section 5.2.
func TestReservedOpcodesAreRefused(t *testing.T) {
	t.Parallel()
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		for _, first := range []byte{op, fin | op} {
			data := wireFrame{first: first, payload: "a"}.append(nil, Client)
			got := decodeEveryWay(t, newClientDecoder, data)
			if want := fmt.Sprintf("1002 opcode 0x%X is reserved", op); got.err != want || got.events != nil {
				t.Errorf("first byte %#x: got %v, want error %q", first, got, want)
			}
		}
	}
}

func newClientDecoder() *Decoder {
	d := new(Decoder)
	d.Init(Client, 0)
	return d
}

// TestCloseCodes covers RFC 6455 section 7.4 and the IANA registry, for all codes there can be.
func TestCloseCodes(t *testing.T) {
	t.Parallel()
	assigned := []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}
	for code := range 1 << 16 {
		valid := code >= 3000 && code <= 4999 || slices.Contains(assigned, code)
		payload := string([]byte{byte(code >> 8), byte(code)})
		got := decodeWhole(t, newClientDecoder, wireFrame{first: fin | 8, payload: payload}.append(nil, Client))
		want := transcript{events: []Event{closeEvent(code, payload)}}
		if !valid {
			want = transcript{err: fmt.Sprintf("1002 close code %d is not allowed", code)}
		}
		if !got.equal(want) {
			t.Fatalf("close code %d: got %v, want %v", code, got, want)
		}
	}
}

// TestCloseCodeNames covers RFC 6455 section 7.4.1 and the IANA registry of WebSocket close codes.
func TestCloseCodeNames(t *testing.T) {
	t.Parallel()
	got := []int{CloseNormal, CloseGoingAway, CloseProtocolError, CloseUnsupportedData, CloseNoStatus, CloseAbnormal,
		CloseInvalidPayload, ClosePolicyViolation, CloseMessageTooBig, CloseMandatoryExtension, CloseInternalError,
		CloseServiceRestart, CloseTryAgainLater, CloseBadGateway, CloseTLSHandshakeFailure}
	want := []int{1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015}
	if !slices.Equal(got, want) {
		t.Errorf("got  %d\nwant %d", got, want)
	}
}

func TestOpcodeNames(t *testing.T) {
	t.Parallel()
	for op, want := range []string{0: "continuation", 1: "text", 2: "binary", 3: "reserved", 8: "close", 9: "ping", 10: "pong"} {
		if want == "" {
			want = "reserved"
		}
		if got := Opcode(op).String(); got != want {
			t.Errorf("opcode %d is %q, want %q", op, got, want)
		}
	}
}

func TestReasonIsThatOfACloseOnly(t *testing.T) {
	t.Parallel()
	for ev, want := range map[Event]string{
		closeEvent(1000, "\x03\xe8bye"): "bye",
		closeEvent(1000, "\x03\xe8"):    "",
		closeEvent(1005, ""):            "",
		textEvent("abc"):                "",
	} {
		if got := ev.Reason(); got != want {
			t.Errorf("reason of %v is %q, want %q", ev, got, want)
		}
	}
}

// TestErrorsComeWithTheirFirstByte checks that a connection fails as early as it can: at the byte
// that is wrong, not at the end of the header, the frame or the message.
func TestErrorsComeWithTheirFirstByte(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		frames []wireFrame
		at     int // number of bytes that must be enough, as a client sees them
	}{
		{"reserved bits", []wireFrame{{first: fin | rsv1 | 1}}, 1},
		{"reserved opcode", []wireFrame{{first: fin | 3}}, 1},
		{"fragmented control frame", []wireFrame{{first: 9}}, 1},
		{"continuation without start", []wireFrame{{first: fin}}, 1},
		{"data frame inside a message", []wireFrame{{first: 1, payload: "a"}, {first: fin | 1}}, 4},
		{"mask", []wireFrame{{first: fin | 1, wrongMask: true}}, 2},
		{"long control frame", []wireFrame{{first: fin | 9, payload: strings.Repeat("p", 126)}}, 2},
		{"length not minimal", []wireFrame{{first: fin | 1, payload: "a", lengthIn: 2}}, 4},
		{"message too big", []wireFrame{{first: fin | 1, announce: 1001}}, 4},
		{"message too big in 8 bytes", []wireFrame{{first: fin | 1, announce: 1 << 40}}, 10},
		{"second fragment too big", []wireFrame{{first: 2, payload: "a"}, {first: fin, announce: 1000}}, 7},
		{"surrogate", []wireFrame{{first: fin | 1, payload: "ab\xed\xa0\x80"}}, 6},
	} {
		d := new(Decoder)
		d.Init(Client, 1000)
		data, got := wire(Client, c.frames), 0
		for i, b := range data {
			if _, _, _, err := d.Next([]byte{b}); err != nil {
				got = i + 1
				break
			}
		}
		if got != c.at {
			t.Errorf("%s: % x failed after %d bytes, want %d", c.name, data, got, c.at)
		}
	}
}

func TestErrorIsRepeated(t *testing.T) {
	t.Parallel()
	d := newClientDecoder()
	n, _, ok, first := d.Next([]byte{0xFF, 1, 2})
	if n != 3 || ok || first == nil {
		t.Fatalf("got %d, %t, %v, want all bytes consumed and an error", n, ok, first)
	}
	n, _, ok, err := d.Next([]byte{0x81, 1, 'a', 0x89})
	if n != 4 || ok || err != first {
		t.Errorf("second call: got %d, %t, %v, want 4, false, %v", n, ok, err, first)
	}
	if _, ok, err := d.Filled(0); ok || err != first {
		t.Errorf("Filled: got %t, %v, want false, %v", ok, err, first)
	}
	if d.Want() != nil {
		t.Error("Want returns memory after an error")
	}
}

func TestClosedAfterCloseFrame(t *testing.T) {
	t.Parallel()
	d := newClientDecoder()
	p := []byte{0x88, 0, 0x81, 1, 'a'}
	n, ev, ok, err := d.Next(p)
	if n != 2 || !ok || err != nil || ev.Opcode != Close {
		t.Fatalf("got %d, %v, %t, %v", n, ev, ok, err)
	}
	if n, _, ok, err := d.Next(p[2:]); n != 3 || ok || !errors.Is(err, ErrClosed) {
		t.Errorf("after the close: got %d, %t, %v, want 3, false, ErrClosed", n, ok, err)
	}
}

func TestInitForgetsTheLastConnection(t *testing.T) {
	t.Parallel()
	d := newClientDecoder()
	d.EnableDeflate(true)
	_, _, _, _ = d.Next([]byte{0x01, 5, 'a', 'b'})
	d.Init(Server, 10)
	if want := (Decoder{role: Server, maxMessage: 10}); !reflect.DeepEqual(*d, want) {
		t.Errorf("got %+v, want %+v", *d, want)
	}
}

// TestNoLimitMeansNoLimit checks that a limit of zero allows the largest announcement there is, and
// that an announcement alone costs no memory.
func TestNoLimitMeansNoLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{0, -1, math.MaxInt64} {
		d := new(Decoder)
		d.Init(Client, limit)
		f := feeder{t: t, d: d}
		f.feed(wireFrame{first: fin | 2, announce: math.MaxInt64, payload: "abc"}.append(nil, Client))
		if got := f.finish(); got.err != "" || got.partial != "abc" {
			t.Errorf("limit %d: %v", limit, got)
		}
	}
}

// TestEmptyFragmentsAreLimited covers the attack of a message that never ends and has no bytes to count.
func TestEmptyFragmentsAreLimited(t *testing.T) {
	t.Parallel()
	for _, extra := range []int{0, 1} {
		d := newClientDecoder()
		f := feeder{t: t, d: d}
		for range 2 { // the limit is one for each message
			f.feed([]byte{0x01, 0})
			f.feed(make([]byte, 2*(MaxEmptyFragments-1)))
			f.feed([]byte{0x89, 0}) // a ping between them is no fragment
			if held := cap(d.assembly.buf); held != 0 {
				t.Errorf("empty fragments hold %d bytes", held)
			}
			f.feed(make([]byte, 2*extra))
			f.feed([]byte{0x00, 1, 'x'})
			f.feed([]byte{0x80, 0})
		}
		ping := Event{Opcode: Ping}
		want := transcript{events: []Event{ping, textEvent("x"), ping, textEvent("x")}}
		if extra > 0 {
			want = transcript{events: []Event{ping}, err: "1008 too many fragments without payload"}
		}
		if got := f.finish(); !got.equal(want) {
			t.Errorf("with %d too many: got %v, want %v", extra, got, want)
		}
	}
}

// largeMessage returns n bytes of text in which every place is different enough to notice a piece
// that is lost, doubled or unmasked with the wrong byte of the key.
func largeMessage(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d 世界 ", i)
	}
	s := b.String()[:n]
	return strings.ToValidUTF8(s, strings.Repeat("x", n-len(strings.ToValidUTF8(s, ""))))
}

func TestLargeMessagesInEveryReadSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{4096, 65535, 65536, 65537, 300_000} {
		payload := largeMessage(size)
		for _, role := range []Role{Server, Client} {
			newDecoder := func() *Decoder {
				d := new(Decoder)
				d.Init(role, int64(size))
				return d
			}
			single := []wireFrame{{first: fin | 1, payload: payload}}
			fragments := []wireFrame{{first: 1, payload: payload[:size/3]}, {first: 0, payload: payload[size/3 : size-100]},
				{first: fin | 9, payload: "ping"}, {first: fin, payload: payload[size-100:]}}
			for i, frames := range [][]wireFrame{single, fragments} {
				data := wire(role, append(slices.Clone(frames), wireFrame{first: fin | 1, payload: "next"}))
				want := transcript{events: []Event{textEvent(payload), textEvent("next")}}
				if i == 1 {
					want.events = slices.Insert(want.events, 0, pingEvent("ping"))
				}
				for _, read := range []int{1000, 4099, 65536, 1 << 22} {
					for _, direct := range []bool{false, true} {
						got := decodeSplit(t, newDecoder, data, direct, func(int) int { return read })
						if !got.equal(want) {
							t.Fatalf("size %d, role %d, reads of %d, direct %t:\ngot  %v\nwant %v", size, role, read, direct, got, want)
						}
					}
				}
			}
		}
	}
}

// TestInvalidTextFailsInDirectReads checks that what Filled takes is checked as strictly as what
// Next takes, at the same byte.
func TestInvalidTextFailsInDirectReads(t *testing.T) {
	t.Parallel()
	payload := []byte(strings.Repeat("x", 100_000))
	for _, at := range []int{20_000, 65_537, 99_999} {
		bad := slices.Clone(payload)
		bad[at] = 0xC3
		data := wireFrame{first: fin | 1, payload: string(bad)}.append(nil, Server)
		newDecoder := func() *Decoder {
			d := new(Decoder)
			d.Init(Server, 0)
			return d
		}
		want := transcript{err: "1007 text message is not valid utf-8", partial: string(bad[:at+1])}
		got := decodeSplit(t, newDecoder, data, true, func(int) int { return 8192 })
		if !got.equal(want) {
			t.Errorf("bad byte at %d: got %v, want %v", at, got, want)
		}
	}
}

func TestWantOffersMemoryForLargePayloadsOnly(t *testing.T) {
	t.Parallel()
	d := newClientDecoder()
	if d.Want() != nil {
		t.Error("Want returns memory between two messages")
	}
	feed := func(p []byte) {
		if _, _, ok, err := d.Next(p); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	feed(wireFrame{first: fin | 2, announce: 1 << 20}.append(nil, Client))
	if d.Want() != nil {
		t.Error("Want returns memory for what a header promises")
	}
	feed(make([]byte, directMin))
	want := d.Want()
	if len(want) < directMin || len(want) > 4*directMin {
		t.Errorf("Want returns %d bytes after %d", len(want), directMin)
	}
	feed(make([]byte, 1<<20-directMin-100))
	if d.Want() != nil {
		t.Error("Want returns memory for the last 100 bytes")
	}
}

// TestLargeMessageIsNotCopiedOnceMore checks that the string of a large message is the memory that
// it was assembled in, in which nothing is left over.
func TestLargeMessageIsNotCopiedOnceMore(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	d := newClientDecoder()
	data := wireFrame{first: fin | 2, payload: strings.Repeat("a", size)}.append(nil, Client)
	_, _, _, _ = d.Next(data[:size])
	if held := cap(d.assembly.buf); held != size {
		t.Errorf("assembly of %d bytes holds %d", size, held)
	}
	held := unsafe.SliceData(d.assembly.buf)
	_, ev, ok, err := d.Next(data[size:])
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if unsafe.StringData(ev.Data) != held {
		t.Error("the message was copied")
	}
}

// TestFragmentedMessageKeepsNoSlack checks that the string of a message whose size was not known
// from its first header does not hold much more memory than it has bytes.
func TestFragmentedMessageKeepsNoSlack(t *testing.T) {
	t.Parallel()
	a := assembly{}
	a.append(make([]byte, 1000), openGrowth, 1<<20)
	a.append(make([]byte, 1100), openGrowth, 1<<20)
	if cap(a.buf) < 3000 {
		t.Fatalf("capacity is %d, too small for the test", cap(a.buf))
	}
	held := unsafe.SliceData(a.buf)
	if s := a.take(); len(s) != 2100 || unsafe.StringData(s) == held {
		t.Errorf("2100 bytes keep the memory of %d", 4200)
	}
	if a.buf != nil {
		t.Error("take leaves the memory in the assembly")
	}
}

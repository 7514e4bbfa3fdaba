package ws

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFramesOfRFC6455 covers the examples of section 5.7 and the three forms of the length of
// section 5.2.
func TestFramesOfRFC6455(t *testing.T) {
	t.Parallel()
	key := &[4]byte{0x37, 0xFA, 0x21, 0x3D}
	for _, c := range []struct {
		name      string
		fin, rsv1 bool
		op        Opcode
		mask      *[4]byte
		payload   string
		want      string // beginning of the frame, in hexadecimal
		size      int
	}{
		{"text", true, false, Text, nil, "Hello", "810548656c6c6f", 7},
		{"masked text", true, false, Text, key, "Hello", "818537fa213d7f9f4d5158", 11},
		{"first fragment", false, false, Text, nil, "Hel", "010348656c", 5},
		{"last fragment", true, false, Continuation, nil, "lo", "80026c6f", 4},
		{"ping", true, false, Ping, nil, "Hello", "890548656c6c6f", 7},
		{"masked pong", true, false, Pong, key, "Hello", "8a8537fa213d7f9f4d5158", 11},
		{"256 bytes", true, false, Binary, nil, strings.Repeat("\x00", 256), "827e010000", 260},
		{"64 KiB", true, false, Binary, nil, strings.Repeat("\x00", 65536), "827f0000000000010000", 65546},
		{"125 bytes", true, false, Binary, nil, strings.Repeat("a", 125), "827d61", 127},
		{"126 bytes", true, false, Binary, nil, strings.Repeat("a", 126), "827e007e61", 130},
		{"65535 bytes", true, false, Binary, nil, strings.Repeat("a", 65535), "827effff61", 65539},
		{"masked 256 bytes", true, false, Binary, key, strings.Repeat("\x00", 256), "82fe010037fa213d37fa213d", 264},
		{"compressed", true, true, Text, nil, "x", "c10178", 3},
		{"empty masked", true, false, Text, key, "", "818037fa213d", 6},
	} {
		fromString := AppendFrame([]byte("before"), c.fin, c.rsv1, c.op, c.mask, c.payload)
		fromBytes := AppendFrame([]byte("before"), c.fin, c.rsv1, c.op, c.mask, []byte(c.payload))
		if !bytes.Equal(fromString, fromBytes) {
			t.Errorf("%s: a string and a slice give different frames", c.name)
		}
		got, ok := strings.CutPrefix(string(fromString), "before")
		if !ok || len(got) != c.size || !strings.HasPrefix(hex.EncodeToString([]byte(got)), c.want) {
			t.Errorf("%s: got %s, %d bytes, want %s, %d bytes", c.name, brief(hex.EncodeToString([]byte(got))), len(got), c.want, c.size)
		}
	}
}

func TestLargeMessagesLeaveInFragments(t *testing.T) {
	t.Parallel()
	for size, want := range map[int][]int{
		0:               {0},
		65535:           {65535},
		65536:           {65536},
		65537:           {65536, 1},
		3 * 65536:       {65536, 65536, 65536},
		2*65536 + 12345: {65536, 65536, 12345},
	} {
		payload := largeMessage(size)
		for _, role := range []Role{Server, Client} {
			var e Encoder
			e.Init(role)
			var one []byte
			sizes := []int{}
			f := e.Fragments(Binary, payload)
			for more := true; more; {
				start := len(one)
				one, more = f.Next(one)
				size := frameAt(t, one[start:], len(sizes) == 0, !more, role)
				sizes = append(sizes, size)
			}
			if fmt.Sprint(sizes) != fmt.Sprint(want) {
				t.Errorf("%d bytes leave in fragments of %v, want %v", size, sizes, want)
			}
			all := e.AppendMessage(nil, Binary, payload)
			if len(all) != len(one) {
				t.Errorf("AppendMessage gives %d bytes, Fragments %d", len(all), len(one))
			}
			for _, data := range [][]byte{one, all} {
				got := decodeWhole(t, peerOf(role, 0), data)
				if !got.equal(transcript{events: []Event{binaryEvent(payload)}}) {
					t.Errorf("%d bytes from role %d arrive as %v", size, role, got)
				}
			}
		}
	}
}

// frameAt checks the header of the frame that is all of p and returns the size of its payload.
func frameAt(t *testing.T, p []byte, first, last bool, role Role) int {
	t.Helper()
	if got := p[0]&finBit != 0; got != last {
		t.Errorf("FIN is %t, want %t", got, last)
	}
	want := Continuation
	if first {
		want = Binary
	}
	if got := Opcode(p[0] & opcodeBits); got != want {
		t.Errorf("opcode is %s, want %s", got, want)
	}
	if got := p[1]&maskBit != 0; got != (role == Client) {
		t.Errorf("masked is %t in a frame from role %d", got, role)
	}
	header := 2
	switch p[1] & lengthBits {
	case length16:
		header += 2
	case length64:
		header += 8
	}
	if role == Client {
		header += maskSize
	}
	return len(p) - header
}

// peerOf returns what makes decoders for the frames of an encoder.
func peerOf(role Role, maxMessage int64) func() *Decoder {
	return func() *Decoder {
		d := new(Decoder)
		d.Init(1-role, maxMessage)
		return d
	}
}

func TestControlFramesMayGoBetweenFragments(t *testing.T) {
	t.Parallel()
	var e Encoder
	payload := largeMessage(200_000)
	f := e.Fragments(Text, payload)
	data, more := f.Next(nil)
	want := transcript{}
	for i := 0; more; i++ {
		data, _ = e.AppendControl(data, Ping, fmt.Sprint(i))
		want.events = append(want.events, pingEvent(fmt.Sprint(i)))
		data, more = f.Next(data)
	}
	want.events = append(want.events, textEvent(payload))
	if got := decodeWhole(t, peerOf(Server, 0), data); !got.equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestClientMasksEachFrameAfresh covers RFC 6455 section 5.3.
func TestClientMasksEachFrameAfresh(t *testing.T) {
	t.Parallel()
	var e Encoder
	e.Init(Client)
	seen := map[string]bool{}
	for range 100 {
		frame := e.AppendMessage(nil, Text, "x")
		seen[string(frame[2:6])] = true
		frame, _ = e.AppendControl(nil, Ping, "")
		seen[string(frame[2:6])] = true
	}
	f := e.Fragments(Binary, strings.Repeat("x", 100*FragmentSize))
	for more := true; more; {
		var frame []byte
		frame, more = f.Next(nil)
		seen[string(frame[len(frame)-FragmentSize-4:len(frame)-FragmentSize])] = true
	}
	if len(seen) < 299 {
		t.Errorf("300 frames have %d different keys", len(seen))
	}
}

func TestControlFramesAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op      Opcode
		payload string
		err     error
	}{
		{Ping, strings.Repeat("a", 125), nil},
		{Pong, "", nil},
		{Ping, strings.Repeat("a", 126), ErrControlTooLong},
		{Close, "\x03\xe8" + strings.Repeat("a", 124), ErrControlTooLong},
		{Close, "", nil},
		{Close, "\x03\xe8bye", nil},
		{Close, "\x03", ErrCloseCode},
		{Close, "\x03\xed", ErrCloseCode},
		{Close, "\x03\xe8\xff", ErrCloseReason},
		{Text, "a", ErrNotControl},
		{Continuation, "a", ErrNotControl},
		{Opcode(11), "a", ErrNotControl},
	} {
		for _, role := range []Role{Server, Client} {
			var e Encoder
			e.Init(role)
			got, err := e.AppendControl([]byte("before"), c.op, c.payload)
			if !errors.Is(err, c.err) {
				t.Errorf("%s with %q: error %v, want %v", c.op, c.payload, err, c.err)
			}
			if err != nil && string(got) != "before" {
				t.Errorf("%s with %q: an error, and %q", c.op, c.payload, got)
			}
			if err != nil {
				continue
			}
			tr := decodeWhole(t, peerOf(role, 0), got[len("before"):])
			if len(tr.events) != 1 || tr.events[0].Opcode != c.op || tr.events[0].Data != c.payload {
				t.Errorf("%s with %q arrives as %v", c.op, c.payload, tr)
			}
		}
	}
}

func TestCloseFramesAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code   int
		reason string
		err    error
	}{
		{CloseNormal, "", nil},
		{CloseGoingAway, "reboot 世", nil},
		{CloseNoStatus, "", nil},
		{4999, strings.Repeat("r", 123), nil},
		{CloseNoStatus, "why", ErrCloseCode},
		{CloseAbnormal, "", ErrCloseCode},
		{CloseTLSHandshakeFailure, "", ErrCloseCode},
		{0, "", ErrCloseCode},
		{-1, "", ErrCloseCode},
		{1000 + 1<<16, "", ErrCloseCode},
		{CloseNormal, strings.Repeat("r", 124), ErrControlTooLong},
		{CloseNormal, "\xff", ErrCloseReason},
	} {
		var e Encoder
		payload, err := ClosePayload(c.code, c.reason)
		var got []byte
		if err == nil {
			got, err = e.AppendControl(nil, Close, payload)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%d %q: error %v, want %v", c.code, c.reason, err, c.err)
		}
		if err != nil {
			if len(got) > 0 {
				t.Errorf("%d %q: an error, and %q", c.code, c.reason, got)
			}
			continue
		}
		tr := decodeWhole(t, peerOf(Server, 0), got)
		if len(tr.events) != 1 || tr.events[0].Code != c.code || tr.events[0].Reason() != c.reason {
			t.Errorf("%d %q arrives as %v", c.code, c.reason, tr)
		}
	}
}

// TestWhatIsEncodedIsDecoded sends random messages and control frames of random sizes, in both
// directions, with and without compression, in reads of random sizes.
func TestWhatIsEncodedIsDecoded(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	sizes := []int{0, 1, 125, 126, 127, 4096, 65535, 65536, 65537, 300_000}
	for round := range 200 {
		role, deflate := Role(round%2), round%4 >= 2
		var e Encoder
		e.Init(role)
		newDecoder := peerOf(role, 0)
		if deflate {
			e.EnableDeflate(Compression{Level: round % 10, WindowBits: 8 + round%8})
			newDecoder = func() *Decoder {
				d := peerOf(role, 0)()
				d.EnableDeflate(random.IntN(2) == 0)
				return d
			}
		}
		var data []byte
		var want transcript
		for range 1 + random.IntN(6) {
			size := random.IntN(200)
			if random.IntN(3) == 0 {
				size = sizes[random.IntN(len(sizes))]
			}
			switch random.IntN(3) {
			case 0:
				payload := largeMessage(size)
				data = e.AppendMessage(data, Text, payload)
				want.events = append(want.events, textEvent(payload))
			case 1:
				payload := make([]byte, size)
				for i := range payload {
					payload[i] = byte(random.Uint32())
				}
				data = e.AppendMessage(data, Binary, string(payload))
				want.events = append(want.events, binaryEvent(string(payload)))
			case 2:
				payload := strings.Repeat("p", size%126)
				data, _ = e.AppendControl(data, Pong, payload)
				want.events = append(want.events, pongEvent(payload))
			}
		}
		most := 1 + random.IntN(100_000)
		got := decodeSplit(t, newDecoder, data, round%8 >= 4, func(int) int { return 1 + random.IntN(most) })
		if !got.equal(want) {
			t.Fatalf("round %d, role %d, deflate %t:\ngot  %v\nwant %v", round, role, deflate, got, want)
		}
	}
}

// TestSharedFragments: header and payload together are what Next appends; a client's payload has to be masked
// and is never shared.
func TestSharedFragments(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 125, 126, FragmentSize, FragmentSize + 1, 3*FragmentSize + 7} {
		payload := strings.Repeat("x", size)
		var server, client Encoder
		client.Init(Client)
		whole, parts := server.Fragments(Text, payload), server.Fragments(Text, payload)
		masked := client.Fragments(Text, payload)
		for more := true; more; {
			var want, got []byte
			var data string
			want, more = whole.Next(nil)
			var others bool
			got, data, others = parts.NextShared(nil)
			if others != more || string(got)+data != string(want) || len(got) > MaxHeaderSize {
				t.Fatalf("%d bytes: a frame of %d bytes came as %d and %d", size, len(want), len(got), len(data))
			}
			got, data, others = masked.NextShared(nil)
			if others != more || data != "" || len(got) != len(want)+maskSize {
				t.Fatalf("%d bytes: a client's frame came as %d and %d", size, len(got), len(data))
			}
		}
	}
}

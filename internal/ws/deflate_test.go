package ws

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// deflating returns what makes client decoders that negotiated compression.
func deflating(takeover bool, maxMessage int64) func() *Decoder {
	return func() *Decoder {
		d := new(Decoder)
		d.Init(Client, maxMessage)
		d.EnableDeflate(takeover)
		return d
	}
}

// deflated compresses messages with what compress/flate does when it remembers the earlier ones.
func deflated(messages ...string) []string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	compressed := make([]string, 0, len(messages))
	for _, message := range messages {
		_, _ = w.Write([]byte(message))
		_ = w.Flush()
		compressed = append(compressed, strings.TrimSuffix(out.String(), "\x00\x00\xff\xff"))
		out.Reset()
	}
	return compressed
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestDecoderFollowsRFC7692 has the examples of section 7.2.3 and the rules of sections 5 to 7, each
// read with and without context takeover.
func TestDecoderFollowsRFC7692(t *testing.T) {
	t.Parallel()
	const corrupt = "1007 compressed message is corrupt"
	for _, c := range []struct {
		name    string
		frames  []wireFrame
		events  []Event
		err     string
		partial string
	}{
		{name: "7.2.3.1 Hello", frames: []wireFrame{{first: fin | rsv1 | 1, payload: unhex("f248cdc9c90700")}},
			events: []Event{textEvent("Hello")}},
		{name: "7.2.3.1 fragments", frames: []wireFrame{{first: rsv1 | 1, payload: unhex("f248cd")}, {first: fin, payload: unhex("c9c90700")}},
			events: []Event{textEvent("Hello")}},
		{name: "7.2.3.3 block without compression", frames: []wireFrame{{first: fin | rsv1 | 1, payload: unhex("000500faff48656c6c6f00")}},
			events: []Event{textEvent("Hello")}},
		{name: "7.2.3.4 final block", frames: []wireFrame{{first: fin | rsv1 | 1, payload: unhex("f348cdc9c9070000")}},
			events: []Event{textEvent("Hello")}},
		{name: "7.2.3.4 two final blocks", frames: []wireFrame{{first: fin | rsv1 | 1, payload: unhex("f348cdc9c90700f348cdc9c9070000")}},
			events: []Event{textEvent("HelloHello")}},
		{name: "7.2.3.5 two blocks", frames: []wireFrame{{first: fin | rsv1 | 1, payload: unhex("f248050000 00ffff cac9c90700")}},
			events: []Event{textEvent("Hello")}},
		{name: "7.2.3.6 empty message", frames: []wireFrame{{first: fin | rsv1 | 1, payload: "\x00"}}, events: []Event{textEvent("")}},
		{name: "7.2.3.6 even an empty message has a byte", frames: []wireFrame{{first: fin | rsv1 | 2}}, err: corrupt},
		{name: "6 uncompressed message", frames: []wireFrame{{first: fin | 1, payload: "Hello"}}, events: []Event{textEvent("Hello")}},
		{name: "6 compressed and uncompressed messages",
			frames: []wireFrame{{first: fin | rsv1 | 2, payload: unhex("f248cdc9c90700")}, {first: fin | 1, payload: "x"}, {first: fin | rsv1 | 1, payload: unhex("f248cdc9c90700")}},
			events: []Event{binaryEvent("Hello"), textEvent("x"), textEvent("Hello")}},
		{name: "6 ping between compressed fragments",
			frames: []wireFrame{{first: rsv1 | 1, payload: unhex("f248cd")}, {first: fin | 9, payload: "p"}, {first: fin, payload: unhex("c9c90700")}},
			events: []Event{pingEvent("p"), textEvent("Hello")}},
		{name: "6.1 RSV1 on a continuation frame", frames: []wireFrame{{first: rsv1 | 1, payload: unhex("f248cd")}, {first: fin | rsv1, payload: unhex("c9c90700")}},
			err: "1002 reserved bits are set"},
		{name: "6.1 RSV1 on the continuation of an uncompressed message", frames: []wireFrame{{first: 1, payload: "a"}, {first: fin | rsv1, payload: "b"}},
			err: "1002 reserved bits are set", partial: "a"},
		{name: "5 RSV1 on a control frame", frames: []wireFrame{{first: fin | rsv1 | 9}}, err: "1002 reserved bits are set"},
		{name: "6 RSV2 on a compressed message", frames: []wireFrame{{first: fin | rsv1 | rsv2 | 1}}, err: "1002 reserved bits are set"},
		{name: "6.2 unfinished message has no partial data", frames: []wireFrame{{first: rsv1 | 1, payload: unhex("f248cd")}}},
		{name: "6.2 garbage", frames: []wireFrame{{first: fin | rsv1 | 2, payload: "\xff\xff\xff"}}, err: corrupt},
		{name: "6.2 truncated", frames: []wireFrame{{first: fin | rsv1 | 2, payload: unhex("f248cd")}}, err: corrupt},
		{name: "6.2 block swallows what was appended", frames: []wireFrame{{first: fin | rsv1 | 2, payload: unhex("00 0600 f9ff")}}, err: corrupt},
		{name: "6.2 block swallows all that was appended", frames: []wireFrame{{first: fin | rsv1 | 2, payload: unhex("00 0900 f6ff")}}, err: corrupt},
		{name: "6.2 reference to before the beginning", frames: []wireFrame{{first: fin | rsv1 | 2, payload: unhex("f2001100 00")}}, err: corrupt},
		{name: "6.2 inflated text is not utf-8", frames: []wireFrame{{first: fin | rsv1 | 1, payload: deflated("ab\xff")[0]}},
			err: "1007 text message is not valid utf-8"},
		{name: "6.2 inflated text ends inside a code point", frames: []wireFrame{{first: fin | rsv1 | 1, payload: deflated("ab\xe4\xb8")[0]}},
			err: "1007 text message is not valid utf-8"},
		{name: "6.2 inflated binary", frames: []wireFrame{{first: fin | rsv1 | 2, payload: deflated("ab\xff")[0]}}, events: []Event{binaryEvent("ab\xff")}},
		{name: "message at the limit", frames: []wireFrame{{first: fin | rsv1 | 2, payload: deflated(strings.Repeat("a", 5000))[0]}},
			events: []Event{binaryEvent(strings.Repeat("a", 5000))}},
		{name: "message above the limit", frames: []wireFrame{{first: fin | rsv1 | 2, payload: deflated(strings.Repeat("a", 5001))[0]}},
			err: "1009 message exceeds 5000 bytes"},
		{name: "bomb", frames: []wireFrame{{first: fin | rsv1 | 1, payload: deflated(strings.Repeat("a", 4<<20))[0]}},
			err: "1009 message exceeds 5000 bytes"},
		{name: "compressed frames above any sensible size", frames: []wireFrame{{first: fin | rsv1 | 2, announce: 7000}},
			err: "1009 message exceeds 5000 bytes"},
		{name: "sum of compressed frames above any sensible size", frames: []wireFrame{{first: rsv1 | 2, payload: "\x00"}, {first: 0, announce: 6649}},
			err: "1009 message exceeds 5000 bytes"},
		{name: "limit of an uncompressed message", frames: []wireFrame{{first: fin | 2, announce: 5001}},
			err: "1009 message exceeds 5000 bytes"},
		{name: "too many final blocks", frames: []wireFrame{{first: rsv1 | 2, payload: strings.Repeat("\x03\x00", 500)}, {first: fin, payload: strings.Repeat("\x03\x00", 525) + "\x00"}},
			err: corrupt},
		{name: "many final blocks", frames: []wireFrame{{first: fin | rsv1 | 2, payload: strings.Repeat("\x03\x00", 1024) + "\x00"}},
			events: []Event{binaryEvent("")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := wire(Client, c.frames)
			for _, takeover := range []bool{false, true} {
				want := transcript{c.events, c.err, c.partial}
				if got := decodeEveryWay(t, deflating(takeover, 5000), data); !got.equal(want) {
					t.Errorf("takeover %t, %s:\ngot  %v\nwant %v", takeover, briefHex(data), got, want)
				}
			}
		})
	}
}

// TestContextTakeover covers RFC 7692 section 7.2.3.2: the second message refers to the first,
// which works only if that was agreed.
func TestContextTakeover(t *testing.T) {
	t.Parallel()
	data := wire(Client, []wireFrame{
		{first: fin | rsv1 | 1, payload: unhex("f248cdc9c90700")},
		{first: fin | 1, payload: "an uncompressed message does not count"},
		{first: fin | rsv1 | 1, payload: unhex("f200110000")},
	})
	hello, other := textEvent("Hello"), textEvent("an uncompressed message does not count")
	got := decodeEveryWay(t, deflating(true, 0), data)
	if want := (transcript{events: []Event{hello, other, hello}}); !got.equal(want) {
		t.Errorf("with takeover: got %v, want %v", got, want)
	}
	got = decodeEveryWay(t, deflating(false, 0), data)
	if want := (transcript{events: []Event{hello, other}, err: "1007 compressed message is corrupt"}); !got.equal(want) {
		t.Errorf("without takeover: got %v, want %v", got, want)
	}
}

// TestTakeoverReaches32KiBBack sends messages of many sizes, each repeating parts of what was up to
// a whole window ago, and checks what the decoder keeps for that.
func TestTakeoverReaches32KiBBack(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	var messages []string
	var all []byte
	for _, size := range []int{10, 5000, 30_000, 32 << 10, 100, 70_000, 1, 32<<10 - 1, 32<<10 + 1, 20_000, 20_000} {
		message := slices.Clone(noise[:size])
		noise = noise[size/2:]
		// The part that starts exactly one window before the end of the message before.
		if back := len(all) - 32<<10; back >= 0 {
			copy(message, all[back:min(back+200, len(all))])
		}
		all = append(all, message...)
		messages = append(messages, string(message))
	}
	var data []byte
	var want transcript
	for i, payload := range deflated(messages...) {
		data = wireFrame{first: fin | rsv1 | 2, payload: payload}.append(data, Client)
		want.events = append(want.events, binaryEvent(messages[i]))
	}
	d := deflating(true, 0)()
	f := feeder{t: t, d: d}
	f.feed(data)
	if got := f.finish(); !got.equal(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if !bytes.Equal(d.inflater.window, all[len(all)-32<<10:]) {
		t.Errorf("the window of %d bytes is not the end of what was sent", len(d.inflater.window))
	}
}

// TestFinalBlocksKeepTheContext checks the window when messages end their stream each time, with
// references across the ends (RFC 7692 section 7.2.3.4).
func TestFinalBlocksKeepTheContext(t *testing.T) {
	t.Parallel()
	block := func(dictionary, text string) string {
		var out bytes.Buffer
		w, _ := flate.NewWriterDict(&out, flate.BestCompression, []byte(dictionary))
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return out.String()
	}
	noise := strings.Repeat("only a reference makes this small: 0123456789", 8)
	for _, size := range []int{1000, 40_000} {
		a, b, c := largeMessage(size), largeMessage(size/2), largeMessage(size/10)+noise
		data := wire(Client, []wireFrame{
			{first: fin | rsv1 | 1, payload: block("", noise) + "\x00"},
			{first: fin | rsv1 | 1, payload: block(noise, a) + block(noise+a, b) + "\x00"},
			{first: fin | rsv1 | 1, payload: block(noise+a+b, c) + "\x00"},
		})
		want := transcript{events: []Event{textEvent(noise), textEvent(a + b), textEvent(c)}}
		if got := decodeWhole(t, deflating(true, 0), data); !got.equal(want) {
			t.Errorf("size %d:\ngot  %v\nwant %v", size, got, want)
		}
	}
}

// TestInflatedMessagesDoNotShareMemory has messages that nearly fill the memory in which small
// messages are inflated.
func TestInflatedMessagesDoNotShareMemory(t *testing.T) {
	t.Parallel()
	var data []byte
	var want transcript
	for _, size := range []int{inflateScratch - 1, inflateScratch, inflateScratch + 1, 1000} {
		for _, letter := range []string{"a", "b", "c"} {
			message := strings.Repeat(letter, size)
			data = wireFrame{first: fin | rsv1 | 1, payload: deflated(message)[0]}.append(data, Client)
			want.events = append(want.events, textEvent(message))
		}
	}
	if got := decodeWhole(t, deflating(false, 0), data); !got.equal(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestNoTakeoverKeepsNothing(t *testing.T) {
	t.Parallel()
	d := deflating(false, 0)()
	f := feeder{t: t, d: d}
	f.feed(wireFrame{first: fin | rsv1 | 2, payload: deflated(strings.Repeat("abc", 50_000))[0]}.append(nil, Client))
	f.feed(wireFrame{first: fin | rsv1 | 2, payload: unhex("f348cdc9c90700f348cdc9c9070000")}.append(nil, Client))
	if len(f.events) != 2 || d.inflater.window != nil {
		t.Errorf("%d messages, and a window of %d bytes", len(f.events), len(d.inflater.window))
	}
}

// TestBombCostsNoMoreThanTheLimit checks that what is allocated for a message does not follow what
// it inflates to.
func TestBombCostsNoMoreThanTheLimit(t *testing.T) {
	bomb := wireFrame{first: fin | rsv1 | 2, payload: deflated(strings.Repeat("a", 16<<20))[0]}.append(nil, Client)
	d := deflating(false, 100_000)()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, _, err := d.Next(bomb)
	runtime.ReadMemStats(&after)
	if err == nil || err.Error() != "message exceeds 100000 bytes" {
		t.Fatal(err)
	}
	// The output by doubling, and a reader when the pool is empty.
	if got := after.TotalAlloc - before.TotalAlloc; got > 400_000 {
		t.Errorf("16 MiB in %d bytes cost %d bytes", len(bomb), got)
	}
}

func TestMaxCompressedDoesNotOverflow(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{1, 1000, 1 << 40, 1 << 62, 1<<63 - 1} {
		if got := maxCompressed(limit); got < limit {
			t.Errorf("%d bytes may take %d compressed", limit, got)
		}
	}
}

func TestCompressedMessagesLeaveOnlyWhenSmaller(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for _, c := range []struct {
		name       string
		payload    string
		compressed bool
	}{
		{"empty", "", false},
		{"tiny", "aaaaaaaaaa", false},
		{"repetitive", strings.Repeat("hello ", 100), true},
		{"large", largeMessage(1 << 20), true},
		{"noise", string(noise[:1000]), false},
		{"large noise", string(noise), false},
	} {
		for _, role := range []Role{Server, Client} {
			var e Encoder
			e.Init(role)
			e.EnableDeflate(Compression{})
			var fragments []byte
			f := e.Fragments(Binary, c.payload)
			for i, more := 0, true; more; i++ {
				start := len(fragments)
				fragments, more = f.Next(fragments)
				// RFC 7692 section 6.1: RSV1 on the first frame only.
				if got, want := fragments[start]&rsv1Bit != 0, c.compressed && i == 0; got != want {
					t.Errorf("%s: RSV1 of frame %d is %t, want %t", c.name, i, got, want)
				}
			}
			for _, data := range [][]byte{fragments, e.AppendMessage(nil, Binary, c.payload)} {
				if got := data[0]&rsv1Bit != 0; got != c.compressed {
					t.Errorf("%s: compressed is %t, want %t", c.name, got, c.compressed)
				}
				if c.compressed && len(data) > len(c.payload)/2 {
					t.Errorf("%s: %d bytes take %d", c.name, len(c.payload), len(data))
				}
				got := decodeWhole(t, func() *Decoder {
					d := peerOf(role, 0)()
					d.EnableDeflate(false)
					return d
				}, data)
				if !got.equal(transcript{events: []Event{binaryEvent(c.payload)}}) {
					t.Errorf("%s arrives as %v", c.name, got)
				}
			}
		}
	}
}

func TestDeflateAnswers(t *testing.T) {
	t.Parallel()
	const answer = "permessage-deflate; server_no_context_takeover"
	for _, c := range []struct {
		name   string
		lines  []string
		demand bool // no context takeover
		answer string
		agreed Deflate
	}{
		{name: "no offer"},
		{name: "another extension", lines: []string{"x-webkit-deflate-frame"}},
		{name: "plain", lines: []string{"permessage-deflate"}, answer: answer},
		{name: "browser", lines: []string{"permessage-deflate; client_max_window_bits"}, answer: answer},
		{name: "7.1.2.2 client window", lines: []string{"permessage-deflate; client_max_window_bits=9"}, answer: answer},
		{name: "7.1.1.1 server takeover", lines: []string{"permessage-deflate; server_no_context_takeover"}, answer: answer},
		{name: "7.1.1.2 client takeover", lines: []string{"permessage-deflate; client_no_context_takeover"},
			answer: answer + "; client_no_context_takeover", agreed: Deflate{ClientNoContextTakeover: true}},
		{name: "7.1.1.2 demanded", lines: []string{"permessage-deflate"}, demand: true,
			answer: answer + "; client_no_context_takeover", agreed: Deflate{ClientNoContextTakeover: true}},
		{name: "7.1.2.1 server window 15", lines: []string{"permessage-deflate; server_max_window_bits=15"},
			answer: answer + "; server_max_window_bits=15"},
		{name: "7.1.2.1 quoted", lines: []string{`permessage-deflate; server_max_window_bits="15"`},
			answer: answer + "; server_max_window_bits=15"},
		{name: "7.1.2.1 server window 8", lines: []string{"permessage-deflate; server_max_window_bits=8"},
			answer: answer + "; server_max_window_bits=8", agreed: Deflate{ServerWindowBits: 8}},
		{name: "7.1.2.1 server window without value", lines: []string{"permessage-deflate; server_max_window_bits"}},
		{name: "5.2 alternatives", lines: []string{"permessage-deflate; server_max_window_bits, permessage-deflate; client_no_context_takeover"},
			answer: answer + "; client_no_context_takeover", agreed: Deflate{ClientNoContextTakeover: true}},
		{name: "5.2 alternatives in lines", lines: []string{"mux; max=4, permessage-deflate; server_max_window_bits=08", "permessage-deflate"}, answer: answer},
		{name: "5.2 first one counts", lines: []string{"permessage-deflate, permessage-deflate; client_no_context_takeover"}, answer: answer},
		{name: "7.1 unknown parameter", lines: []string{"permessage-deflate; unknown=1"}},
		{name: "7.1 parameter twice", lines: []string{"permessage-deflate; client_max_window_bits; client_max_window_bits=15"}},
		{name: "7.1 value where none may be", lines: []string{"permessage-deflate; client_no_context_takeover=1"}},
		{name: "7.1 server takeover with a value", lines: []string{"permessage-deflate; server_no_context_takeover=true"}},
		{name: "7.1.2 leading zero", lines: []string{"permessage-deflate; client_max_window_bits=09"}},
		{name: "7.1.2 too small", lines: []string{"permessage-deflate; client_max_window_bits=7"}},
		{name: "7.1.2 too large", lines: []string{"permessage-deflate; server_max_window_bits=16"}},
		{name: "name is not a prefix", lines: []string{"permessage-deflate2"}},
		{name: "malformed", lines: []string{"permessage-deflate; =1"}},
	} {
		got, agreed, ok := AnswerDeflate(c.lines, !c.demand)
		if c.answer != "" {
			c.agreed.ServerNoContextTakeover = true
			c.agreed.ServerWindowBits = cmp.Or(c.agreed.ServerWindowBits, 15)
			c.agreed.ClientWindowBits = 15
		}
		if got != c.answer || ok != (c.answer != "") || agreed != c.agreed {
			t.Errorf("%s: %q\ngot  %q %+v %t\nwant %q %+v", c.name, c.lines, got, agreed, ok, c.answer, c.agreed)
		}
	}
}

// TestSmallWindowsAreKept: what is written under a small window is made of pieces no larger than that, and
// each of them can be inflated without the others.
func TestSmallWindowsAreKept(t *testing.T) {
	t.Parallel()
	payload := largeMessage(40_000)
	payload += payload // far away, but alike
	marker, last := deflateTail[:4], deflateTail[4:]
	for bits := 8; bits < 15; bits++ {
		for level := 0; level <= 9; level += 3 {
			var e Encoder
			e.EnableDeflate(Compression{Level: level, WindowBits: bits})
			f := e.Fragments(Binary, payload)
			if !f.rsv1 {
				t.Fatalf("%d bits: not compressed", bits)
			}
			var got strings.Builder
			for stream := f.rest + marker; stream != ""; {
				end := strings.Index(stream, marker) + len(marker)
				piece, err := io.ReadAll(flate.NewReader(strings.NewReader(stream[:end] + last)))
				if err != nil || len(piece) > 1<<bits {
					t.Fatalf("%d bits, level %d: a piece of %d bytes, error %v", bits, level, len(piece), err)
				}
				got.Write(piece)
				stream = stream[end:]
			}
			if got.String() != payload {
				t.Errorf("%d bits, level %d: %d bytes come back as %d", bits, level, len(payload), got.Len())
			}
		}
	}
}

// TestLevelAndThreshold: a higher level makes smaller messages, and those below the threshold stay as they are.
func TestLevelAndThreshold(t *testing.T) {
	t.Parallel()
	payload := largeMessage(60_000)
	size := func(c Compression) int {
		var e Encoder
		e.EnableDeflate(c)
		return len(e.AppendMessage(nil, Binary, payload))
	}
	if fast, dense := size(Compression{Level: 1}), size(Compression{Level: 9}); dense >= fast {
		t.Errorf("level 9 makes %d bytes, level 1 makes %d", dense, fast)
	}
	if got, want := size(Compression{}), size(Compression{Level: 1}); got != want {
		t.Errorf("the default makes %d bytes, level 1 makes %d", got, want)
	}
	if size(Compression{Threshold: len(payload)}) > len(payload)/2 {
		t.Error("a message of the threshold's size is not compressed")
	}
	if size(Compression{Threshold: len(payload) + 1}) < len(payload) {
		t.Error("a message below the threshold is compressed")
	}
}

func TestPeerTakeover(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		agreed         Deflate
		server, client bool // whether the peer of that role may
	}{
		{Deflate{}, true, true},
		{Deflate{ClientNoContextTakeover: true}, false, true},
		{Deflate{ServerNoContextTakeover: true}, true, false},
	} {
		if s, c2 := c.agreed.PeerTakeover(Server), c.agreed.PeerTakeover(Client); s != c.server || c2 != c.client {
			t.Errorf("%+v: got %t for a server, %t for a client", c.agreed, s, c2)
		}
	}
}

// TestExtensionGrammar covers RFC 6455 section 9.1.
func TestExtensionGrammar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines []string
		want  string // "" for malformed
	}{
		{nil, "[]"},
		{[]string{"a"}, "[{a []}]"},
		{[]string{" a ; b ; c = d , e;f=\"g\" "}, "[{a [{b  false} {c d true}]} {e [{f g true}]}]"},
		{[]string{"a,,b", "c"}, "[{a []} {b []} {c []}]"},
		{[]string{`a; b="c\d"`}, "[{a [{b cd true}]}]"},
		{[]string{"a,"}, "[{a []}]"},
		{[]string{""}, ""},
		{[]string{","}, ""},
		{[]string{"a;"}, ""},
		{[]string{"a; b="}, ""},
		{[]string{"a; =b"}, ""},
		{[]string{"; a"}, ""},
		{[]string{"a b"}, ""},
		{[]string{"a; b c"}, ""},
		{[]string{`a; b="c`}, ""},
		{[]string{`a; b="c\`}, ""},
		{[]string{`a; b=""`}, ""},
		{[]string{`a; b="c d"`}, ""},
		{[]string{`a; b="c"d`}, ""},
		{[]string{"a/b"}, ""},
		{[]string{"a", "b;"}, ""},
	} {
		list, ok := parseExtensions(c.lines)
		got := ""
		if ok {
			got = fmt.Sprint(list)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.lines, got, c.want)
		}
	}
}

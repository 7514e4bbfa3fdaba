package ws

import (
	"strings"
	"testing"
)

// TestAllocationsOfSmallMessages guards the path that a server takes millions of times. The tests in
// this file do not run in parallel, because AllocsPerRun counts what the whole process allocates.
func TestAllocationsOfSmallMessages(t *testing.T) {
	for _, c := range []struct {
		name  string
		frame []byte
		want  float64
	}{
		{"empty text", maskedFrame(Text, ""), 0},
		{"text", maskedFrame(Text, strings.Repeat("x", 64)), 1},
		{"text that is not ASCII", maskedFrame(Text, strings.Repeat("世", 64)), 1},
		{"binary", maskedFrame(Binary, strings.Repeat("x", 4096)), 1},
		{"empty ping", maskedFrame(Ping, ""), 0},
		{"ping", maskedFrame(Ping, "ping"), 1},
		{"close", maskedFrame(Close, ""), 0},
	} {
		var d Decoder
		in := make([]byte, len(c.frame))
		got := testing.AllocsPerRun(100, func() {
			d.Init(Server, 1<<20)
			copy(in, c.frame)
			if _, _, ok, err := d.Next(in); !ok || err != nil {
				t.Fatal(ok, err)
			}
		})
		if got != c.want {
			t.Errorf("decoding %s allocates %v times, want %v", c.name, got, c.want)
		}
	}
}

func TestAllocationsOfEncoding(t *testing.T) {
	out := make([]byte, 0, 1<<20)
	for _, role := range []Role{Server, Client} {
		for _, size := range []int{0, 64, 4096, 200_000} {
			var e Encoder
			e.Init(role)
			payload := strings.Repeat("x", size)
			got := testing.AllocsPerRun(100, func() {
				out = e.AppendMessage(out[:0], Text, payload)
				out, _ = e.AppendControl(out, Ping, "ping")
			})
			if got != 0 && !(raceEnabled && role == Client) {
				t.Errorf("role %d encoding %d bytes allocates %v times", role, size, got)
			}
		}
	}
}

// TestAllocationsOfSplitMessage checks that a message in two reads costs no copy to a second string.
func TestAllocationsOfSplitMessage(t *testing.T) {
	frame := maskedFrame(Text, strings.Repeat("x", 1000))
	in := make([]byte, len(frame))
	var d Decoder
	d.Init(Server, 1<<20)
	got := testing.AllocsPerRun(100, func() {
		copy(in, frame)
		_, _, _, _ = d.Next(in[:500])
		if _, _, ok, err := d.Next(in[500:]); !ok || err != nil {
			t.Fatal(ok, err)
		}
	})
	if got != 1 {
		t.Errorf("decoding a message in two reads allocates %v times", got)
	}
}

// TestAllocationsOfCompressedMessages checks that the large state of compression is shared.
func TestAllocationsOfCompressedMessages(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	var e Encoder
	e.EnableDeflate(Compression{})
	payload := strings.Repeat("hello ", 100)
	frame := e.AppendMessage(nil, Text, payload)
	out := make([]byte, 0, 4096)
	if got := testing.AllocsPerRun(100, func() { out = e.AppendMessage(out[:0], Text, payload) }); got > 1 {
		t.Errorf("encoding allocates %v times", got)
	}

	var d Decoder
	d.Init(Client, 1<<20)
	d.EnableDeflate(false)
	in := make([]byte, len(frame))
	got := testing.AllocsPerRun(100, func() {
		copy(in, frame)
		if _, _, ok, err := d.Next(in); !ok || err != nil {
			t.Fatal(ok, err)
		}
	})
	// The string, and what compress/flate makes anew for each stream.
	if got > 4 {
		t.Errorf("decoding allocates %v times", got)
	}
}

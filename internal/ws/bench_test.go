package ws

import (
	"fmt"
	"strings"
	"testing"
)

// maskedFrame returns a frame as a client sends it.
func maskedFrame(op Opcode, payload string) []byte {
	return AppendFrame(nil, true, false, op, &[4]byte{0x12, 0x34, 0x56, 0x78}, payload)
}

// BenchmarkEcho measures what a server spends on one message: decoding it and encoding the answer.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{0, 16, 64, 125, 512, 4096} {
		frame := maskedFrame(Text, strings.Repeat("x", size))
		b.Run(fmt.Sprintf("text/%d", size), func(b *testing.B) {
			var d Decoder
			d.Init(Server, 1<<20)
			var e Encoder
			in, out := make([]byte, len(frame)), make([]byte, 0, 8192)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				copy(in, frame)
				_, ev, ok, err := d.Next(in)
				if !ok || err != nil {
					b.Fatal(ok, err)
				}
				out = e.AppendMessage(out[:0], ev.Opcode, ev.Data)
			}
		})
	}
}

// BenchmarkClientSend measures the frame that a client sends, masking key included.
func BenchmarkClientSend(b *testing.B) {
	var e Encoder
	e.Init(Client)
	payload := strings.Repeat("x", 64)
	out := make([]byte, 0, 8192)
	b.ReportAllocs()
	for b.Loop() {
		out = e.AppendMessage(out[:0], Text, payload)
	}
}

// BenchmarkLarge measures a masked message of 1 MiB that arrives in reads of 64 KiB: through the
// caller's read buffer, or straight into the message.
func BenchmarkLarge(b *testing.B) {
	const size, read = 1 << 20, 64 << 10
	for _, kind := range []struct {
		name    string
		op      Opcode
		payload string
	}{
		{"binary", Binary, strings.Repeat("x", size)},
		{"ascii", Text, strings.Repeat("x", size)},
		{"chinese", Text, strings.Repeat("双向通信", size/12) + "xxxx"},
	} {
		frame := maskedFrame(kind.op, kind.payload)
		for _, direct := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/direct=%t", kind.name, direct), func(b *testing.B) {
				var d Decoder
				d.Init(Server, 1<<24)
				buffer := make([]byte, read)
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					for rest, done := frame, false; !done; {
						var want []byte
						if direct {
							want = d.Want()
						}
						var n int
						var err error
						if want != nil {
							n = copy(want[:min(len(want), read)], rest)
							_, done, err = d.Filled(n)
						} else {
							n = copy(buffer, rest)
							_, _, done, err = d.Next(buffer[:n])
						}
						if err != nil {
							b.Fatal(err)
						}
						rest = rest[n:]
					}
				}
			})
		}
	}
}

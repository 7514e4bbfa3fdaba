package compress

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/golang/snappy"
)

// codecs are all of them.
func codecs() map[string]codec {
	return map[string]codec{
		"zlib": deflateCodec(formatZLib), "gzip": deflateCodec(formatGZip), "raw": deflateCodec(formatRaw), "lz4": lz4Codec(), "snappy": snappyCodec(),
	}
}

// samples are data of all sizes, from random to repetitive.
func samples() []string {
	var all []string
	for _, size := range []int{0, 1, 1000, 400_000} {
		random := make([]byte, size)
		for i := range random {
			random[i] = byte(rand.Uint32())
		}
		all = append(all, string(random), strings.Repeat("a", size), strings.Repeat("some text, ", size/11+1)[:size])
	}
	return all
}

// pipe runs a command with input.
func pipe(t *testing.T, input string, command ...string) string {
	t.Helper()
	path, err := exec.LookPath(command[0])
	if err != nil {
		t.Skipf("there is no %s", command[0])
	}
	cmd := exec.Command(path, command[1:]...)
	cmd.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, &problems)
	}
	return string(out)
}

// python is a script that passes standard input through a function of python's zlib.
func python(expression string) []string {
	return []string{"python3", "-c", "import sys, zlib; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(" + expression + ")"}
}

// peers are other programs: how they compress and decompress.
var peers = map[string]struct {
	codec            string
	compress, expand []string
}{
	"gzip":         {"gzip", []string{"gzip", "-c"}, []string{"gzip", "-dc"}},
	"gzip -9":      {"gzip", []string{"gzip", "-9c"}, []string{"gzip", "-dc"}},
	"lz4":          {"lz4", []string{"lz4", "-c"}, []string{"lz4", "-dc"}},
	"lz4 -9":       {"lz4", []string{"lz4", "-9c", "-BD", "-B4", "--content-size"}, []string{"lz4", "-dc"}},
	"python":       {"zlib", python("zlib.compress(data)"), python("zlib.decompress(data)")},
	"python raw":   {"raw", python("(lambda c: c.compress(data) + c.flush())(zlib.compressobj(9, zlib.DEFLATED, -15))"), python("zlib.decompress(data, -15)")},
	"python level": {"zlib", python("zlib.compress(data, 1)"), python("zlib.decompress(data)")},
}

// TestPeers: what one compresses, the other one decompresses.
func TestPeers(t *testing.T) {
	t.Parallel()
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := codecs()[p.codec]
			for i, data := range samples() {
				level := i % int(c.maxLevel+1)
				packed, err := c.compress(data, level)
				if err != nil {
					t.Fatal(err)
				}
				if got := pipe(t, string(packed), p.expand...); got != data {
					t.Errorf("sample %d, level %d: the peer gets %d bytes, not %d", i, level, len(got), len(data))
				}
				got, err := c.decompress(pipe(t, data, p.compress...), int64(len(data)))
				if err != nil || string(got) != data {
					t.Errorf("sample %d of the peer: %d bytes, not %d: %v", i, len(got), len(data), err)
				}
			}
		})
	}
}

// TestSnappyPeer is TestPeers with another library.
func TestSnappyPeer(t *testing.T) {
	t.Parallel()
	for i, data := range samples() {
		packed, err := snappyCodec().compress(data, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := snappy.Decode(nil, packed); err != nil || string(got) != data {
			t.Errorf("sample %d: the peer gets %d bytes: %v", i, len(got), err)
		}
		if got, err := snappyCodec().decompress(string(snappy.Encode(nil, []byte(data))), int64(len(data))); err != nil || string(got) != data {
			t.Errorf("sample %d of the peer: %d bytes: %v", i, len(got), err)
		}
	}
}

// TestConcatenated: gzip and lz4 files may be joined, as the commands do it.
func TestConcatenated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gzip", "lz4"} {
		c := codecs()[name]
		one, _ := c.compress("one", 1)
		two, _ := c.compress("two", 1)
		if got, err := c.decompress(string(one)+string(two), 6); err != nil || string(got) != "onetwo" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if got, err := c.decompress(string(one)+string(two), 5); err == nil {
			t.Errorf("%s: the limit is for each: %q", name, got)
		}
	}
}

// TestBrokenData are refused at every place: cut off, changed, with something behind.
func TestBrokenData(t *testing.T) {
	t.Parallel()
	for name, c := range codecs() {
		packed, err := c.compress(strings.Repeat("some text, ", 20), int(c.defaultLevel))
		if err != nil {
			t.Fatal(err)
		}
		for n := range packed {
			if got, err := c.decompress(string(packed[:n]), 1000); err == nil {
				t.Errorf("%s: the first %d of %d bytes give %q", name, n, len(packed), got)
			}
		}
		if got, err := c.decompress(string(packed)+"x", 1000); err == nil {
			t.Errorf("%s: with something behind: %q", name, got)
		}
		for _, text := range []string{"", "x", "\x1f\x8b", strings.Repeat("\xff", 100), "\x04\x22\x4d\x18\xff\xff\xff\xff"} {
			if got, err := c.decompress(text, 1000); err == nil && name != "raw" {
				t.Errorf("%s: %q gives %q", name, text, got)
			}
		}
	}
}

// TestBombs: what becomes more than the limit costs no more than the limit.
func TestBombs(t *testing.T) { // alone, because it measures memory
	const limit = 1 << 20
	zeros := strings.Repeat("\x00", 32*limit)
	for name, c := range codecs() {
		packed, err := c.compress(zeros, int(c.defaultLevel))
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if out, err := c.decompress(string(packed), limit); err == nil || err.Error() != "the data become more than 1048576 bytes" {
			t.Errorf("%s: %d bytes, %v", name, len(out), err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 20*limit { // four blocks of lz4 alone are 16
			t.Errorf("%s: %d bytes were allocated", name, got)
		}
	}
	// Lengths that are not true.
	for _, text := range []string{"\xff\xff\xff\xff\x0f", "\x80\x80\x04" + strings.Repeat("\x00x", 1000), "\xff\xff\xff\xff\xff\xff\x01"} {
		if _, err := snappyCodec().decompress(text, 1<<40); err == nil || err.Error() != "the data are corrupt" {
			t.Errorf("snappy: %q: %v", text, err)
		}
	}
}

// FuzzDecompress: what is accepted is within the limit, and compressed again it becomes the same.
func FuzzDecompress(f *testing.F) {
	for _, c := range codecs() {
		for _, data := range []string{"", "some text, some text, some text", strings.Repeat("x", 2000)} {
			packed, _ := c.compress(data, int(c.defaultLevel))
			f.Add(string(packed))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		const limit = 100_000
		for name, c := range codecs() {
			got, err := c.decompress(text, limit)
			if err != nil {
				continue
			}
			if len(got) > limit {
				t.Fatalf("%s: %d bytes", name, len(got))
			}
			for _, level := range []int{int(c.defaultLevel), int(c.maxLevel)} {
				packed, err := c.compress(string(got), level)
				if err != nil {
					t.Fatal(err)
				}
				if back, err := c.decompress(string(packed), limit); err != nil || !bytes.Equal(back, got) {
					t.Fatalf("%s, level %d: %q became %q, %v", name, level, got, back, err)
				}
			}
		}
	})
}

// FuzzSnappy: another library takes the same texts, and makes the same of them.
func FuzzSnappy(f *testing.F) {
	for _, seed := range []string{"\x00", "\x01\x00x", "\x05\x00x\x01\x01", "\x05\x00x\x0e\x01\x00", "\x05\x00x\x0f\x01\x00\x00\x00", "\x02\xf0\x01xx", "\x02\xfc\x01\x00\x00\x00xx", "\x80\x80\x80\x80\x80\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, size := binary.Uvarint([]byte(text)); size > binary.MaxVarintLen32 {
			// The length is one of 32 bits; the library takes more bytes for it than those need.
			if _, err := decompressSnappy(text, 1<<20); err == nil {
				t.Fatalf("%q: a length of %d bytes was taken", text, size)
			}
			return
		}
		n, err := snappy.DecodedLen([]byte(text))
		if err == nil && n > 1<<20 {
			return
		}
		want, wrong := snappy.Decode(nil, []byte(text))
		got, err := decompressSnappy(text, 1<<20)
		if (err == nil) != (wrong == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%q: got %q, %v; the library has %q, %v", text, got, err, want, wrong)
		}
		packed, err := compressSnappy(text)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := snappy.Decode(nil, packed); err != nil || string(back) != text {
			t.Fatalf("%q became %q, and the library has %q, %v", text, packed, back, err)
		}
	})
}

// BenchmarkDecompress shows what the sizes up to which the VM is not given up cost.
func BenchmarkDecompress(b *testing.B) {
	for name, c := range codecs() {
		for _, kind := range []string{"text", "zeros"} {
			data := strings.Repeat("some text of no importance, number 7. ", quickDeflate/38)
			if kind == "zeros" {
				data = strings.Repeat("\x00", 500<<10)
			}
			packed, _ := c.compress(data, int(c.defaultLevel))
			b.Run(fmt.Sprintf("%s/%s/%d", name, kind, len(packed)), func(b *testing.B) {
				for b.Loop() {
					_, _ = c.decompress(string(packed), 1<<20)
				}
			})
		}
	}
}

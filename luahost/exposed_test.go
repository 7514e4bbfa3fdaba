package luahost_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"
)

type small struct {
	Byte  int8
	Count uint
	Big   int64
	Huge  uint64
	Rate  float32
	List  []int8
	Table map[int16]uint8
	Fixed [2]int8
	Next  *small
	Any   any
}

// Add is a method with integers.
func (s *small) Add(n int8, more ...uint16) int64 { s.Byte += n; return int64(len(more)) + 1<<53 + 1 }

// Overflow returns what no Lua integer has.
func (s small) Overflow() (bool, uint64) { return true, math.MaxUint64 }

// TestExposedNumbersFitOrFail: a number is never made another one on its way to Go and back.
func TestExposedNumbersFitOrFail(t *testing.T) {
	t.Parallel()
	var out luatest.Output
	h := luatest.NewHost(t, luahost.Options{Stdout: &out})
	s := &small{List: []int8{1, 2}, Table: map[int16]uint8{1: 2}, Big: 1<<53 + 1, Huge: math.MaxUint64}
	for name, v := range map[string]any{
		"s":        s,
		"int8":     func(n int8) int8 { return n },
		"uint":     func(n uint) uint { return n },
		"int":      func(n int) int { return n },
		"int64":    func(n int64) int64 { return n },
		"uint64":   func(n uint64) uint64 { return n },
		"huge":     func() uint64 { return math.MaxUint64 },
		"float32":  func(n float32) float64 { return float64(n) },
		"duration": func(d time.Duration) string { return d.String() },
		"sum": func(first string, all ...int8) (sum int) {
			for _, n := range all {
				sum += int(n)
			}
			return sum
		},
		"list":  func(all []int8) int { return len(all) },
		"table": func(m map[string][]uint8) int { return len(m) },
		"take":  func(s small) int8 { return s.Byte },
		"any":   func(v any) any { return v },
		"named": func() any { return &small{Byte: 7} },
		"big":   int64(1<<53 + 1),
	} {
		if !h.Expose(name, v) {
			t.Fatal("the host has stopped")
		}
	}
	const run = `local ok, message = pcall(load((...), "=test")) print(ok and "fine" or message)`
	for _, test := range []struct{ code, want string }{
		{"assert(int8(127) == 127 and int8(-128) == -128 and int8(5.0) == 5)", ""},
		{"return int8(300)", "test:1: bad argument #1 to 'int8' (300 does not fit into int8)"},
		{"return uint(-1)", "test:1: bad argument #1 to 'uint' (-1 does not fit into uint)"},
		{"return int(1.5)", "test:1: bad argument #1 to 'int' (number has no integer representation)"},
		{"return int(0/0)", "test:1: bad argument #1 to 'int' (number has no integer representation)"},
		{"return int(1e300)", "test:1: bad argument #1 to 'int' (number has no integer representation)"},
		{"return int(-math.huge)", "test:1: bad argument #1 to 'int' (number has no integer representation)"},
		{"return pcall(int8, 300)", ""},
		{"local ok, m = pcall(int8, 300) error(m)", "bad argument #1 to 'int8' (300 does not fit into int8)"},
		{"assert(int64(math.maxinteger) == math.maxinteger and int64(math.mininteger) == math.mininteger)", ""},
		{"assert(int64(2^53|0 + 1) == 9007199254740993 and uint64(math.maxinteger) == math.maxinteger)", ""},
		{"return huge()", "test:1: result #1 of 'huge': 18446744073709551615 does not fit into an integer of Lua"},
		{"return float32(1e300)", "test:1: bad argument #1 to 'float32' (1e+300 does not fit into float32)"},
		{"assert(float32(math.huge) == math.huge and float32(0.5) == 0.5)", ""},
		{"assert(duration(1500) == '1.5µs')", ""},
		{"return duration(0.5)", "bad argument #1 to 'duration' (number has no integer representation)"},
		{"assert(sum('x', 1, 2.0, 3) == 6)", ""},
		{"return sum('x', 1, 128)", "bad argument #3 to 'sum' (128 does not fit into int8)"},
		{"assert(list {1, 2.0} == 2)", ""},
		{"return list {1, 200}", "bad argument #1 to 'list' (field 2: 200 does not fit into int8)"},
		{"return table {a = {1}, b = {-1}}", "bad argument #1 to 'table' (field b: field 1: -1 does not fit into uint8)"},
		{"return take {Byte = 1.5}", "bad argument #1 to 'take' (field Byte: number has no integer representation)"},
		{"assert(take {Byte = 5, List = {1.0}} == 5)", ""},
		{"assert(any(1.5) == 1.5 and any(3) == 3)", ""},
		{"return s:Add(300)", "test:1: bad argument #1 to 'Add' (300 does not fit into int8)"},
		{"return s:Add(1, -1)", "test:1: bad argument #2 to 'Add' (-1 does not fit into uint16)"},
		{"assert(s:Add(1, 1) == 9007199254740994)", ""},
		{"return s:Overflow()", "test:1: result #2 of 'Overflow': 18446744073709551615 does not fit"},
		{"s.Byte = 300", "300 does not fit into int8"},
		{"s.Byte = 1.5", "number has no integer representation"},
		{"s.Count = -1", "-1 does not fit into uint"},
		{"s.Rate = 1e39", "1e+39 does not fit into float32"},
		{"s.List = {1, 300}", "field 2: 300 does not fit into int8"},
		{"s.List[1] = 300", "300 does not fit into int8"},
		{"s.List[1.5] = 1", "number has no integer representation"},
		{"return s.List[1.5]", "number has no integer representation"},
		{"return s.List + 300", "300 does not fit into int8"},
		{"s.Table[70000] = 1", "70000 does not fit into int16"},
		{"s.Table[1] = 256", "256 does not fit into uint8"},
		{"s.Fixed[1] = -129", "-129 does not fit into int8"},
		{"s.Next = {Byte = 129}", "field Byte: 129 does not fit into int8"},
		{"assert(s.Big == 9007199254740993) s.Big = math.maxinteger assert(s.Big == math.maxinteger)", ""},
		{"return s.Huge", "18446744073709551615 does not fit into an integer of Lua"},
		{"s.Any = 1.5 assert(s.Any == 1.5) s.List[1] = 5 assert(s.List[1] == 5) s.Table[3] = 4 assert(s.Table[3] == 4)", ""},
		{"local n = named() assert(n.Byte == 7) n.Byte = 200", "200 does not fit into int8"},
		{"assert(big == 9007199254740993)", ""},
	} {
		before := len(out.String())
		if err := h.RunString(context.Background(), "run", run, test.code); err != nil {
			t.Fatal(err)
		}
		got := out.String()[before:]
		if test.want == "" && got != "fine\n" || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.code, got, test.want)
		}
	}
}

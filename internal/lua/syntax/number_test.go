package syntax

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

var numerals = []string{
	"0", "7", "42", "007", "3", "345", "0xff", "0xBEBADA", "0XaF", "3.0", "3.1416", "314.16e-2", "0.31416E1", "34e1", "0x0.1E",
	"0xA23p-4", "0X1.921FB54442D18P+1", "5.", ".5", "5.e3", ".5e-3", ".", "..", "", " ", "-", "+", "- 1", "-1", "+1", "--1", "+-1",
	" 10 ", "\t10\n", "\v10\f\r", "1 0", "1\x00", "\x001", "10\u00a0", "1_000", "1e", "1e+", "1e-", "1e+5", "1e 5", "1E5", "e5",
	".e5", "0x", "0X", "-0x", "0x.", "0x.p1", "0x1p", "0x1p+", "0x1p-2", "0x1p2.", "0x.8", "0x8.", "0x.8p1", "-0x.8p-1", "0xg", "0x1g",
	"inf", "nan", "-inf", "INF", "NaN", "infinity", "Infinity", "0x1pinf", "1e1e1", "1.5.5", "0x1.8.1", "1n", "n1", "0xn", "1x", "x1",
	"9223372036854775807", "9223372036854775808", "-9223372036854775807", "-9223372036854775808", "-9223372036854775809",
	"18446744073709551615", "18446744073709551616", "0x7fffffffffffffff", "0x8000000000000000", "0xffffffffffffffff",
	"-0xffffffffffffffff", "0x1ffffffffffffffff", "0x123456789abcdef0123456789abcdef0", "000000000000000000000000000001",
	"1e308", "1e309", "-1e309", "1e999999999999", "1e-999999999999", "0e999999999999", "5e-324", "2e-324", "3e-324",
	"2.2250738585072011e-308", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x1p1023", "0x1p1024", "0x1.fffffffffffff8p1023",
	"0x1.fffffffffffff7p1023", "0x1p99999999999", "0x0p99999999999", "0x1p-99999999999", "-0", "-0.0", "0x-1", "0b1", "0o7", "1f", "1l",
	"0x1P4", "0xep1", "0xe+1", "0xe-1", "1,5", "1'5", "\u0661", "１", "0x10000000000000000p-64", "0." + strings.Repeat("0", 400) + "1e401",
	strings.Repeat("9", 400), "1" + strings.Repeat("0", 300) + "e-300", "0x" + strings.Repeat("f", 300) + ".8", "9007199254740993",
	"9007199254740993.0", "0x20000000000001.8", "0x3fffffffffffff.cp0",
}

// randomNumerals makes texts of which about half are numbers.
func randomNumerals(n int) []string {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	digits := func(alphabet string, most int) string {
		b := make([]byte, random.IntN(most+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	list := make([]string, n)
	for i := range list {
		alphabet, prefix, exponent := "0123456789", "", "e"
		if random.IntN(2) == 0 {
			alphabet, prefix, exponent = "0123456789abcdefABCDEF", "0x", pick("p", "P")
		}
		s := pick("", "", "", " ", "\t") + pick("", "", "-", "+") + prefix + digits(alphabet, 22)
		if random.IntN(2) == 0 {
			s += "." + digits(alphabet, 20)
		}
		if random.IntN(2) == 0 {
			s += exponent + pick("", "-", "+") + digits("0123456789", 3)
		}
		list[i] = s + pick("", "", "", "", " ", "x", "e", "_")
	}
	return list
}

// describe is a number so that two that look alike are the same.
func describe(i int64, f float64, isInt, ok bool) string {
	switch {
	case !ok:
		return "nil"
	case isInt:
		return "integer " + strconv.FormatInt(i, 10)
	}
	return fmt.Sprintf("float %016x %s", math.Float64bits(f), Number(f))
}

const describeInLua = `
local function describe(n)
	if n == nil then return "nil" end
	if math.type(n) == "integer" then return "integer " .. n end
	return ("float %016x %s"):format(string.unpack("<i8", string.pack("<d", n)), n)
end
`

func TestParseNumberAgreesWithLua(t *testing.T) {
	t.Parallel()
	list := append(randomNumerals(20000), numerals...)
	for i, want := range runLua(t, describeInLua+`run(function(s) return describe(tonumber(s)) end)`, list) {
		if got := describe(ParseNumber(list[i])); got != want {
			t.Errorf("%q: %s, want %s", list[i], got, want)
		}
	}
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"0": "integer 0", " 10\n": "integer 10", "-0x10": "integer -16", "0xffffffffffffffff": "integer -1",
		"9223372036854775807": "integer 9223372036854775807", "-9223372036854775808": "integer -9223372036854775808",
		"9223372036854775808": "float 43e0000000000000 9.2233720368548e+18", "1e1": "float 4024000000000000 10.0",
		"0x.8p1": "float 3ff0000000000000 1.0", "1e999": "float 7ff0000000000000 inf", "-0.0": "float 8000000000000000 -0.0",
		"": "nil", "inf": "nil", "0x": "nil", "1e": "nil", "1_0": "nil", "- 1": "nil", "1\x00": "nil",
	} {
		if got := describe(ParseNumber(s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

func TestNumberAgreesWithLua(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	floats := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(math.NaN(), -1),
		1, -1, 100, 1e14, 1e15, 1e16, 123456789012345, 99999999999999.5, 999999999999995, 0.1, 1e-4, 1e-5, 1e100, 5e-324,
		math.MaxFloat64, 1 << 53, 1 << 63, 3.14159265358979}
	for range 10000 {
		floats = append(floats, math.Float64frombits(random.Uint64()), float64(random.IntN(1e6))/100, float64(random.Int64N(1e17)))
	}
	lines := make([]string, len(floats))
	for i, f := range floats {
		lines[i] = strconv.FormatUint(math.Float64bits(f), 16)
	}
	answers := runLua(t, `run(function(s) return tostring((string.unpack("<d", string.pack("<i8", math.tointeger("0x" .. s))))) end)`, lines)
	for i, want := range answers {
		if got := Number(floats[i]); got != want {
			t.Errorf("%s: %s, want %s", lines[i], got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]float64{
		"1.0": 1, "-0.0": math.Copysign(0, -1), "0.1": 0.1, "1e+15": 1e15, "1e+14": 1e14, "inf": math.Inf(1), "-inf": math.Inf(-1),
		"nan": math.NaN(), "-nan": math.Copysign(math.NaN(), -1), "1e-05": 1e-5, "3.1415926535898": math.Pi,
	} {
		if got := Number(f); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range numerals {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, x, isInt, ok := ParseNumber(s)
		if !ok {
			return
		}
		// What is formatted reads back as the same, up to the digits that are cut off.
		if isInt {
			if got := describe(ParseNumber(strconv.FormatInt(i, 10))); got != describe(i, 0, true, true) {
				t.Errorf("%q is %d, which reads as %s", s, i, got)
			}
			return
		}
		text := Number(x)
		if math.IsInf(x, 0) {
			return
		}
		_, back, isInt, ok := ParseNumber(text)
		if !ok || isInt || Number(back) != text && !math.IsInf(back, 0) {
			t.Errorf("%q is formatted as %s, which reads as %v", s, text, back)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	for _, s := range []string{"7", "12345", "3.25", "0xff", "1e100"} {
		b.Run(s, func(b *testing.B) {
			for b.Loop() {
				ParseNumber(s)
			}
		})
	}
}

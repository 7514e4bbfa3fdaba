package lib

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// A script is a chunk that grows.
type script struct {
	strings.Builder
	*rand.Rand
}

func newScript(seed uint64) *script {
	s := &script{Rand: rand.New(rand.NewPCG(seed, 1))}
	s.line(`local function show(ok, ...)
  local t = table.pack(...)
  for i = 1, t.n do
    local v = t[i]
    t[i] = type(v) == "string" and string.format("%%q", v) or tostring(v)
  end
  print(ok, table.concat(t, " "))
end
local function try(f, ...) show(pcall(f, ...)) end`)
	return s
}

func (s *script) line(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

// pick is one of several texts.
func (s *script) pick(texts ...string) string { return texts[s.IntN(len(texts))] }

// join joins up to n of them.
func (s *script) join(n int, texts ...string) string {
	var b strings.Builder
	for range s.IntN(n + 1) {
		b.WriteString(s.pick(texts...))
	}
	return b.String()
}

// literal is a string as Lua writes it.
func literal(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, `\x%02x`, text[i])
	}
	return `"` + b.String() + `"`
}

// number is a number as Lua writes it: often one at a border.
func (s *script) number() string {
	switch s.IntN(8) {
	case 0:
		return strconv.Itoa(s.IntN(21) - 10)
	case 1:
		return strconv.FormatInt(int64(s.Uint64()), 10)
	case 2:
		return s.pick("math.maxinteger", "math.mininteger", "(2^53)", "(-2^53)", "(2^63)", "(-2^63)", "0.0", "(-0.0)", "(1/0)", "(-1/0)")
	case 3:
		return strconv.FormatFloat(s.NormFloat64()*math.Pow(10, float64(s.IntN(40)-20)), 'g', -1, 64)
	case 4:
		return strconv.FormatFloat(math.Float64frombits(s.Uint64()&^(1<<62)), 'g', -1, 64)
	case 5:
		return strconv.Itoa(s.IntN(200)) + ".5"
	case 6:
		return "0x" + strconv.FormatUint(s.Uint64()>>s.IntN(64), 16)
	}
	return strconv.Itoa(s.IntN(100000))
}

func TestRandomPatternsMatchAsInLua(t *testing.T) {
	s := newScript(1)
	for range 6000 {
		pattern := s.join(7, "a", "b", ".", "%a", "%d", "[ab]", "[^b]", "[%a-]", "[a-c]", "[]]", "[^]a]", "%(", "a*", "b+", ".-", "a?",
			"[ab]*", ".*", "%s*", "%w+", "(", ")", "()", "%1", "%2", "%b()", "%bab", "%f[a]", "%f[^a]", "$", "^", "-", "%", "[", "]", "ab", "%z")
		if s.IntN(4) == 0 {
			pattern = "^" + pattern
		}
		subject := s.join(12, "a", "a", "b", "b", "(", ")", "c", "1", " ", "]", "-", "ab", "\x00")
		p, x := literal(pattern), literal(subject)
		switch s.IntN(6) {
		case 0:
			s.line("try(string.find, %s, %s, %d)", x, p, s.IntN(8)-4)
		case 1:
			s.line("try(string.match, %s, %s)", x, p)
		case 2:
			repl := s.join(4, "x", "%0", "%1", "%2", "%%", "%", "y")
			s.line("try(string.gsub, %s, %s, %s%s)", x, p, literal(repl), s.pick("", ", 1", ", 2"))
		case 3:
			s.line("try(string.gsub, %s, %s, {a = 1, b = false, ab = 'x', [1] = 'p'})", x, p)
		case 4:
			s.line("try(string.gsub, %s, %s, function(...) local t = table.pack(...) if t.n ~= 2 then return tostring(t[1]) .. t.n end end)", x, p)
		case 5:
			s.line("try(function() local r = {} for a, b in string.gmatch(%s, %s) do r[#r + 1] = tostring(a) .. tostring(b) end return table.concat(r, ',') end)", x, p)
		}
	}
	compare(t, "pattern", s.String())
}

func TestRandomFormatsAreAsInLua(t *testing.T) {
	s := newScript(2)
	for range 6000 {
		conv := "%" + s.join(2, "-", "+", " ", "#", "0") + s.pick("", "", "5", "12", "20") + s.pick("", "", ".", ".0", ".1", ".3", ".14", ".17", ".20") +
			s.pick("d", "i", "u", "c", "x", "X", "o", "a", "A", "e", "E", "f", "g", "G", "g", "s", "q")
		arg := s.number()
		if s.IntN(8) == 0 {
			arg = literal(s.join(8, "a", "é", "\n", "\"", "\\", "1", "\x01", "\r"))
		}
		s.line("try(string.format, %s, %s)", literal("<"+conv+">"), arg)
	}
	compare(t, "format", s.String())
}

func TestRandomPacksAreAsInLua(t *testing.T) {
	s := newScript(3)
	for range 4000 {
		format := s.join(6, "b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "f", "d", "n", "i3", "I5", "i9", "i16", "I16", "s", "s1", "s2", "z", "c3", "c0",
			"x", "Xi4", "Xd", "!", "!2", "!4", "!3", "<", ">", "=", " ", "i7", "I1")
		var args []string
		for range 1 + s.IntN(6) {
			args = append(args, s.pick(s.number(), s.number(), strconv.Itoa(s.IntN(300)-100), `"abc"`, `"x"`, `""`, `"7"`))
		}
		f := literal(format)
		s.line("try(string.pack, %s, %s)", f, strings.Join(args, ", "))
		s.line("try(string.packsize, %s)", f)
		data := make([]byte, s.IntN(40))
		for i := range data {
			data[i] = byte(s.Uint32()) & byte(-(s.IntN(3) & 1)) // many zeros
		}
		s.line("try(string.unpack, %s, %s, %d)", f, literal(string(data)), s.IntN(6)-1)
		s.line("local ok, b = pcall(string.pack, %s, %s) if ok then try(string.unpack, %s, b) end", f, strings.Join(args, ", "), f)
		s.line("do end")
	}
	// Lua allows 200 local variables in a function.
	compare(t, "pack", strings.ReplaceAll(s.String(), "local ok, b =", "ok, b ="))
}

func TestRandomListsAreAsInLua(t *testing.T) {
	s := newScript(4)
	s.line("local function order(a, b) return a[1] < b[1] end")
	for range 1500 {
		var items []string
		kind := s.IntN(5)
		for range s.IntN(30) {
			switch kind {
			case 0:
				items = append(items, strconv.Itoa(s.IntN(10)))
			case 1:
				items = append(items, strconv.Itoa(s.IntN(5))+s.pick("", ".0", ".5"))
			case 2:
				items = append(items, literal(s.join(3, "a", "b", "\x00", "\xff")))
			case 3:
				items = append(items, s.pick("1", "2.5", "'a'", "3", "4", "5", "6", "7"))
			case 4:
				items = append(items, fmt.Sprintf("{%d, %d}", s.IntN(5), len(items)))
			}
		}
		s.line("t = {%s}", strings.Join(items, ", "))
		if kind == 4 {
			s.line("try(table.sort, t, order) for i = 1, #t do t[i] = t[i][1] .. ':' .. t[i][2] end")
		} else {
			s.line("try(table.sort, t%s)", s.pick("", "", ", function(a, b) return a > b end", ", function(a, b) return a <= b end",
				", function(a, b) if a == 3 then error('three', 0) end return a < b end"))
		}
		for range s.IntN(4) {
			switch s.IntN(5) {
			case 0:
				s.line("try(table.insert, t, %d, 'n')", s.IntN(12)-1)
			case 1:
				s.line("try(table.remove, t, %d)", s.IntN(12)-1)
			case 2:
				// Without holes: with them the length may be another one.
				s.line("try(table.move, t, %d, math.min(%d, #t), math.min(%d, #t + 1))", 1+s.IntN(6), s.IntN(8), 1+s.IntN(12))
			case 3:
				s.line("try(table.unpack, t, %d, %d)", s.IntN(8)-2, s.IntN(12))
			case 4:
				s.line("try(table.insert, t, %s)", s.number())
			}
		}
		s.line("try(table.concat, t, %s%s)", literal(s.join(2, ",", "-")), s.pick("", "", ", 2", ", 2, 3", ", 0"))
	}
	// Large lists, with an order that is not known beforehand.
	for _, size := range []int{50, 99, 100, 101, 102, 500, 3000} {
		for _, modulus := range []int{3, 50, 1 << 30} {
			s.line("x, t = %d, {} for i = 1, %d do x = (x * 1103515245 + 12345) & 0x7fffffff t[i] = {x >> 8 %% %d, i} end", s.IntN(1000), size, modulus)
			s.line("calls = 0 table.sort(t, function(a, b) calls = calls + 1 return a[1] < b[1] end)")
			s.line("x = 0 for i = 1, #t do x = (x * 31 + t[i][2]) & 0xffffff end print(calls, x)")
			s.line("for i = 1, #t do t[i] = t[i][2] end table.sort(t) table.sort(t, function(a, b) return a > b end) print(t[1], t[#t])")
		}
	}
	compare(t, "list", s.String())
}

func TestRandomNumbersReadAsInLua(t *testing.T) {
	s := newScript(5)
	for range 3000 {
		text := s.join(2, " ", "-", "+", "0x") + s.join(6, "0", "1", "9", "a", "f", "z", ".", "e", "p", "_") + s.pick("", "", " ", "\t", "\x00", "1")
		s.line("try(tonumber, %s%s)", literal(text), s.pick("", ", 10", ", 16", ", 36", ", 2"))
		s.line("try(math.%s, %s, %s)", s.pick("floor", "ceil", "abs", "tointeger", "type", "modf", "max", "min", "ult", "fmod", "sqrt"), s.number(), s.number())
		s.line("try(utf8.%s, %s, %d, %d)", s.pick("len", "codepoint", "offset"), literal(s.join(4, "a", "é", "€", "\xff", "𝄞", "\x80", "\xed\xa0\x80")), s.IntN(10)-4, s.IntN(10)-4)
		s.line("try(string.%s, %s, %d, %d)", s.pick("sub", "byte"), literal(s.join(6, "a", "b", "c")), s.IntN(16)-8, s.IntN(16)-8)
	}
	compare(t, "number", s.String())
}

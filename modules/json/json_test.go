package json

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

func decode(text string) (value.Value, error) {
	d := decoder{src: text, poll: func() {}}
	return d.document()
}

func encode(v value.Value) (string, string) {
	e := encoder{poll: func() {}}
	return e.encode(v)
}

// TestDecodeAcceptsWhatTheGrammarHas: RFC 8259, and nothing else.
func TestDecodeAcceptsWhatTheGrammarHas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`0`, `-0`, `10`, `-1.5`, `1e5`, `1E+5`, `1e-5`, `0.0`, `123456789012345678901234567890`, `1e-400`, `true`, `false`, `null`,
		`""`, `"a"`, `"\"\\\/\b\f\n\r\t"`, `"\u0000\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00\ud83d"`, `"é😀"`, "\"\x7f\"",
		`[]`, `[1]`, `[[],{}]`, `{}`, `{"a":1,"b":[2]}`, `{"":0}`, `{"a":1,"a":2}`, " \t\r\n[ 1 , 2 ] \n", `[null,1]`,
	} {
		if _, err := decode(text); err != nil || !json.Valid([]byte(text)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{
		``, ` `, `01`, `-`, `+1`, `.5`, `1.`, `1.e5`, `1e`, `1e+`, `0x10`, `NaN`, `Infinity`, `-Infinity`, `1_0`, `tru`, `truE`, `nul`, `True`,
		`"`, `"a`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\ud83d\u12`, "\"\n\"", "\"\x00\"", "\"\t\"", "'a'", `"\`,
		`[`, `]`, `[1`, `[1,]`, `[,1]`, `[1 2]`, `[1}`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`, `{"a":1]`,
		`1 1`, `{} {}`, `[] x`, "\ufeff[]", `/* */ 1`, `1 // x`, "1\f", "\u00a01",
	} {
		if v, err := decode(text); err == nil || json.Valid([]byte(text)) {
			t.Errorf("%s is accepted: %v", text, v)
		}
	}
	for _, text := range []string{"\"\xff\"", "\"\xed\xa0\x80\"", "\"\\n\xc3\"", "{\"\xff\":1}", `1e400`, `-1e999999999`} { // encoding/json lets some through
		if v, err := decode(text); err == nil {
			t.Errorf("%q is accepted: %v", text, v)
		}
	}
}

// TestNumbersAreExact in both directions.
func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]value.Value{
		"9223372036854775807": value.Int(math.MaxInt64), "-9223372036854775808": value.Int(math.MinInt64), "9007199254740993": value.Int(1<<53 + 1),
		"0": value.Int(0), "-0.0": value.Float(math.Copysign(0, -1)), "1.0": value.Float(1), "1e+300": value.Float(1e300), "0.1": value.Float(0.1),
		"5e-324": value.Float(5e-324), "1.7976931348623157e+308": value.Float(math.MaxFloat64),
	} {
		got, err := decode(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		if back, problem := encode(want); back != text || problem != "" {
			t.Errorf("%s comes back as %s, %s", text, back, problem)
		}
	}
	if got, _ := decode("9223372036854775808"); got != value.Float(9223372036854775808) {
		t.Errorf("2^63 is %v", got)
	}
	d := decoder{src: "[9223372036854775808,1]", poll: func() {}, bigAsString: true}
	if got, err := d.document(); err != nil || value.Get(got.LTable(), value.Int(1)).Str() != "9223372036854775808" {
		t.Errorf("as a string: %v, %v", got, err)
	}
}

// TestDepthIsBounded: a text costs what it is long.
func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"[", `{"a":`, `[{"a":`} {
		if _, err := decode(strings.Repeat(open, 1_000_000)); err == nil || !strings.Contains(err.Error(), "more than 1000") {
			t.Errorf("%s: %v", open, err)
		}
	}
	if _, err := decode(strings.Repeat("[", document.MaxDepth) + strings.Repeat("]", document.MaxDepth)); err != nil {
		t.Error(err)
	}
	cyclic := value.NewTable(0, 0)
	cyclic.SetInt(1, cyclic.Value())
	if _, problem := encode(cyclic.Value()); !strings.Contains(problem, "contains itself") {
		t.Errorf("a table in itself: %q", problem)
	}
}

// FuzzDecode: what is accepted is what encoding/json accepts, apart from what is said here; and it comes back the same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,-0,1e3,"x\n\u00e9\ud83d\ude00",true,null],"b":{}}`, `[[],[[]]]`, `"\ud800"`, `123456789012345678901`, `{"1":1,"a":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := decode(text)
		valid := json.Valid([]byte(text))
		switch {
		case err == nil && !valid:
			t.Fatalf("%q is accepted", text)
		case err != nil:
			if why := err.Error(); valid && utf8.ValidString(text) && !strings.Contains(why, "too large") && !strings.Contains(why, "more than") {
				t.Fatalf("%q is refused: %v", text, err)
			}
			return
		}
		once, problem := encode(v)
		if problem != "" {
			t.Fatalf("%q cannot be encoded again: %s", text, problem)
		}
		again, err := decode(once)
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", text, once, err)
		}
		if twice, _ := encode(again); len(twice) != len(once) {
			t.Fatalf("%q became %q and then %q", text, once, twice)
		}
	})
}

// answer is a small answer of an API, in Lua's terms and in Go's.
type answer struct {
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Active bool     `json:"active"`
	Score  float64  `json:"score"`
	Tags   []string `json:"tags"`
	Owner  struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"owner"`
}

const small = `{"id":1234567,"name":"Alice Example","email":"alice@example.com","active":true,"score":98.25,"tags":["admin","beta","x"],"owner":{"id":7,"name":"Bob"}}`

// large is a list of such answers, of about a megabyte.
var large = "[" + strings.Repeat(small+",", 6500) + small + "]"

func benchmark(b *testing.B, text string, f func()) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range map[string]string{"small": small, "1MB": large} {
		b.Run(name, func(b *testing.B) {
			benchmark(b, text, func() {
				if _, err := decode(text); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(name+"/encoding_json", func(b *testing.B) {
			data := []byte(text)
			benchmark(b, text, func() {
				var err error
				if name == "small" {
					var a answer
					err = json.Unmarshal(data, &a)
				} else {
					var a []answer
					err = json.Unmarshal(data, &a)
				}
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, text := range map[string]string{"small": small, "1MB": large} {
		v, err := decode(text)
		if err != nil {
			b.Fatal(err)
		}
		var list []answer
		if json.Unmarshal([]byte(text), &list) != nil {
			list = make([]answer, 1)
			_ = json.Unmarshal([]byte(text), &list[0])
		}
		b.Run(name, func(b *testing.B) { benchmark(b, text, func() { encode(v) }) })
		b.Run(name+"/encoding_json", func(b *testing.B) {
			benchmark(b, text, func() {
				var err error
				if len(list) == 1 {
					_, err = json.Marshal(list[0])
				} else {
					_, err = json.Marshal(list)
				}
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

package yaml

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"silly/internal/lua/value"
)

func decodeAll(text string) (values []value.Value, err error) {
	documents, err := parse(text)
	if err != nil {
		return nil, err
	}
	for _, document := range documents {
		d := decoder{poll: func() {}, made: make(map[*yaml.Node]value.Value)}
		v, err := d.value(document)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

func encode(v value.Value) (text, problem string) {
	e := encoder{poll: func() {}}
	node, problem := e.value(v)
	if problem != "" {
		return "", problem
	}
	var out bytes.Buffer
	w := yaml.NewEncoder(&out)
	w.SetIndent(2)
	if err := w.Encode(node); err != nil {
		return "", err.Error()
	}
	return out.String(), ""
}

// FuzzYAML: what is accepted comes back the same when it is written and read again.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"a: 1", "- a\n- b", "a: &x [1]\nb: *x", "<<: {a: 1}\nb: 2", "--- a\n--- b", "!!binary /wA=", "? a\n: b", "k: |\n  x\n",
		"0x1F", "1_000", ".inf", "-.INF", ".nan", "~", "\"\\u263A\"", "'it''s'", "2001-12-14t21:59:43.10-05:00", "12:30:45", "a: &a [*a]",
		"18446744073709551615", "true: yes", ">\n folded\n text\n\n more", "\"\\xff\"", "a: \"x\\ny\\r\\n\"", "- - - x", "{a: b, c: [d]}",
		"\"\t\\n\"", "\"\\n x\"", "\"a\\n\\tb\\n\"", "\"a\\n \\n\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := decodeAll(text)
		if err != nil {
			return
		}
		for _, v := range values {
			first, problem := encode(v)
			if problem != "" {
				continue // it contains itself, or lies too deep
			}
			again, err := decodeAll(first)
			if err != nil || len(again) != 1 {
				t.Fatalf("%q was written as %q, which is not read: %v", text, first, err)
			}
			if second, problem := encode(again[0]); second != first {
				t.Fatalf("%q was written as %q, and read and written again as %q %s", text, first, second, problem)
			}
		}
	})
}

// TestHostileTexts are refused, or take no more than their length.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [lol]\n")
	for i := 1; i < 100; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%[1]d [%s]\n", i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9))
	}
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 1_000_000),
		"braces":   strings.Repeat("{a: ", 200_000),
		"dashes":   strings.Repeat("- ", 500_000),
		"deep":     strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"merges":   "a: &a {" + manyKeys(3000) + "}\n" + manyMerges(400),
	} {
		if _, err := decodeAll(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	values, err := decodeAll(laughs.String())
	if err != nil || len(values) != 1 {
		t.Fatalf("aliases of aliases: %v", err)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}

func manyMerges(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "b%d: {<<: *a}\n", i)
	}
	return b.String()
}

// TestFloatsComeBack: as floats, also those that look like integers.
func TestFloatsComeBack(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -2.5, 1e300, 5e-324, math.Inf(1), math.Inf(-1), math.MaxFloat64, 1 << 53} {
		text, problem := encode(value.Float(f))
		values, err := decodeAll(text)
		if problem != "" || err != nil || len(values) != 1 || !values[0].IsFloat() || values[0].AsFloat() != f {
			t.Errorf("%v was written as %q and read as %v, %v", f, text, values, err)
		}
	}
}

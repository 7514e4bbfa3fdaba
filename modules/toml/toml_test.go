package toml

import (
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"silly/internal/lua/value"
)

func decode(text string) (value.Value, error) {
	var tree map[string]any
	if err := toml.Unmarshal([]byte(text), &tree); err != nil {
		return value.Nil, problem(err)
	}
	return fromTree(tree), nil
}

func encode(v value.Value) (text, problem string) {
	e := encoder{poll: func() {}}
	tree, problem := e.table(v.LTable(), false)
	if problem != "" {
		return "", problem
	}
	out, err := toml.Marshal(tree)
	if err != nil {
		return "", err.Error()
	}
	return string(out), ""
}

// FuzzTOML: what is accepted comes back the same when it is written and read again.
func FuzzTOML(f *testing.F) {
	for _, seed := range []string{
		"a = 1", "[a.b]\nc = 1979-05-27T07:32:00.999-07:00", "[[p]]\nx = 1\n[[p]]\nx = 2", "a.\"b.c\".d = [1, 'x', {y = 2}]",
		"s = \"\"\"\nx\ty\"\"\"", "f = [inf, -nan, 1e5, 0x1F, 1_000]", "d = [1979-05-27, 07:32:00.5, 1979-05-27T00:32:00]",
		"\"\" = ''", "a = []\nb = {}", "s = \"\\u00e9\\U0001F600\\u0000\"", "t = '''\r\n'x'\r\n'''",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		v, err := decode(text)
		if err != nil {
			return
		}
		first, problem := encode(v)
		if problem != "" {
			return // it lies too deep
		}
		again, err := decode(first)
		if err != nil {
			t.Fatalf("%q was written as %q, which is not read: %v", text, first, err)
		}
		if second, problem := encode(again); second != first {
			t.Fatalf("%q was written as %q, and read and written again as %q %s", text, first, second, problem)
		}
	})
}

// TestHostileTexts are refused with a place.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"brackets": "a = " + strings.Repeat("[", 200_000),
		"braces":   "a = " + strings.Repeat("{a = ", 50_000),
		"quotes":   "a = " + strings.Repeat("'", 300_001),
	} {
		if _, err := decode(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

package lib

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/compile"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// newVM returns a VM with the library, whose print writes to out.
func newVM(t testing.TB, out *bytes.Buffer) *vm.VM {
	t.Helper()
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	t.Cleanup(L.Close)
	v := vm.New(L)
	v.OpenBase()
	Open(v)
	value.Set(v.Globals(), value.String("print"), v.NewNative("print", func(c vm.Call) int {
		for i := 1; i <= c.Len(); i++ {
			if i > 1 {
				out.WriteByte('\t')
			}
			out.WriteString(c.Thread().ToString(c.Arg(i)))
		}
		out.WriteByte('\n')
		return 0
	}))
	return v
}

// load compiles a chunk.
func load(t testing.TB, v *vm.VM, name, source string) value.Value {
	t.Helper()
	chunk, err := syntax.Parse([]byte(source), name, syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	proto, err := compile.Compile(chunk, "@"+name)
	if err != nil {
		t.Fatal(err)
	}
	return v.NewFunction(proto, value.OfTable(v.Globals()))
}

// run returns what a chunk prints in the VM.
func run(t testing.TB, name, source string) string {
	t.Helper()
	var out bytes.Buffer
	v := newVM(t, &out)
	if _, err := v.NewThread().Start(load(t, v, name, source)); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return out.String()
}

// runReference returns what a chunk prints in lua5.4.
func runReference(t testing.TB, name, source string) string {
	t.Helper()
	path, err := exec.LookPath("lua5.4")
	if err != nil {
		t.Skip("there is no lua5.4")
	}
	// The chunk comes through a file so that its name is the same.
	cmd := exec.Command(path, "-e", "local f = assert(load(io.read('a'), '@'..arg[1])) f()", "/dev/null", name)
	cmd.Stdin = strings.NewReader(source)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("lua5.4 %s: %v\n%s", name, err, stderr.String())
	}
	return out.String()
}

// pcall of lua5.4 names functions with their library; addresses are never the same.
var (
	qualified = regexp.MustCompile(`'(string|table|math|utf8|os)\.(\w+)'`)
	address   = regexp.MustCompile(`(table|function|thread): (builtin: )?0x[0-9a-f]+`)
)

// compare runs a chunk in the VM and in lua5.4.
func compare(t *testing.T, name, source string) {
	t.Helper()
	normal := func(s string) []string {
		s = qualified.ReplaceAllString(s, "'$2'")
		return strings.Split(address.ReplaceAllString(s, "$1"), "\n")
	}
	want, got := normal(runReference(t, name, source)), normal(run(t, name, source))
	bad := 0
	for i := range max(len(want), len(got)) {
		w, g := "(end)", "(end)"
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g {
			t.Errorf("%s, line %d of the output:\ngot  %q\nwant %q", name, i+1, g, w)
			if bad++; bad == 10 {
				return
			}
		}
	}
}

// TestScriptsPrintTheSameAsLua runs the scripts of testdata in the VM and in lua5.4.
func TestScriptsPrintTheSameAsLua(t *testing.T) {
	t.Setenv("TZ", "UTC")
	scripts, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range scripts {
		t.Run(filepath.Base(path), func(t *testing.T) {
			compare(t, filepath.Base(path), read(t, path))
		})
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

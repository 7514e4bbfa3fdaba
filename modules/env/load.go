package env

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hashicorp/go-envparse"
	lua "github.com/yuin/gopher-lua"

	"silly/internal/fileerror"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

const (
	maxFile     = 16 << 20 // bytes of a file
	maxIncluded = 100      // files in each other
	maxDepth    = 100      // tables in each other
	maxSettings = 100_000  // of a file, with the tables that they are in
)

// A load is one call of env.load.
type load struct {
	b         *binding
	variables *value.Table // the environment of the files, where their global variables are
	included  int          // files that run, one in the other
	flat      []setting
	seen      int // variables and fields that were looked at
}

// A setting is what becomes of a variable.
type setting struct {
	key string
	v   value.Value
}

// newLoad makes the environment of files: assignments stay in it; helpers and the globals of the program can be read.
func newLoad(b *binding) *load {
	l := &load{b: b, variables: value.NewTable(0, 0)}
	helpers := value.NewTable(0, 2)
	helpers.Set(value.String("include"), value.OfFunction(b.tasks.Native("include", l.include)))
	helpers.Set(value.String("ENV"), value.OfFunction(b.tasks.Native("ENV", b.getenv)))
	inherit(helpers, b.globals)
	inherit(l.variables, helpers.Value())
	return l
}

// inherit lets a table have what it lacks from another.
func inherit(t *value.Table, from value.Value) {
	meta := value.NewTable(0, 1)
	meta.Set(value.String("__index"), from)
	value.SetMetatable(t.Value().LTable(), meta.Value().LTable())
}

// getenv implements ENV(name) -> string | nil.
func (b *binding) getenv(c vm.Call) int {
	if text, ok := b.env.System().Getenv(c.Str(1)); ok {
		return c.Return(value.String(text))
	}
	return c.Return(value.Nil)
}

// include implements include(file), in files.
func (l *load) include(c vm.Call) int {
	name := c.Str(1)
	if isDotenv(name) {
		if err := l.readDotenv(name); err != nil {
			c.Raise("%s", err)
		}
		return 0
	}
	if l.included >= maxIncluded {
		c.Raise("more than %d files include each other", maxIncluded)
	}
	chunk, err := l.compile(c.VM(), name)
	if err != nil {
		c.Raise("%s", err)
	}
	l.included++
	return c.Then(func(vm.Call, any) int {
		l.included--
		return 0
	}, nil, chunk)
}

// compile makes a function of a file in Lua.
func (l *load) compile(engine *vm.VM, name string) (value.Value, error) {
	text, err := l.read(name)
	if err != nil {
		return value.Nil, err
	}
	return engine.Load(text, "@"+name, l.variables.Value())
}

// read reads a file of a sane size. It does not wait, as reading a named pipe would.
func (l *load) read(name string) ([]byte, error) {
	f, err := l.b.env.System().OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %s", name, fileerror.Reason(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot open %s: it is no regular file", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %s", name, fileerror.Reason(err))
	case len(text) > maxFile:
		return nil, fmt.Errorf("cannot read %s: it is larger than %d MiB", name, maxFile>>20)
	}
	return text, nil
}

// isDotenv reports whether a file has lines of the form KEY=value: .env, prod.env, .env.local.
func isDotenv(name string) bool {
	base := filepath.Base(name)
	return strings.HasSuffix(base, ".env") || strings.HasPrefix(base, ".env.")
}

// readDotenv makes the lines of such a file variables.
func (l *load) readDotenv(name string) error {
	text, err := l.read(name)
	if err != nil {
		return err
	}
	variables, err := parseDotenv(text)
	if err != nil {
		var where *envparse.ParseError
		switch {
		case !errors.As(err, &where):
			return fmt.Errorf("%s: %w", name, err)
		case errors.Is(where.Err, bufio.ErrTooLong):
			return fmt.Errorf("%s: a line is too long", name)
		}
		return fmt.Errorf("%s:%d: %w", name, where.Line, where.Err)
	}
	for key, text := range variables {
		l.variables.Set(value.String(key), value.String(text))
	}
	return nil
}

// parseDotenv reads lines of the form KEY=value.
func parseDotenv(text []byte) (map[string]string, error) {
	return envparse.Parse(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
}

// flatten makes settings of the variables in a table: server.port of {server = {port = 8080}}.
func (l *load) flatten(c vm.Call, prefix string, v value.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("'%s' has more than %d tables in each other", shorten(prefix), maxDepth)
	}
	t := v.LTable()
	for key, element, _ := value.Next(t, value.Nil); !key.IsNil(); key, element, _ = value.Next(t, key) {
		c.Poll()
		if l.seen++; l.seen > maxSettings {
			return fmt.Errorf("more than %d settings", maxSettings)
		}
		name := prefix
		switch {
		case key.IsString():
			name += key.Str()
		case key.IsInt():
			name += value.NumberText(key)
		default:
			return fmt.Errorf("a key of '%s' is a %s, not a string", shorten(prefix), key.TypeName())
		}
		if !element.IsTable() || isList(element.LTable()) {
			l.flat = append(l.flat, setting{name, element})
		}
		if element.IsTable() {
			if err := l.flatten(c, name+".", element, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// isList reports whether a table has elements and nothing else.
func isList(t *lua.LTable) bool {
	n := value.Len(t)
	for key, _, _ := value.Next(t, value.Nil); !key.IsNil(); key, _, _ = value.Next(t, key) {
		if !key.IsInt() || key.AsInt() < 1 || key.AsInt() > n {
			return false
		}
	}
	return n > 0
}

// shorten is the beginning of a key, for messages.
func shorten(key string) string {
	key = strings.TrimSuffix(key, ".")
	if len(key) > 60 {
		return key[:60] + "..."
	}
	return key
}

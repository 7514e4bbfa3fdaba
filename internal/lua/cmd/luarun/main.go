// Luarun runs a Lua file on the engine alone, without a host: for tests and measurements of the language.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime/pprof"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/compile"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

func main() { os.Exit(run()) }

func run() int {
	if path := os.Getenv("LUARUN_CPUPROFILE"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		_ = pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	source, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	m := vm.New(L)
	m.OpenBase()
	globals := value.Own(m.Globals())
	globals.Set(value.String("print"), m.NewNative("print", func(c vm.Call) int {
		for i := 1; i <= c.Len(); i++ {
			if i > 1 {
				out.WriteByte('\t')
			}
			out.WriteString(c.Thread().ToString(c.Arg(i)))
		}
		out.WriteByte('\n')
		return 0
	}))
	open(m)
	loaded := value.NewTable(0, 0)
	for k, v, _ := globals.Next(value.Nil); !k.IsNil(); k, v, _ = globals.Next(k) {
		if v.IsTable() {
			loaded.Set(k, v)
		}
	}
	m.Loaded = &loaded.LTable
	arg := value.NewTable(0, 0)
	for i, s := range os.Args[1:] {
		arg.SetInt(int64(i), value.String(s))
	}
	globals.Set(value.String("arg"), arg.Value())
	p, err := compile.Source(source, os.Args[1], "@"+os.Args[1], syntax.Options{File: true})
	if err == nil {
		var args []value.Value
		for _, s := range os.Args[2:] {
			args = append(args, value.String(s))
		}
		th := m.NewThread()
		_, err = th.Start(m.NewFunction(p, value.OfTable(m.Globals())), args...)
	}
	if err != nil {
		out.Flush()
		fmt.Fprintf(os.Stderr, "lua: %s\n", err)
		if e, ok := err.(*vm.Error); ok {
			fmt.Fprintln(os.Stderr, vm.FormatTraceback(e.Traceback))
			if e.Panic != nil {
				fmt.Fprintf(os.Stderr, "%s\n", e.Stack)
			}
		}
		return 1
	}
	return 0
}

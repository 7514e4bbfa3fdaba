// Command gopherlua runs a Lua file with plain gopher-lua, for cmd/luabench:
//
//	gopherlua file.lua [argument...]
package main

import (
	"fmt"
	"os"

	lua "github.com/yuin/gopher-lua"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: gopherlua file.lua [argument...]")
		os.Exit(2)
	}
	L := lua.NewState()
	defer L.Close()
	arg := L.NewTable()
	for i, s := range os.Args[1:] {
		arg.RawSet(lua.LNumber(i), lua.LString(s))
	}
	L.SetGlobal("arg", arg)
	if err := L.DoFile(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gopherlua:", err)
		os.Exit(1)
	}
}

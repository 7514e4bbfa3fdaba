package code

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Boot is what gopher-lua's own loop calls when it comes to a function of ours: on a thread that foreign Go code has made with
// LState.NewThread, and from code that gopher-lua has compiled. The function is that of the frame around it. Package vm sets
// its GFunction.
var Boot = &lua.LFunction{IsG: true}

// trampoline is the code that gopher-lua finds in every function of ours: it passes all arguments to Boot.
var trampoline = func() *lua.FunctionProto {
	chunk, err := parse.Parse(strings.NewReader(`local boot = "boot" return boot(...)`), "trampoline")
	if err != nil {
		panic(err)
	}
	p, err := lua.Compile(chunk, "trampoline")
	if err != nil {
		panic(err)
	}
	p.Constants[0] = Boot
	return p
}()

// SetTrampoline sets what gopher-lua's loop needs of a function. Its positions must be set.
func (p *Proto) SetTrampoline() {
	p.FunctionProto.Code = trampoline.Code
	p.FunctionProto.Constants = trampoline.Constants
	p.FunctionProto.NumUsedRegisters = trampoline.NumUsedRegisters
	for len(p.DbgSourcePositions) < len(trampoline.Code) {
		p.DbgSourcePositions = append(p.DbgSourcePositions, p.Line)
	}
}

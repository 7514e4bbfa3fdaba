package code

import lua "github.com/yuin/gopher-lua"

// Boot is what gopher-lua's own loop calls when it comes to a function of ours: on a thread that foreign Go code has made with
// LState.NewThread, and from code that gopher-lua has compiled. The function is that of the frame around it. Package vm sets
// its GFunction.
var Boot = &lua.LFunction{IsG: true}

// trampoline is the code that gopher-lua finds in every function of ours: it passes all arguments to Boot. It is what
// gopher-lua makes of the program below with Boot for the string; a test compiles that. Compiling it at every start takes
// longer than all the rest of this package.
//
//	local boot = "boot" return boot(...)
var (
	trampoline          = []uint32{0x08000000, 0x00040000, 0xa0080000, 0x80040000, 0x84040000, 0x84000001}
	trampolineConstants = []lua.LValue{Boot}
)

// trampolineRegisters is how many registers it uses.
const trampolineRegisters = 2

// SetTrampoline sets what gopher-lua's loop needs of a function. Its positions must be set.
func (p *Proto) SetTrampoline() {
	p.FunctionProto.Code = trampoline
	p.FunctionProto.Constants = trampolineConstants
	p.FunctionProto.NumUsedRegisters = trampolineRegisters
	for len(p.DbgSourcePositions) < len(trampoline) {
		p.DbgSourcePositions = append(p.DbgSourcePositions, p.Line)
	}
}

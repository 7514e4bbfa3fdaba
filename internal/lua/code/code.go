// Package code has the instructions that the compiler makes and the VM runs.
package code

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// An Instr is one instruction. From the lowest bit: the Op (8 bits), A (8), B (16), C (16), D (16). C and D together are
// J, a signed distance from the next instruction, or X, an unsigned number.
//
// R is a register, K a constant, U an upvalue. RK(C) is K[C&^Const] if C has the bit Const, and R[C] otherwise. D is the
// place in a table where the key was found last.
type Instr uint64

// Const marks an operand as the number of a constant.
const Const = 1 << 15

// MaxOperand is the greatest number of a constant in an operand.
const MaxOperand = Const - 1

// Op says what an instruction does.
func (i Instr) Op() Op { return Op(uint8(i)) }

// A is a register.
func (i Instr) A() int { return int(uint8(i >> 8)) }

// B is an operand.
func (i Instr) B() int { return int(uint16(i >> 16)) }

// C is an operand.
func (i Instr) C() int { return int(uint16(i >> 32)) }

// D is an operand.
func (i Instr) D() int { return int(i >> 48) }

// J is a distance.
func (i Instr) J() int { return int(int32(i >> 32)) }

// X is a number.
func (i Instr) X() int { return int(uint32(i >> 32)) }

// ABC makes an instruction.
func ABC(op Op, a, b, c int) Instr {
	return Instr(op) | Instr(uint8(a))<<8 | Instr(uint16(b))<<16 | Instr(uint16(c))<<32
}

// ABJ makes an instruction.
func ABJ(op Op, a, b, j int) Instr {
	return Instr(op) | Instr(uint8(a))<<8 | Instr(uint16(b))<<16 | Instr(uint32(j))<<32
}

// WithJ is i with another J.
func (i Instr) WithJ(j int) Instr { return i&(1<<32-1) | Instr(uint32(j))<<32 }

// WithA is i with another A.
func (i Instr) WithA(a int) Instr { return i&^(0xff<<8) | Instr(uint8(a))<<8 }

// WithD is i with another D.
func (i Instr) WithD(d int) Instr { return i&(1<<48-1) | Instr(d)<<48 }

// An Op is an operation.
type Op uint8

// The operations. "top" is the end of the values that the last instruction with an open number of results has left.
const (
	Move          Op = iota // R[A] = R[B]
	LoadI                   // R[A] = integer J
	LoadK                   // R[A] = K[X]
	LoadNil                 // R[A], …, R[A+B] = nil
	LoadFalse               // R[A] = false
	LoadTrue                // R[A] = true
	LoadFalseSkip           // R[A] = false, and skip the next instruction
	GetUpval                // R[A] = U[B]
	SetUpval                // U[B] = R[A]
	GetTabUp                // R[A] = U[B][K[C]]
	SetTabUp                // U[A][K[B]] = RK(C)
	GetTable                // R[A] = R[B][R[C]]
	GetI                    // R[A] = R[B][integer C]
	GetField                // R[A] = R[B][K[C]]
	SetTable                // R[A][R[B]] = RK(C)
	SetI                    // R[A][integer B] = RK(C)
	SetField                // R[A][K[B]] = RK(C)
	NewTable                // R[A] = {}, with room for B elements and C other entries
	Self                    // R[A+1] = R[B]; R[A] = R[B][K[C]]
	SetList                 // R[A][X+i] = R[A+i] for i = 1, …, B; up to top if B is 0

	// Arithmetic: R[A] = R[B] op R[C], and R[A] = R[B] op K[C].
	Add
	Sub
	Mul
	Mod
	Pow
	Div
	IDiv
	BAnd
	BOr
	BXor
	Shl
	Shr
	AddK
	SubK
	MulK
	ModK
	PowK
	DivK
	IDivK
	BAndK
	BOrK
	BXorK
	ShlK
	ShrK

	Unm    // R[A] = -R[B]
	BNot   // R[A] = ~R[B]
	Not    // R[A] = not R[B]
	Len    // R[A] = #R[B]
	Concat // R[A] = R[A] .. … .. R[A+B-1]

	Close // close all variables from R[A] up
	TBC   // R[A] is a to-be-closed variable
	Jmp   // jump by J; if A is not 0, first close all variables from R[A-1] up
	Test  // jump by J if R[A] is true
	TestN // jump by J if R[A] is false or nil
	// TestSet and TestSetN do that and then also R[B] = R[A].
	TestSet
	TestSetN

	// Comparisons of R[A] with R[B] jump by J if they hold; those with N if they do not hold.
	EQ
	NEQ
	LT
	NLT
	LE
	NLE
	// The same of R[A] with K[B].
	EQK
	NEQK
	LTK
	NLTK
	LEK
	NLEK
	GTK
	NGTK
	GEK
	NGEK

	// Call is R[A], …, R[A+C-2] = R[A](R[A+1], …, R[A+B-1]). B of 0 is arguments up to top, C of 0 results up to top.
	Call
	TailCall // return R[A](R[A+1], …, R[A+B-1])
	Return   // return R[A], …, R[A+B-2]; up to top if B is 0
	Return0  // return
	Return1  // return R[A]

	// ForPrep begins "for R[A+3] = R[A], R[A+1], R[A+2]" and jumps by J if there is nothing to do. Of an integer loop,
	// R[A+1] is then how many rounds are left.
	ForPrep
	ForLoop // goes on with it, by jumping by J
	// TForPrep begins a generic for: R[A] is the iterator, R[A+1] the state, R[A+2] the control variable, R[A+3] the
	// closing value, R[A+4] is for the VM. It jumps by J.
	TForPrep
	TForCall // R[A+5], …, R[A+4+C] = R[A](R[A+1], R[A+2])
	TForLoop // if R[A+5] is not nil, R[A+2] = R[A+5], and jump by J

	Closure // R[A] = the function Protos[X]
	Cover   // add 1 to Coverage.Counts[X]
	Vararg  // R[A], …, R[A+C-2] = the variable arguments; up to top if C is 0
)

// A Proto is a compiled function. Only the VM changes it, and only the place hints in the instructions.
type Proto struct {
	// FunctionProto is what gopher-lua and its users see. Its positions are those of Code.
	lua.FunctionProto

	Code      []Instr
	Consts    []value.Value // strings are hashed
	Protos    []*Proto
	Upvals    []Upval
	NumParams int
	IsVararg  bool
	MaxStack  int     // registers
	Lines     []int32 // of each instruction
	Locals    []Local
	Operands  []Operand // in the order of PC
	Line      int       // of the keyword function, 0 for a chunk
	LastLine  int
	Source    string    // "@server.lua", "=stdin" or the source itself, as load was told
	Chunk     string    // Source as messages show it
	Coverage  *Coverage // of its chunk; nil unless that is counted
}

// A Coverage counts how often the parts of a chunk ran. The holder of the VM's lock owns it.
type Coverage struct {
	Counts    []uint32 // of each statement and function; they stop at the highest number
	Lines     []int32  // where each statement begins; 0 for a function
	Functions []CoveredFunction
}

// A CoveredFunction is a function of a chunk.
type CoveredFunction struct {
	Name  string // as its definition names it; "" if it does not
	Line  int    // of the keyword function
	Count int    // its place in Coverage.Counts
}

// An Upval is a variable of an enclosing function.
type Upval struct {
	Name      string
	FromStack bool // of the function around this one: a register; otherwise one of its upvalues
	Index     int
	Const     bool
}

// A Local is a local variable: from instruction From up to Until it has register Reg.
type Local struct {
	Name        string
	Reg         int
	From, Until int
}

// An Operand says where the value came from that the instruction at PC uses.
type Operand struct {
	PC   int32
	Slot uint8 // which value: 0 what is indexed or called or the only one, 1 and 2 the left and the right one, more in a concatenation
	Kind uint8 // one of the Of constants
	Name string
}

// What an operand can be.
const (
	OfLocal uint8 = iota + 1
	OfUpvalue
	OfGlobal
	OfField
	OfMethod
	OfConstant
)

var kinds = [...]string{OfLocal: "local", OfUpvalue: "upvalue", OfGlobal: "global", OfField: "field", OfMethod: "method", OfConstant: "constant"}

// KindName is "local", "field" and so on.
func (o Operand) KindName() string { return kinds[o.Kind] }

// Operand is where a value of the instruction at pc came from.
func (p *Proto) Operand(pc int, slot uint8) (Operand, bool) {
	lo, hi := 0, len(p.Operands)
	for lo < hi {
		if mid := (lo + hi) / 2; int(p.Operands[mid].PC) < pc {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for ; lo < len(p.Operands) && int(p.Operands[lo].PC) == pc; lo++ {
		if o := p.Operands[lo]; o.Slot == slot {
			return o, true
		}
	}
	return Operand{}, false
}

package luahost

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// clarify rewrites what gopher-lua's VM says about a failed instruction into what Lua says, with the
// name of the variable or field that had the wrong value: "attempt to index a nil value (local 'x')".
// It is called while the failing frame is still there. Other values come back as they are.
func clarify(L *lua.LState, value lua.LValue) lua.LValue {
	text, ok := value.(lua.LString)
	cf := currentFrame(L)
	if !ok || cf == nil || cf.Fn.IsG || cf.Pc < 1 {
		return value
	}
	if better := (blame{L, cf}).explain(string(text)); better != "" {
		return lua.LString(position(L) + better)
	}
	return value
}

// blame looks for what a failing instruction was about.
type blame struct {
	L     *lua.LState
	frame *callFrame
}

// explain returns the better text for a message of the VM, or "".
func (b blame) explain(text string) string {
	pc := b.frame.Pc - 1
	inst := b.frame.Fn.Proto.Code[pc]
	op, ra, rb, rc := int(inst>>26), int(inst>>18&0xff), int(inst&0x1ff), int(inst>>9&0x1ff)
	has := func(phrase string) bool { return strings.Contains(text, phrase) }
	switch {
	case has("attempt to index a non-table object("):
		object := rb
		if op == lua.OP_SETTABLE || op == lua.OP_SETTABLEKS {
			object = ra
		}
		what := "attempt to index a " + between(text, "object(", ")") + " value"
		if name := b.name(object, pc); name != "" {
			return what + name
		}
		return what + " with key " + text[strings.Index(text, "with key ")+len("with key "):]
	case has("attempt to call a non-function object"):
		if op != lua.OP_CALL && op != lua.OP_TAILCALL {
			return "attempt to call a value that is not a function"
		}
		return "attempt to call a " + b.typeOf(ra) + " value" + b.name(ra, pc)
	case has("cannot perform concat operation"):
		for r := rc; r >= rb; r-- {
			if t := b.typeOf(r); t != "string" && t != "number" {
				return "attempt to concatenate a " + t + " value" + b.name(r, pc)
			}
		}
	case has("cannot perform "):
		operand, kind := rb, between(text, "between ", " and ")
		if kind == "number" || kind == "string" && b.typeOf(rc) != "string" && b.typeOf(rc) != "number" {
			operand, kind = rc, text[strings.LastIndex(text, " and ")+len(" and "):]
		}
		return "attempt to perform arithmetic on a " + kind + " value" + b.name(operand, pc)
	case has("__unm undefined"):
		return "attempt to perform arithmetic on a " + b.typeOf(rb) + " value" + b.name(rb, pc)
	case has("__len undefined"):
		return "attempt to get length of a " + b.typeOf(rb) + " value" + b.name(rb, pc)
	case has("attempt to compare "):
		left, right := between(text, "compare ", " with "), text[strings.LastIndex(text, " with ")+len(" with "):]
		if left == right {
			return "attempt to compare two " + left + " values"
		}
		return "attempt to compare " + left + " with " + right
	case has("for statement "):
		what := between(text, "for statement ", " must")
		if what == "init" {
			what = "initial"
		}
		return "'for' " + what + " value must be a number"
	}
	return ""
}

func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	found, _, _ := strings.Cut(rest, end)
	return found
}

// constantOperand marks operands that are constants rather than registers.
const constantOperand = 1 << 8

// typeOf is the type of an operand's value.
func (b blame) typeOf(operand int) string {
	if operand&constantOperand != 0 {
		return b.constant(operand &^ constantOperand).Type().String()
	}
	debug, ok := b.L.GetStack(0)
	if !ok {
		return "nil"
	}
	_, value := b.L.GetLocal(debug, operand+1)
	if value == nil {
		return "nil"
	}
	return value.Type().String()
}

func (b blame) constant(i int) lua.LValue {
	if constants := b.frame.Fn.Proto.Constants; i < len(constants) {
		return constants[i]
	}
	return lua.LNil
}

// name says where the value of an operand came from, as " (local 'x')", or "" when that is not known.
func (b blame) name(operand, pc int) string {
	if operand&constantOperand != 0 {
		return ""
	}
	proto := b.frame.Fn.Proto
	if name := localName(proto, operand, pc); name != "" {
		return fmt.Sprintf(" (local '%s')", name)
	}
	for pc--; pc >= 0; pc-- {
		inst := proto.Code[pc]
		op, ra, rb, rc := int(inst>>26), int(inst>>18&0xff), int(inst&0x1ff), int(inst>>9&0x1ff)
		switch {
		case op == lua.OP_JMP || op == lua.OP_TEST || op == lua.OP_TESTSET:
			return "" // the value may come from elsewhere
		case (op == lua.OP_CALL || op == lua.OP_VARARG) && ra <= operand:
			return ""
		case ra != operand:
			continue
		}
		switch op {
		case lua.OP_MOVE:
			return b.name(rb, pc)
		case lua.OP_GETGLOBAL:
			return fmt.Sprintf(" (global '%s')", b.constant(int(inst&0x3ffff)))
		case lua.OP_GETUPVAL:
			if rb < len(proto.DbgUpvalues) {
				return fmt.Sprintf(" (upvalue '%s')", proto.DbgUpvalues[rb])
			}
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
			if key, ok := b.key(rc); ok {
				return fmt.Sprintf(" (field '%s')", key)
			}
		case lua.OP_SELF:
			if key, ok := b.key(rc); ok {
				return fmt.Sprintf(" (method '%s')", key)
			}
		}
		return ""
	}
	return ""
}

// localName is the name of the local variable that lives in a register at pc, or "". The n-th register
// belongs to the n-th variable that is in scope.
func localName(proto *lua.FunctionProto, register, pc int) string {
	for _, local := range proto.DbgLocals {
		if pc < local.StartPc || pc >= local.EndPc {
			continue
		}
		if register == 0 {
			if strings.HasPrefix(local.Name, "(") {
				return "" // the VM's own, such as the control variables of a for loop
			}
			return local.Name
		}
		register--
	}
	return ""
}

// key is the constant string of an operand.
func (b blame) key(operand int) (string, bool) {
	if operand&constantOperand == 0 {
		return "", false
	}
	key, ok := b.constant(operand &^ constantOperand).(lua.LString)
	return string(key), ok
}

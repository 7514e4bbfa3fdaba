package compile

import (
	"silly/internal/lua/code"
	"silly/internal/lua/syntax"
)

// A block is a block that is being compiled.
type block struct {
	outer *block
	vars  int // variables that were visible before it
	// captured says that a closure refers to one of its variables or that one is to be closed, so that they must be
	// closed when the block is left.
	captured bool
	// tbc says that it is in the scope of a to-be-closed variable: no calls are tail calls there.
	tbc     bool
	labels  map[string]*label
	pending []*pending
	exits   []exit
}

// A label is a place to jump to.
type label struct {
	line   int32
	after  int32 // the line that Lua has reached when it looks at it
	closes int32 // the line in which jumps to it that come before it close variables
	pc     int
	vars   int // variables that are visible there
}

// A pending jump goes to a label that was not seen yet; a break to one of the name "break", which no label can have.
type pending struct {
	name   string
	pc     int
	line   int32
	vars   int // variables that were visible, of those that still are
	closes bool
}

// An exit is a backward jump out of the block, after which variables from a register up are closed if the block turns
// out to have captured ones.
type exit struct{ pc, reg int }

const breakLabel = "break"

// enter begins a block.
func (f *function) enter() *block {
	b := &block{outer: f.block, vars: len(f.vars)}
	if f.block != nil {
		b.tbc = f.block.tbc
	}
	f.block = b
	return b
}

// leave ends the innermost block.
func (f *function) leave() {
	b := f.block
	if b.captured && b.outer != nil {
		f.emit(code.Close, f.level(b.vars), 0, 0, f.lastLine())
	}
	f.abandon()
}

// lastLine is the line of the last instruction.
func (f *function) lastLine() int32 {
	if lines := f.proto.Lines; len(lines) > 0 {
		return lines[len(lines)-1]
	}
	return f.tree.Pos.Line
}

// abandon is leave without closing variables.
func (f *function) abandon() {
	b := f.block
	for _, v := range f.vars[b.vars:] {
		if !v.isConstant {
			f.proto.Locals[v.local].Until = f.pc()
		}
	}
	f.vars = f.vars[:b.vars]
	f.free = f.level(b.vars)
	f.block = b.outer
	for _, e := range b.exits {
		if b.captured {
			f.closes(e.pc, e.reg)
		}
	}
	for _, p := range b.pending {
		p.closes = p.closes || b.captured
		p.vars = min(p.vars, b.vars)
	}
	if b.outer != nil {
		b.outer.pending = append(b.outer.pending, b.pending...)
		return
	}
	f.block = b // for undefined
}

// closes lets a jump close variables from a register up.
func (f *function) closes(pc, reg int) {
	i := f.proto.Code[pc]
	if a := i.A(); a == 0 || reg+1 < a {
		f.proto.Code[pc] = i.WithA(reg + 1)
	}
}

// undefined fails if jumps have no target.
func (f *function) undefined() {
	for _, p := range f.block.pending {
		if p.name == breakLabel {
			f.failAt(f.tree.After, "break outside loop at line %d", p.line)
		}
		f.failAt(f.tree.After, "no visible label '%s' for <goto> at line %d", p.name, p.line)
	}
}

// resolve lets pending jumps of the innermost block to a label go to it. The variables that they leave are closed there, for
// who reads line numbers.
func (f *function) resolve(name string, l *label) {
	b := f.block
	kept := b.pending[:0]
	for _, p := range b.pending {
		if p.name != name {
			kept = append(kept, p)
			continue
		}
		if p.vars < l.vars {
			f.fail(l.after, "<goto %s> at line %d jumps into the scope of local '%s'", name, p.line, f.vars[p.vars].name)
		}
		if p.closes {
			f.closes(p.pc, f.level(l.vars))
		}
		f.patch(p.pc, l.pc)
		f.proto.Lines[p.pc] = l.closes
	}
	b.pending = kept
}

// label compiles a label, statement number i of b. last says that only void statements follow in the block.
func (f *function) label(n *syntax.Label, b *syntax.Block, i int, last bool) {
	name := n.Name.Text
	after := lineAfter(b, i)
	if l := f.findLabel(name); l != nil {
		f.fail(after, "label '%s' already defined on line %d", name, l.line)
	}
	l := &label{line: n.Name.Pos.Line, after: after, closes: lastVoid(b, i).Start().Line, pc: f.pc(), vars: len(f.vars)}
	if last {
		l.vars = f.block.vars
	}
	if f.block.labels == nil {
		f.block.labels = make(map[string]*label)
	}
	f.block.labels[name] = l
	f.resolve(name, l)
}

func (f *function) findLabel(name string) *label {
	for b := f.block; b != nil; b = b.outer {
		if l := b.labels[name]; l != nil {
			return l
		}
	}
	return nil
}

// goTo compiles a jump to a label.
func (f *function) goTo(name string, line int32) {
	pc := f.jump(code.Jmp, 0, 0, line)
	for b := f.block; b != nil; b = b.outer {
		l := b.labels[name]
		if l == nil {
			continue
		}
		reg := f.level(l.vars)
		for left := f.block; left != b; left = left.outer {
			left.exits = append(left.exits, exit{pc, reg})
		}
		if len(f.vars) > l.vars {
			b.exits = append(b.exits, exit{pc, reg})
		}
		f.patch(pc, l.pc)
		return
	}
	f.block.pending = append(f.block.pending, &pending{name: name, pc: pc, line: line, vars: len(f.vars)})
}

// breaks lets the breaks of a loop that ends in a line go to the next instruction. The innermost block is the one around the
// loop's body.
func (f *function) breaks(line int32) {
	f.resolve(breakLabel, &label{closes: line, pc: f.pc(), vars: len(f.vars)})
}

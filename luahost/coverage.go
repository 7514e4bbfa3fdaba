package luahost

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"

	"silly/internal/lua/code"
)

// A Coverage counts how often the lines and functions of the files ran that hosts have loaded. Its zero value is ready; several
// hosts may have the same.
type Coverage struct {
	// Wants says which files are counted, by the names that stand in messages; nil is all. Hosts call it with their VM locks held.
	Wants func(name string) bool

	mu     sync.Mutex
	chunks []chunk
}

// A chunk is a file that was loaded once.
type chunk struct {
	name   string
	counts *code.Coverage
}

// A FileCoverage is what ran of a file.
type FileCoverage struct {
	Name      string             // as it stands in messages
	Lines     []LineCoverage     // those on which a statement begins, in order
	Functions []FunctionCoverage // in the order in which they begin
}

// A LineCoverage says how often the statement of a line ran that ran most.
type LineCoverage struct {
	Line  int
	Count int
}

// A FunctionCoverage says how often a function was called.
type FunctionCoverage struct {
	Name  string // as its definition names it, such as "M.f"; "" if it does not
	Line  int
	Count int
}

func (c *Coverage) wants(name string) bool { return c != nil && (c.Wants == nil || c.Wants(name)) }

// add counts what a proto counts, which is that of the file called name.
func (c *Coverage) add(name string, p *code.Proto) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chunks = append(c.chunks, chunk{name, p.Coverage})
}

// Files is what was counted, in the order of the names. All hosts must have been closed.
func (c *Coverage) Files() []FileCoverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	var files []FileCoverage
	for _, chunk := range c.chunks {
		files = append(files, chunk.file())
	}
	return MergeCoverage(files)
}

// file is what was counted of the chunk.
func (c chunk) file() FileCoverage {
	f := FileCoverage{Name: c.name}
	for i, line := range c.counts.Lines {
		if line == 0 {
			continue
		}
		f.Lines = append(f.Lines, LineCoverage{int(line), int(c.counts.Counts[i])})
	}
	slices.SortFunc(f.Lines, func(a, b LineCoverage) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(b.Count, a.Count))
	})
	f.Lines = slices.CompactFunc(f.Lines, func(a, b LineCoverage) bool { return a.Line == b.Line }) // the highest count stays
	for _, fn := range c.counts.Functions {
		f.Functions = append(f.Functions, FunctionCoverage{fn.Name, fn.Line, int(c.counts.Counts[fn.Count])})
	}
	return f
}

// MergeCoverage adds up what was counted of the same file, and orders the files by their names.
func MergeCoverage(files []FileCoverage) []FileCoverage {
	merged := map[string]*FileCoverage{}
	for _, f := range files {
		m := merged[f.Name]
		if m == nil {
			m = &FileCoverage{Name: f.Name}
			merged[f.Name] = m
		}
		for _, l := range f.Lines {
			i, ok := slices.BinarySearchFunc(m.Lines, l, func(a, b LineCoverage) int { return cmp.Compare(a.Line, b.Line) })
			if !ok {
				m.Lines = slices.Insert(m.Lines, i, LineCoverage{Line: l.Line})
			}
			m.Lines[i].Count = sum(m.Lines[i].Count, l.Count)
		}
		for _, fn := range f.Functions {
			i := slices.IndexFunc(m.Functions, func(o FunctionCoverage) bool { return o.Line == fn.Line && o.Name == fn.Name })
			if i < 0 {
				i = len(m.Functions)
				m.Functions = append(m.Functions, FunctionCoverage{Name: fn.Name, Line: fn.Line})
			}
			m.Functions[i].Count = sum(m.Functions[i].Count, fn.Count)
		}
	}
	all := make([]FileCoverage, 0, len(merged))
	for _, m := range merged {
		slices.SortStableFunc(m.Functions, func(a, b FunctionCoverage) int { return cmp.Compare(a.Line, b.Line) })
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b FileCoverage) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// sum stops at the highest number.
func sum(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

package luahost

import (
	"context"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A thread is a Lua thread that runs one task after the other. What gopher-lua gives a thread takes 20 KB, nearly
// all of it for calls that a task never makes. One thread runs at a time, and nearly all tasks wait. So a thread
// that waits lends what it does not need: its table of segments of call frames in any case, and, if it has
// left the VM, everything beyond the values and frames that are in use. Those are kept in a small copy.
type thread struct {
	L      *lua.LState
	main   bool // it has a larger stack, and lends nothing
	cancel func()

	small  [keptSegments]*frameSegment // the table while the large one is lent
	values []lua.LValue                // memory of the registry while the large one is lent
	calls  []callFrame                 // the frames while their segment is lent
	folded bool

	// L and its parts, but for the main script.
	state lua.LState
	reg   registry
	stack frameStack
}

const (
	// keptSegments is the number of segments that a thread can have in use and still give its table away.
	keptSegments = 4
	// keptValues and keptCalls are how many values and frames a waiting thread can have in use and still give
	// its registry and its segment away.
	keptValues = 64
	keptCalls  = 6
	// keptRegistry is the largest registry that is kept for other threads.
	keptRegistry = 1024
	// maxSpare is how many parts of each kind are kept.
	maxSpare = 16
	// maxIdleThreads is how many threads are kept for the next task.
	maxIdleThreads = 128
)

// spareParts has what threads have lent. The holder of the VM lock owns it.
type spareParts struct {
	tables     []frameTable
	segments   []*frameSegment
	registries [][]lua.LValue
}

// take takes a spare part, or makes one.
func take[T any](parts *[]T, make func() T) T {
	n := len(*parts)
	if n == 0 {
		return make()
	}
	part := (*parts)[n-1]
	*parts = (*parts)[:n-1]
	return part
}

// give keeps a part, unless there are enough.
func give[T any](parts *[]T, part T) {
	if len(*parts) < maxSpare {
		*parts = append(*parts, part)
	}
}

func newTable() frameTable { return make(frameTable, taskCallStack/lua.FramesPerSegment) }

func newSegment() *frameSegment { return new(frameSegment) }

func newValues() []lua.LValue { return make([]lua.LValue, firstRegistry) }

// takeThread is a thread for a task: an idle one, or a new one.
func (s *scheduler) takeThread(main bool) *thread {
	switch n := len(s.threads); {
	case main:
		return newMainThread(s.host.root)
	case n > 0:
		th := s.threads[n-1]
		s.threads[n-1] = nil
		s.threads = s.threads[:n-1]
		return th
	}
	return newThread(s.host.root)
}

// newMainThread makes the thread of a main script.
func newMainThread(root *lua.LState) *thread {
	options := root.Options
	root.Options.CallStackSize = mainCallStack
	root.Options.RegistryMaxSize = mainRegistry
	root.Options.RegistryGrowStep = mainGrowStep
	L, cancel := root.NewThread()
	root.Options = options
	// Coroutines that the script makes take their sizes from the thread that makes them.
	L.Options = options
	return &thread{L: L, main: true, cancel: cancel}
}

// newThread makes the thread of a task, with nothing but what threads do not lend. root has never run anything:
// a thread is a copy of it with parts of its own.
func newThread(root *lua.LState) *thread {
	th := &thread{state: *root, reg: **registryOf(root), folded: true}
	th.L = &th.state
	th.reg.array, th.reg.top = nil, 0
	th.reg.handler.data = unsafe.Pointer(th.L)
	th.stack.segments = th.small[:]
	*registryOf(th.L) = &th.reg
	stackOf(th.L).data = unsafe.Pointer(&th.stack)
	*currentFrameOf(th.L) = nil
	if ctx := root.Context(); ctx != nil {
		ctx, th.cancel = context.WithCancel(ctx)
		th.L.SetContext(ctx)
	}
	return th
}

// giveThread takes a thread back whose task has returned.
func (s *scheduler) giveThread(th *thread) {
	th.lendAll(&s.spare)
	if th.main || s.stopping || len(s.threads) == maxIdleThreads {
		th.drop()
		return
	}
	s.threads = append(s.threads, th)
}

// drop ends a thread that nothing will run on any more.
func (th *thread) drop() {
	if th.cancel != nil {
		th.cancel()
	}
}

// lend gives the table of segments away while the thread waits inside the VM.
func (th *thread) lend(spare *spareParts) {
	if th.main {
		return
	}
	used := int(th.stack.segIdx) + 1
	if used > keptSegments || len(th.stack.segments) == keptSegments {
		return
	}
	table := th.stack.segments
	copy(th.small[:], table[:used])
	clear(table[:used])
	th.stack.segments = th.small[:]
	give(&spare.tables, table)
}

// lendAll gives away what the thread does not need while it waits outside the VM, or for a task.
func (th *thread) lendAll(spare *spareParts) {
	if th.main {
		return
	}
	th.lend(spare)
	if th.reg.top > keptValues || th.stack.segIdx > 0 || th.stack.segSp > keptCalls {
		return
	}
	th.folded = true
	large := th.reg.array
	th.values = append(th.values[:0], large[:th.reg.top]...)
	th.reg.array = th.values
	if len(large) <= keptRegistry {
		clear(large)
		give(&spare.registries, large)
	}
	segment := th.small[0]
	th.calls = append(th.calls[:0], segment.array[:th.stack.segSp]...)
	th.link(th.calls)
	th.small[0] = nil
	clear(segment.array[:])
	give(&spare.segments, segment)
}

// link makes calls the frames of the thread. They are a copy, and each refers to the one before.
func (th *thread) link(calls []callFrame) {
	var last *callFrame
	for i := range calls {
		calls[i].Parent = last
		last = &calls[i]
	}
	*currentFrameOf(th.L) = last
}

// borrow gets what the thread has lent before it runs.
func (th *thread) borrow(spare *spareParts) {
	if th.main || len(th.stack.segments) != keptSegments {
		return
	}
	if th.folded {
		th.folded = false
		large := take(&spare.registries, newValues)
		copy(large, th.reg.array[:th.reg.top])
		clear(th.values)
		th.reg.array = large
		segment := take(&spare.segments, newSegment)
		calls := segment.array[:copy(segment.array[:], th.calls)]
		clear(th.calls)
		th.link(calls)
		th.small[0] = segment
	}
	used := int(th.stack.segIdx) + 1
	table := take(&spare.tables, newTable)
	copy(table, th.small[:used])
	clear(th.small[:used])
	th.stack.segments = table
}

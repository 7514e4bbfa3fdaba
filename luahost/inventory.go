package luahost

import (
	"cmp"
	"slices"
	"strings"

	"silly/internal/lua/vm"
)

// An Item is something that a program has made and that is not over.
type Item struct {
	Kind   string // "task", "timer" or "resource"
	Number uint64 // tells it from others of its kind; later ones have higher numbers
	// Text describes it: what a task waits for, or what a resource is.
	Text   string
	Origin []Frame // where it was made, if Options.Origins is set and a script made it
}

// Inventory lists the live tasks, the functions that time.after will run, and the resources that say what they are (see
// [Closer.Describe]), each kind in the order in which they were made. The caller holds the VM lock.
func (e *Env) Inventory() []Item {
	h := e.host
	var items []Item
	for _, t := range h.sched.Tasks() {
		text := taskName(t)
		if t.WaitsFor() != "" {
			text += ", which waits in " + t.WaitsFor()
		}
		items = append(items, Item{Kind: "task", Number: t.ID(), Text: text, Origin: frames(h.sched.Origin(t))})
	}
	h.sched.EachTimer(func(session int64, origin []vm.TraceFrame) {
		items = append(items, Item{Kind: "timer", Number: uint64(session), Text: "timer", Origin: frames(origin)})
	})
	for c := range h.closers {
		if c.describe == nil {
			continue
		}
		if lines := c.describe(); len(lines) > 0 {
			items = append(items, Item{Kind: "resource", Number: c.number, Text: strings.Join(lines, ", "), Origin: c.origin})
		}
	}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), cmp.Compare(a.Number, b.Number))
	})
	return items
}

// rank orders the kinds of items.
func rank(kind string) int { return slices.Index([]string{"task", "timer", "resource"}, kind) }

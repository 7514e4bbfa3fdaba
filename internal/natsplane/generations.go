package natsplane

import (
	"sync"
	"time"
)

// maxGeneration is how many values a generation has at most.
const maxGeneration = 100_000

// generations remember values for some time: for at least a generation, unless there are very many, and for two at most.
// Any goroutine may call the methods.
type generations[K comparable, V any] struct {
	length time.Duration // of a generation

	mu       sync.Mutex
	new, old map[K]V
	began    time.Time // of new
}

// put remembers a value.
func (g *generations[K, V]) put(key K, v V, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.new) >= maxGeneration {
		g.old, g.new = g.new, nil
	}
	if g.new == nil {
		g.new, g.began = make(map[K]V), now
	}
	g.new[key] = v
}

// get returns a value, the zero one if none is remembered.
func (g *generations[K, V]) get(key K) V {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, ok := g.new[key]
	if !ok {
		v = g.old[key]
	}
	return v
}

// turn begins the next generation when it is time.
func (g *generations[K, V]) turn(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.began) >= g.length && len(g.new)+len(g.old) > 0 {
		g.old, g.new, g.began = g.new, nil, now
	}
}

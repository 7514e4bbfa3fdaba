package dnsclient

import (
	"container/list"
	"sync"
	"time"
)

// maxCost is how much a cache keeps: a name counts one, and each of its records another one.
const maxCost = 16 << 10

// A key is a question.
type key struct {
	name string // in lower case, without a dot at its end
	t    Type
}

// A cached is an answer in a cache.
type cached struct {
	key     key
	answer  answer
	expires time.Time
}

// A cache keeps answers for their time to live, the ones that were used last. Any goroutine may use it.
type cache struct {
	mu      sync.Mutex
	entries map[key]*list.Element // of *cached
	recent  list.List             // the one used last in front
	cost    int
}

func newCache() *cache { return &cache{entries: make(map[key]*list.Element)} }

// get returns the answer to a question, if there is one that has not expired.
func (c *cache) get(k key, now time.Time) (a answer, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[k]
	if e == nil {
		return answer{}, false
	}
	entry := e.Value.(*cached)
	if !now.Before(entry.expires) {
		c.remove(e)
		return answer{}, false
	}
	c.recent.MoveToFront(e)
	return entry.answer, true
}

// put keeps an answer, unless its time to live is 0.
func (c *cache) put(k key, a answer, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[k]; e != nil {
		c.remove(e)
	}
	if a.ttl <= 0 || 1+len(a.records) > maxCost {
		return
	}
	c.entries[k] = c.recent.PushFront(&cached{k, a, now.Add(a.ttl)})
	c.cost += 1 + len(a.records)
	for c.cost > maxCost {
		c.remove(c.recent.Back())
	}
}

// remove drops an answer. c.mu is held.
func (c *cache) remove(e *list.Element) {
	entry := c.recent.Remove(e).(*cached)
	delete(c.entries, entry.key)
	c.cost -= 1 + len(entry.answer.records)
}

package backplane

import (
	"container/list"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxKeptTopics is of how many topics messages are kept; the one that is quiet for the longest time gives way.
	maxKeptTopics = 10_000
	// maxKeptBytes is how many bytes are kept of a topic at most.
	maxKeptBytes = 16 << 20
)

// A keeper keeps the last messages of topics in memory.
type keeper struct {
	some atomic.Bool // something is kept

	mu       sync.Mutex
	patterns []keptPattern // no topic matches two
	topics   map[string]*keptTopic
	order    list.List // of topics, the one that is quiet for the longest time first
	lastID   uint64    // of all topics
}

type keptPattern struct {
	pattern string
	limit   Limit
}

// A keptTopic has the last messages of a topic, in their order.
type keptTopic struct {
	name  string
	place *list.Element // in order; guarded by keeper.mu

	mu       sync.Mutex // held while a message gets its number and is delivered: the order of numbers is that of delivery
	messages []keptMessage
	bytes    int
}

type keptMessage struct {
	Message
	at time.Time
}

// keep adds a pattern, or changes its limit.
func (k *keeper) keep(pattern string, limit Limit) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.some.Store(true)
	var others []string
	for i := range k.patterns {
		if k.patterns[i].pattern == pattern {
			k.patterns[i].limit = limit
			return nil
		}
		others = append(others, k.patterns[i].pattern)
	}
	if len(others) >= MaxKeptPatterns {
		return ErrTooManyPatterns
	}
	if err := ErrOverlap(pattern, others); err != nil {
		return err
	}
	k.patterns = append(k.patterns, keptPattern{pattern, limit})
	return nil
}

// limitOf returns how much of a topic is kept; kept is false if nothing is. k.mu is held.
func (k *keeper) limitOf(topic string) (limit Limit, kept bool) {
	if Internal(topic) {
		return limit, false
	}
	for _, p := range k.patterns {
		if Matches(p.pattern, topic) {
			return p.limit, true
		}
	}
	return limit, false
}

// open returns where a message of a topic is to be kept, nil if it is not, and how many of them. If there are too many topics, it
// forgets the one that is quiet for the longest time.
func (k *keeper) open(topic string) (t *keptTopic, limit Limit) {
	k.mu.Lock()
	defer k.mu.Unlock()
	limit, kept := k.limitOf(topic)
	if !kept {
		return nil, limit
	}
	if t = k.topics[topic]; t != nil {
		k.order.MoveToBack(t.place)
		return t, limit
	}
	if k.topics == nil {
		k.topics = make(map[string]*keptTopic)
	}
	if len(k.topics) >= maxKeptTopics {
		quiet := k.order.Remove(k.order.Front()).(*keptTopic)
		delete(k.topics, quiet.name)
	}
	t = &keptTopic{name: topic}
	t.place = k.order.PushBack(t)
	k.topics[topic] = t
	return t, limit
}

// find returns where the messages of a topic are kept, nil if none are, and how many of them.
func (k *keeper) find(topic string) (t *keptTopic, limit Limit) {
	k.mu.Lock()
	defer k.mu.Unlock()
	limit, kept := k.limitOf(topic)
	if !kept {
		return nil, limit
	}
	return k.topics[topic], limit
}

// nextID returns a number that is larger than all before, also those of a program that ran earlier: it grows with the time.
func (k *keeper) nextID(now time.Time) uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lastID = max(k.lastID+1, uint64(now.UnixMicro()))
	return k.lastID
}

// deliver keeps a message, if its topic is kept, and delivers it.
func (k *keeper) deliver(m Message, deliver func(Message)) {
	if !k.some.Load() || m.Reply != "" {
		deliver(m)
		return
	}
	now := time.Now()
	t, limit := k.open(m.Topic)
	if t == nil {
		deliver(m)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.ID = k.nextID(now)
	t.messages = append(t.messages, keptMessage{m, now})
	t.bytes += m.size()
	t.trim(limit, now)
	deliver(m)
}

// trim forgets what is too much or too old. t.mu is held.
func (t *keptTopic) trim(limit Limit, now time.Time) {
	count := MaxKept
	if limit.Count > 0 {
		count = min(count, limit.Count)
	}
	drop := 0
	for drop < len(t.messages) {
		oldest := &t.messages[drop]
		old := limit.Age > 0 && now.Sub(oldest.at) > limit.Age
		if !old && len(t.messages)-drop <= count && t.bytes <= maxKeptBytes {
			break
		}
		t.bytes -= oldest.size()
		*oldest = keptMessage{}
		drop++
	}
	t.messages = t.messages[drop:]
}

// size is about how many bytes a message takes.
func (m *Message) size() int {
	size := len(m.Data) + len(m.Topic) + len(m.Origin) + 100
	for name, text := range m.Header {
		size += len(name) + len(text)
	}
	return size
}

// since returns the messages of a topic with a number above id.
func (k *keeper) since(name string, id uint64, now time.Time) []Message {
	t, limit := k.find(name)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trim(limit, now)
	first := sort.Search(len(t.messages), func(i int) bool { return t.messages[i].ID > id })
	found := make([]Message, 0, len(t.messages)-first)
	for _, m := range t.messages[first:] {
		found = append(found, m.Message)
	}
	return found
}

package backplane

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is what a closed backplane returns.
var ErrClosed = errors.New("the backplane is closed")

// Memory is the backplane of hosts in one process: what is published is handed over at once. It implements Backplane and
// Keeper. Any goroutine may call its methods.
type Memory struct {
	mu     sync.RWMutex
	tree   tree[*subscription]
	cache  map[string][]*subscription // of topics, since tree changed last
	closed bool

	keeper keeper
}

type subscription struct {
	queue string
	f     func(Message)
	over  atomic.Bool
	turns atomic.Uint64 // how often it was the first member of its queue
}

var (
	_ Backplane = (*Memory)(nil)
	_ Keeper    = (*Memory)(nil)
)

// NewMemory makes a backplane that nobody has subscribed to.
func NewMemory() *Memory { return &Memory{cache: make(map[string][]*subscription)} }

// Publish implements Backplane.
func (b *Memory) Publish(m Message) error {
	subscriptions, err := b.find(m.Topic)
	if err != nil {
		return err
	}
	handed := false
	b.keeper.deliver(m, func(m Message) { handed = hand(subscriptions, m) })
	if !handed {
		return ErrNobody
	}
	return nil
}

// Serves reports whether a queue has a member that gets the messages of a topic.
func (b *Memory) Serves(topic string) bool {
	subscriptions, _ := b.find(topic)
	return slices.ContainsFunc(subscriptions, func(s *subscription) bool { return s.queue != "" && !s.over.Load() })
}

// hand calls the functions of subscriptions, of those of a queue one, in turn, and reports whether there were any. Those that
// answer are in queues: who only listens does not count for a message that wants answers.
func hand(subscriptions []*subscription, m Message) (handed bool) {
	var queues map[string][]*subscription
	for _, s := range subscriptions {
		switch {
		case s.over.Load():
		case s.queue == "":
			s.f(m)
			handed = true
		default:
			if queues == nil {
				queues = make(map[string][]*subscription)
			}
			queues[s.queue] = append(queues[s.queue], s)
		}
	}
	for _, members := range queues {
		turn := members[0].turns.Add(1)
		members[turn%uint64(len(members))].f(m)
	}
	return handed && m.Reply == "" || len(queues) > 0
}

// maxCached is of how many topics the subscriptions are remembered.
const maxCached = 4096

// find returns the subscriptions of a topic. Nobody changes what it returns.
func (b *Memory) find(topic string) ([]*subscription, error) {
	b.mu.RLock()
	found, ok := b.cache[topic]
	closed := b.closed
	b.mu.RUnlock()
	switch {
	case closed:
		return nil, ErrClosed
	case ok:
		return found, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	found = b.tree.match(topic, nil)
	if len(b.cache) >= maxCached {
		clear(b.cache)
	}
	b.cache[topic] = found
	return found, nil
}

// Subscribe implements Backplane.
func (b *Memory) Subscribe(pattern, queue string, f func(Message)) (cancel func(), err error) {
	if err := CheckPattern(pattern); err != nil {
		return nil, err
	}
	s := &subscription{queue: queue, f: f}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	b.tree.insert(pattern, s)
	clear(b.cache)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !s.over.Swap(true) {
			b.tree.remove(pattern, s)
			clear(b.cache)
		}
	}, nil
}

// Status implements Backplane.
func (b *Memory) Status() Status { return Status{Kind: "memory", Complete: true, Connected: true} }

// Close implements Backplane.
func (b *Memory) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.tree = tree[*subscription]{}
	clear(b.cache)
	return nil
}

// Keep implements Keeper.
func (b *Memory) Keep(_ context.Context, pattern string, limit Limit) error {
	if err := CheckPattern(pattern); err != nil {
		return err
	}
	if err := limit.Check(); err != nil {
		return err
	}
	return b.keeper.keep(pattern, limit)
}

// Since implements Keeper.
func (b *Memory) Since(_ context.Context, topic string, id uint64) ([]Message, error) {
	if err := CheckTopic(topic); err != nil {
		return nil, err
	}
	return b.keeper.since(topic, id, time.Now()), nil
}

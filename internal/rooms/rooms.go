// Package rooms sends messages of topics to connections, without Lua: one encoding for all, and one goroutine that goes through
// them while there is something to send.
package rooms

import (
	"sync"
	"sync/atomic"

	"silly/luahost/backplane"
)

// What a hub sends waits in a queue. What comes when the queue has so many messages, or so many bytes, is dropped.
const (
	maxQueued      = 100_000
	maxQueuedBytes = 256 << 20
)

// turn is how many messages are appended before connections are flushed.
const turn = 64

// A Receiver is a connection that can be in rooms. It must be comparable.
type Receiver interface {
	// Append queues a message to be sent. later says that it takes its time: the caller goes on with Write. One goroutine at a
	// time calls it.
	Append(d *Delivery, how Type) (later bool, err error)
	// Write sends a message and waits while the peer is slow. One goroutine at a time calls it.
	Write(d *Delivery, how Type) error
	// Unsent is how many bytes are queued.
	Unsent() int
	// Flush sends what is queued, and does not wait.
	Flush()
	// CloseSlow closes the connection of a peer that takes too little.
	CloseSlow()
	// OnEnd calls f, on any goroutine, when the connection ends; at once if it has ended.
	OnEnd(f func())
}

// A Type is what a message becomes on its connection.
type Type uint8

// Types of messages.
const (
	Text   Type = iota // a text frame, if it is UTF-8; else a binary one
	Binary             // a binary frame
	JSON               // a text frame with an object: topic, data, id and header
)

// Options say how a connection is in a room.
type Options struct {
	Type Type
	// MaxUnsent is how many bytes may be unsent; a peer that has more when a message comes is slow.
	MaxUnsent int
	// Drops says that a slow peer does not get messages; else its connection is closed.
	Drops bool
	// ID says who it is, and Owner is what it belongs to, for who asks for the seats.
	ID    string
	Owner any
}

// A Hub has the rooms of a host. Any goroutine may call its methods.
type Hub struct {
	background func(f func()) // runs f on another goroutine

	mu      sync.Mutex
	rooms   map[string]*room
	members map[Receiver]*member
	queue   []*Delivery
	bytes   int
	dropped uint64
	queued  sync.Cond // of queue, and of rooms becoming empty
	running bool      // a goroutine sends; it lives as long as there are rooms
}

// New makes a hub without rooms. background runs a function on a goroutine of its own.
func New(background func(f func())) *Hub {
	h := &Hub{background: background, rooms: make(map[string]*room), members: make(map[Receiver]*member)}
	h.queued.L = &h.mu
	return h
}

// A room is who gets the messages of a topic. hub.mu guards it.
type room struct {
	topic string
	seats map[*member]*seat
	// list has the seats in the order in which they were taken, and so about in that of their memory: in a large room another one
	// costs a quarter more for each message. gone of them are not in seats any more. Only its end changes in place.
	list  []*seat
	gone  int
	leave func() // ends the subscription
}

// lose notes that a seat of the list is not there any more. hub.mu is held.
func (p *room) lose() {
	if p.gone++; p.gone > len(p.list)/2 {
		p.compact()
	}
}

// compact takes seats out of the list that are not there any more. hub.mu is held.
func (p *room) compact() {
	if p.gone == 0 {
		return
	}
	list := make([]*seat, 0, len(p.seats))
	for _, s := range p.list {
		if p.seats[s.member] == s {
			list = append(list, s)
		}
	}
	p.list, p.gone = list, 0
}

// A seat is a connection's place in a room.
type seat struct {
	member  *member
	options Options
}

// A member is a connection that is in at least one room.
type member struct {
	receiver Receiver
	rooms    map[*room]struct{} // guarded by hub.mu

	// What follows belongs to the goroutine that sends.
	dirty bool

	unsent  atomic.Int64 // bytes in pending; written under mu
	mu      sync.Mutex
	pending []pending // what is sent by a goroutine of the member's own, because it takes its time; the first is being written
}

type pending struct {
	d   *Delivery
	how Type
}

// Join puts a connection into the room of a topic, or changes its options there. subscribe is called for the first one in a
// room; what it returns ends the subscription.
func (h *Hub) Join(topic string, r Receiver, options Options, subscribe func() (cancel func(), err error)) error {
	h.mu.Lock()
	m := h.members[r]
	if m == nil {
		m = &member{receiver: r, rooms: make(map[*room]struct{})}
		h.members[r] = m
		defer r.OnEnd(func() { h.gone(m) }) // without h.mu
	}
	defer h.mu.Unlock()
	place := h.rooms[topic]
	if place == nil {
		leave, err := subscribe()
		if err != nil {
			return err
		}
		place = &room{topic: topic, seats: make(map[*member]*seat), leave: leave}
		h.rooms[topic] = place
		if !h.running {
			h.running = true
			h.background(h.run)
		}
	}
	s := &seat{member: m, options: options}
	again := place.seats[m] != nil
	place.seats[m] = s
	place.list = append(place.list, s)
	if again {
		place.lose()
	}
	m.rooms[place] = struct{}{}
	return nil
}

// Leave takes a connection out of the room of a topic, and reports whether it was there.
func (h *Hub) Leave(topic string, r Receiver) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	place, m := h.rooms[topic], h.members[r]
	if place == nil || m == nil || place.seats[m] == nil {
		return false
	}
	h.leave(place, m)
	return true
}

// leave takes a member out of a room. h.mu is held.
func (h *Hub) leave(place *room, m *member) {
	delete(place.seats, m)
	place.lose()
	delete(m.rooms, place)
	if len(place.seats) == 0 {
		delete(h.rooms, place.topic)
		place.leave()
		h.queued.Signal()
	}
}

// gone takes a member out of all rooms: its connection has ended.
func (h *Hub) gone(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for place := range m.rooms {
		h.leave(place, m)
	}
	delete(h.members, m.receiver)
}

// Close ends all subscriptions.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.members {
		for place := range m.rooms {
			h.leave(place, m)
		}
	}
}

// Seats returns the options of all who are in the room of a topic.
func (h *Hub) Seats(topic string) []Options {
	h.mu.Lock()
	defer h.mu.Unlock()
	place := h.rooms[topic]
	if place == nil {
		return nil
	}
	seats := make([]Options, 0, len(place.seats))
	for _, s := range place.seats {
		seats = append(seats, s.options)
	}
	return seats
}

// Count is how many connections are in the room of a topic.
func (h *Hub) Count(topic string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if place := h.rooms[topic]; place != nil {
		return len(place.seats)
	}
	return 0
}

// Dropped is how many messages were dropped because the queue was full.
func (h *Hub) Dropped() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped
}

// Deliver has a message sent to all in the room of its topic but Message.Except. It does not wait.
func (h *Hub) Deliver(m backplane.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) >= maxQueued || h.bytes+len(m.Data) > maxQueuedBytes {
		h.dropped++
		return
	}
	h.queue = append(h.queue, &Delivery{Message: m})
	h.bytes += len(m.Data)
	h.queued.Signal()
}

// run sends what is queued until there are no rooms.
func (h *Hub) run() {
	for batch := h.next(nil); len(batch) > 0; batch = h.next(batch) {
		if len(batch) == 1 {
			h.send(batch[0])
		} else {
			h.sendAll(batch)
		}
		clear(batch)
	}
}

// send sends one message.
func (h *Hub) send(d *Delivery) {
	for _, s := range h.seats(d.Topic) {
		if d.isFor(s.member.receiver) && s.deliver(h, d) {
			s.member.receiver.Flush()
		}
	}
}

// sendAll sends messages that came together: each connection is flushed once.
func (h *Hub) sendAll(batch []*Delivery) {
	var touched []*member
	for _, d := range batch {
		for _, s := range h.seats(d.Topic) {
			if d.isFor(s.member.receiver) && s.deliver(h, d) && !s.member.dirty {
				s.member.dirty = true
				touched = append(touched, s.member)
			}
		}
	}
	for _, m := range touched {
		m.dirty = false
		m.receiver.Flush()
	}
}

// next waits for messages and takes the next ones from the queue, into the memory of batch. None says that there are no rooms,
// and that run must end.
func (h *Hub) next(batch []*Delivery) []*Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.queue) == 0 {
		if h.queue = nil; len(h.rooms) == 0 {
			h.running = false
			return nil
		}
		h.queued.Wait()
	}
	n := min(turn, len(h.queue))
	batch = append(batch[:0], h.queue[:n]...)
	clear(h.queue[:n])
	h.queue = h.queue[n:]
	for _, d := range batch {
		h.bytes -= len(d.Data)
	}
	return batch
}

// seats returns who is in a room. Nobody changes what it returns.
func (h *Hub) seats(topic string) []*seat {
	h.mu.Lock()
	defer h.mu.Unlock()
	place := h.rooms[topic]
	if place == nil {
		return nil
	}
	place.compact()
	return place.list
}

// deliver queues a message for one connection, and reports whether it is to be flushed.
func (s *seat) deliver(h *Hub, d *Delivery) (flush bool) {
	m, how := s.member, s.options.Type
	waiting := int(m.unsent.Load())
	if s.slow(waiting) {
		if !s.options.Drops {
			m.receiver.CloseSlow()
		}
		return false
	}
	later := waiting > 0 // it comes after what takes its time
	if !later {
		var err error
		if later, err = m.receiver.Append(d, how); err != nil {
			return false // OnEnd comes, or has come
		}
	}
	if later {
		m.later(h, d, how)
	}
	return !later
}

// slow reports whether the peer has more to take than it may.
func (s *seat) slow(waiting int) bool {
	r, limit := s.member.receiver, s.options.MaxUnsent
	if waiting+r.Unsent() <= limit {
		return false
	}
	r.Flush() // what this turn has queued for it
	return waiting+r.Unsent() > limit
}

// later has a message sent by a goroutine of the member, after those before it.
func (m *member) later(h *Hub, d *Delivery, how Type) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending = append(m.pending, pending{d, how})
	m.unsent.Add(int64(max(1, len(d.Data))))
	if len(m.pending) == 1 {
		h.background(m.write)
	}
}

// write sends what takes its time.
func (m *member) write() {
	for p, ok := m.first(); ok; p, ok = m.next(p.d) {
		if err := m.receiver.Write(p.d, p.how); err != nil {
			m.forget()
			return
		}
	}
}

// first is what is to be written first.
func (m *member) first() (p pending, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.pending) == 0 {
		return p, false
	}
	return m.pending[0], true
}

// next is what is to be written after d.
func (m *member) next(d *Delivery) (p pending, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unsent.Add(-int64(max(1, len(d.Data))))
	m.pending[0] = pending{}
	if m.pending = m.pending[1:]; len(m.pending) == 0 {
		m.pending = nil
		return p, false
	}
	return m.pending[0], true
}

// forget drops what is to be written: the connection has ended.
func (m *member) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending = nil
	m.unsent.Store(0)
}

// Package netshare lets several hosts of one process listen on the same addresses, and keeps the addresses open while one
// host takes over from another.
package netshare

import (
	"context"
	"net"
	"strconv"
	"sync"

	"silly/internal/netconn"
	"silly/internal/netlisten"
)

// Listen opens a real listener; see net.ListenConfig.
type Listen func(ctx context.Context, network, address string) (net.Listener, error)

// A Pool is the listeners that its members share. Any goroutine may call its methods.
type Pool struct {
	listen Listen

	mu     sync.Mutex // taken before that of a listener
	shared map[string]*listener
	bound  map[string]string // where members have UDP sockets: by what they asked for
}

// New makes a Pool whose real listeners are opened by listen.
func New(listen Listen) *Pool {
	return &Pool{listen: listen, shared: make(map[string]*listener), bound: make(map[string]string)}
}

// closeUnused closes a listener that nobody needs. p.mu is held.
func (p *Pool) closeUnused(s *listener) {
	if p.shared[s.key] == s && s.kept == 0 && s.unused() {
		delete(p.shared, s.key)
		s.close()
	}
}

// Close closes all listeners.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, s := range p.shared {
		delete(p.shared, key)
		s.close()
	}
}

// Member makes a new member: a host.
func (p *Pool) Member() *Member { return &Member{pool: p, anyPort: make(map[string]int)} }

// A Member listens for one host. Its fields are guarded by pool.mu.
type Member struct {
	pool    *Pool
	anyPort map[string]int // how often it has listened on an address whose port the system chooses
	host    context.Context
	kept    []*listener // stay open until Release
}

// Keep keeps the addresses open that are closed because the host ends, whose context is ctx, until Release is called:
// connections that arrive meanwhile wait for the next member. It is called before the first Listen.
func (m *Member) Keep(ctx context.Context) { m.host = ctx }

// KeepAll keeps, from now on, all addresses that are closed, whoever closes them, until Release is called.
func (m *Member) KeepAll() {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	ended, end := context.WithCancel(context.Background())
	end()
	m.host = ended
}

// Release closes the addresses that were kept and that no other member has taken.
func (m *Member) Release() {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	m.host = nil
	for _, s := range m.kept {
		s.kept--
		p.closeUnused(s)
	}
	m.kept = nil
}

// Listen returns a listener that gets its share of the connections to an address. Members that ask the system for a port, such
// as with ":0", get the same one when they ask for the same time: the first call of one shares with the first of another.
func (m *Member) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	key := m.key(network, address)
	s := p.shared[key]
	if s == nil {
		real, err := p.listen(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s = &listener{pool: p, key: key, real: real}
		s.changed.L = &s.mu
		p.shared[key] = s
		go s.run()
	}
	return s.join(m), nil
}

// key returns what is the same for calls that share an address. pool.mu is held.
func (m *Member) key(network, address string) string {
	key := network + " " + address
	if _, port, err := net.SplitHostPort(address); err == nil && (port == "0" || port == "") {
		m.anyPort[key]++
		key += " #" + strconv.Itoa(m.anyPort[key])
	}
	return key
}

// maxQueue is how many connections wait for one member; the system holds what comes after them.
const maxQueue = 64

// A listener is a real listener with the members' shares.
type listener struct {
	pool *Pool
	key  string
	real net.Listener
	kept int // by how many members; guarded by pool.mu

	mu      sync.Mutex
	changed sync.Cond // of what follows
	shares  []*share
	next    int        // whose turn it is
	waiting []net.Conn // accepted when there was no share; not more than one
	closed  bool
}

// run accepts until the real listener is closed.
func (s *listener) run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := netlisten.Acceptor{
		Listener: s.real,
		Accepted: func(c net.Conn) { s.give(c.(*netconn.Transport).Conn) },
	}
	a.Run(ctx)
	// It is closed, or broken: members see the end, and may try again.
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if s.pool.shared[s.key] == s {
		delete(s.pool.shared, s.key)
		s.close()
	}
}

// give hands a connection to the share whose turn it is, or to one with fewer that wait: a member that computes does not keep
// those waiting that others could serve.
func (s *listener) give(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed {
		if len(s.shares) == 0 && len(s.waiting) == 0 {
			s.waiting = append(s.waiting, c)
			return
		}
		if to := s.choose(); to != nil {
			to.queue = append(to.queue, c)
			s.changed.Broadcast()
			return
		}
		s.changed.Wait()
	}
	_ = c.Close()
}

// choose returns the share that gets the next connection, nil if all are full. s.mu is held.
func (s *listener) choose() *share {
	best, fewest := -1, maxQueue
	for i := range s.shares {
		at := (s.next + i) % len(s.shares)
		if n := len(s.shares[at].queue); n < fewest {
			best, fewest = at, n
		}
	}
	if best < 0 {
		return nil
	}
	s.next = best + 1
	return s.shares[best]
}

// join adds a share.
func (s *listener) join(m *Member) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	share := &share{listener: s, member: m, queue: s.waiting}
	s.waiting = nil
	s.shares = append(s.shares, share)
	s.changed.Broadcast()
	return share
}

// leave removes a share: others get its connections.
func (s *listener) leave(gone *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, share := range s.shares {
		if share == gone {
			s.shares = append(s.shares[:i], s.shares[i+1:]...)
			break
		}
	}
	queue := gone.queue
	gone.queue = nil
	for _, c := range queue {
		if to := s.choose(); to != nil {
			to.queue = append(to.queue, c)
		} else {
			s.waiting = append(s.waiting, c)
		}
	}
	s.changed.Broadcast()
}

// unused reports whether nobody listens.
func (s *listener) unused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.shares) == 0
}

// close closes the real listener and ends the shares.
func (s *listener) close() {
	defer s.real.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.waiting {
		_ = c.Close()
	}
	s.waiting = nil
	s.changed.Broadcast()
}

// Package dnsclient looks names up with nameservers (RFC 1034, RFC 1035): a stub resolver with a cache. It knows no
// script.
package dnsclient

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

var (
	// ErrNotFound is the error of a name that does not exist.
	ErrNotFound = errors.New("no such name")
	// ErrName is the error of a text that cannot be a name.
	ErrName error = syscall.EINVAL
	// ErrReconfigured is the error of a lookup that was going on when the configuration changed.
	ErrReconfigured error = reconfigured{}
	// errSuperseded ends the generation of the default configuration when the system's is there: its lookups go on with
	// that.
	errSuperseded = errors.New("the system's configuration counts")
	// ErrTimeout is the error of a lookup that no nameserver has answered in time.
	ErrTimeout error = timeoutError{}
)

type reconfigured struct{}

func (reconfigured) Error() string { return "Dns reconfigured" } // as the reference page has it

type timeoutError struct{}

func (timeoutError) Error() string        { return "no nameserver has answered in time" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// maxQueries is how many queries are under way at the same time; more wait for their turn.
const maxQueries = 256

// A Resolver looks names up. Any goroutine may use it.
type Resolver struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	base context.Context
	turn chan struct{} // a token for each query that is under way

	mu      sync.Mutex
	current *Generation
	chosen  bool  // by Configure
	set     Hosts // of AddHosts
	file    Hosts // of SetHostsFile
}

// A Generation is the time of one configuration. Lookups that begin in it end with it.
type Generation struct {
	config Config
	cache  *cache
	ctx    context.Context // ends with the generation
	end    context.CancelCauseFunc

	mu    sync.Mutex
	calls map[call]*pending
}

// A call is a lookup of one name that others may wait for, too.
type call struct {
	key
	timeout time.Duration
}

// pending is a call that is going on.
type pending struct {
	done   chan struct{}
	answer answer // valid when done is closed
	err    error
}

// New makes a resolver with the default configuration. dial opens a socket for an address of a nameserver; network is
// "udp" or "tcp". Lookups end with the context.
func New(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Resolver {
	r := &Resolver{dial: dial, base: ctx, turn: make(chan struct{}, maxQueries), set: make(Hosts)}
	r.configure(DefaultConfig(), false)
	return r
}

// Configure changes the configuration. Lookups that go on end with ErrReconfigured, and what is cached is forgotten.
func (r *Resolver) Configure(c Config) { r.configure(c, true) }

// ConfigureFrom is Configure, unless that was called before: the system's configuration does not count then.
func (r *Resolver) ConfigureFrom(c Config) { r.configure(c, false) }

func (r *Resolver) configure(c Config, choice bool) {
	g := &Generation{config: c.Normalize(), cache: newCache(), calls: make(map[call]*pending)}
	g.ctx, g.end = context.WithCancelCause(r.base)
	r.mu.Lock()
	previous := r.current
	if r.chosen && !choice {
		previous = g
	} else {
		r.current, r.chosen = g, choice
	}
	r.mu.Unlock()
	switch {
	case previous == nil:
	case choice:
		previous.end(ErrReconfigured)
	default:
		previous.end(errSuperseded)
	}
}

// AddHosts adds addresses of names, which are not asked for then.
func (r *Resolver) AddHosts(h Hosts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set.merge(h)
}

// SetHostsFile sets the addresses of names for which AddHosts has said nothing.
func (r *Resolver) SetHostsFile(h Hosts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.file = h
}

// Now is the generation of a lookup that begins now.
func (r *Resolver) Now() *Generation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// Lookup returns the records of a name, which may be none. timeout is that of the first try, 0 for the configuration's.
func (r *Resolver) Lookup(g *Generation, name string, t Type, timeout time.Duration) ([]Record, error) {
	if !validName(name) {
		return nil, ErrName
	}
	name = lower(name)
	if records, ok := r.known(strings.TrimSuffix(name, "."), t); ok {
		return records, nil
	}
	if context.Cause(g.ctx) == errSuperseded {
		g = r.Now()
	}
	if timeout <= 0 {
		timeout = g.config.Timeout
	}
	exists := false
	for _, candidate := range g.config.candidates(name) {
		if !validName(candidate) {
			continue // with the domain it is too long
		}
		a, err := r.lookup(g, call{key{candidate, t}, timeout})
		switch {
		case err != nil:
			return nil, err
		case len(a.records) > 0:
			return a.records, nil
		}
		exists = exists || !a.missing
	}
	if !exists {
		return nil, ErrNotFound
	}
	return nil, nil
}

// Known is Lookup as far as nobody needs to be asked: ok is false if somebody must be.
func (r *Resolver) Known(name string, t Type) (records []Record, ok bool) {
	if !validName(name) {
		return nil, false
	}
	name = lower(name)
	if records, ok = r.known(strings.TrimSuffix(name, "."), t); ok {
		return records, true
	}
	g := r.Now()
	for _, candidate := range g.config.candidates(name) {
		a, ok := g.cache.get(key{candidate, t}, time.Now())
		if !ok || len(a.records) > 0 {
			return a.records, ok
		}
	}
	return nil, false // which of the two reasons Lookup says
}

// known returns records that nobody needs to be asked for.
func (r *Resolver) known(name string, t Type) (records []Record, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if records, ok = r.set.records(name, t); !ok {
		records, ok = r.file.records(name, t)
	}
	if !ok {
		records, ok = local(name, t)
	}
	return records, ok
}

// validName reports whether a text can be a name (RFC 1035 section 2.3.4).
func validName(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return true
}

// lookup answers from the cache, waits for somebody else's lookup of the same, or asks.
func (r *Resolver) lookup(g *Generation, c call) (answer, error) {
	if a, ok := g.cache.get(c.key, time.Now()); ok {
		return a, nil
	}
	g.mu.Lock()
	if p := g.calls[c]; p != nil {
		g.mu.Unlock()
		<-p.done
		return p.answer, p.err
	}
	p := &pending{done: make(chan struct{}), err: ErrTimeout}
	g.calls[c] = p
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.calls, c)
		g.mu.Unlock()
		close(p.done)
	}()
	p.answer, p.err = r.chase(g, c)
	if p.err == nil {
		g.cache.put(c.key, p.answer, time.Now())
	}
	return p.answer, p.err
}

// chase asks for a name, and for what it is an alias of as long as a nameserver says no more than that.
func (r *Resolver) chase(g *Generation, c call) (answer, error) {
	name, aliases, ttl := c.name, 0, maxTTL
	for {
		a, err := r.query(g, name, c.t, c.timeout)
		if err != nil {
			return answer{}, err
		}
		ttl = min(ttl, a.ttl)
		aliases += a.aliases
		switch {
		case aliases > maxAliases:
			return answer{}, errAliases
		case a.alias == "":
			a.ttl = ttl
			return a, nil
		}
		if name = strings.TrimSuffix(a.alias, "."); !validName(name) {
			return answer{}, ErrName
		}
	}
}

// query asks the nameservers, one after the other and again, until one answers. The tries last longer and longer; each
// nameserver gets its share.
func (r *Resolver) query(g *Generation, name string, t Type, timeout time.Duration) (answer, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-g.ctx.Done():
		return answer{}, context.Cause(g.ctx)
	}
	fqdn, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return answer{}, ErrName
	}
	q := dnsmessage.Question{Name: fqdn, Type: dnsmessage.Type(t), Class: dnsmessage.ClassINET}
	failure := ErrTimeout
	for try := 1; try <= 1+g.config.Attempts; try++ {
		share := time.Duration(try) * timeout / time.Duration(len(g.config.Nameservers))
		for _, server := range g.config.Nameservers {
			a, err := r.ask(g.ctx, server, q, time.Now().Add(share))
			if err == nil {
				return a, nil
			}
			if g.ctx.Err() != nil {
				return answer{}, context.Cause(g.ctx)
			}
			failure = worse(failure, err)
		}
	}
	return answer{}, failure
}

// worse is what to report of two failures: what a nameserver says rather than that another one says nothing.
func worse(before, now error) error {
	if errors.Is(now, context.DeadlineExceeded) {
		return before
	}
	return now
}

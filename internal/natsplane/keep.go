package natsplane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

// Messages of topics that are kept are published below keptPrefix. There a stream of JetStream numbers and stores them,
// and publishes them again on the subject that has the topic's name, with their numbers (see the NATS documentation,
// Streams, RePublish). Each pattern has a stream, and the servers see to it that no two of them have a subject in common.
const (
	keptPrefix   = backplane.InternalPrefix + "keep."
	streamPrefix = "silly_keep_"
)

const (
	// keepWithin is how long Keep, Since and the storing of a message may take: longer than the election of a leader.
	keepWithin = 12 * time.Second
	// tendEvery is how often a plane looks after streams that are not as they should be.
	tendEvery = time.Second
)

var (
	errNoStreams = errors.New("the NATS server has no JetStream, which keeps messages: start it with the flag -js")
	errAlone     = errors.New("a cluster keeps messages from the second node on, and there is one")
	errNoLeader  = errors.New("nobody answers for the messages that are kept: more than half of the servers must be there")
	errForeign   = errors.New("the stream for the pattern is not as silly has made it")
)

// A keptPattern is one whose messages are kept. Plane.mu guards what changes.
type keptPattern struct {
	pattern  string
	limit    backplane.Limit
	ready    bool // the stream is there, as it should be
	late     bool // Keep has said that it is not
	replicas int  // of the stream
	// storing has what is on its way to the stream, fed by send; nil before the stream is ready for the first time.
	storing *pipe[*storing]
}

// A keeping is what a plane knows of streams.
type keeping struct {
	storage  nats.StorageType
	replicas func() (int, error)      // how many a new stream is to have; nil is as many as the servers allow
	patterns map[string]*keptPattern  // guarded by Plane.mu
	turn     chan struct{}            // has room for who changes streams
	kick     chan struct{}            // asks tend to look
	stores   sync.WaitGroup           // the goroutines that store
	excepts  generations[string, any] // Message.Except of what this process has published, by number
}

// Keep implements backplane.Keeper. When it returns an error because servers are not there the plane tries again until
// it is closed.
func (p *Plane) Keep(ctx context.Context, pattern string, limit backplane.Limit) error {
	if err := checkKept(pattern); err != nil {
		return err
	}
	if err := limit.Check(); err != nil {
		return err
	}
	k, err := p.wantKept(pattern, limit)
	if k == nil {
		return err
	}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	for {
		var again bool
		if again, err = p.makeStream(ctx, k); err == nil {
			return nil
		}
		if !again {
			return p.forgetKept(k, err)
		}
		over := err == errAlone || err == errNoStreams
		if !over {
			select {
			case <-ctx.Done():
				over = true
			case <-time.After(attemptPause):
			}
		}
		if over {
			p.mu.Lock()
			k.late = !k.ready
			p.mu.Unlock()
			return err
		}
	}
}

// checkKept says why messages of a pattern cannot be kept in a stream.
func checkKept(pattern string) error {
	if err := backplane.CheckPattern(pattern); err != nil {
		return err
	}
	if pattern == ">" {
		return errors.New("between machines the pattern '>' cannot be kept, but '*' and '*.>' can")
	}
	for token := range strings.SplitSeq(pattern, ".") {
		if strings.HasPrefix(token, "$") || strings.Contains(token, "{{") {
			return fmt.Errorf("between machines the pattern %q cannot be kept: a token has '{{' or begins with '$'", pattern)
		}
	}
	return nil
}

// wantKept notes a pattern that is to be kept. It returns nil if nothing is to be done, or if err says why not.
func (p *Plane) wantKept(pattern string, limit backplane.Limit) (*keptPattern, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil, backplane.ErrClosed
	}
	if k := p.keeping.patterns[pattern]; k != nil {
		if k.ready && k.limit == limit {
			return nil, nil
		}
		k.limit = limit
		return k, nil
	}
	others := slices.Sorted(maps.Keys(p.keeping.patterns))
	if err := backplane.ErrOverlap(pattern, others); err != nil {
		return nil, err
	}
	if len(others) >= backplane.MaxKeptPatterns {
		return nil, backplane.ErrTooManyPatterns
	}
	if p.keeping.patterns == nil {
		p.keeping.patterns = make(map[string]*keptPattern)
		p.work.Go(p.tend)
	}
	k := &keptPattern{pattern: pattern, limit: limit}
	p.keeping.patterns[pattern] = k
	return k, nil
}

// forgetKept ends the keeping of a pattern that cannot be kept, and returns why. One that is kept stays as it was.
func (p *Plane) forgetKept(k *keptPattern, why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !k.ready && p.keeping.patterns[k.pattern] == k {
		delete(p.keeping.patterns, k.pattern)
	}
	return why
}

// keptFor returns the pattern with which messages of a topic are kept, nil if they are not.
func (p *Plane) keptFor(topic string) *keptPattern {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pattern, k := range p.keeping.patterns {
		if k.ready && backplane.Matches(pattern, topic) {
			return k
		}
	}
	return nil
}

// bounded returns a context that ends with another one, with the plane, and after keepWithin.
func (p *Plane) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	stop := context.AfterFunc(p.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// tend looks after the streams: it makes those that are not there yet, and gives them more replicas when there are more
// servers.
func (p *Plane) tend() {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	for {
		all := false
		select {
		case <-p.closed:
			return
		case <-ticker.C:
		case <-p.keeping.kick:
			all = true
		}
		p.keeping.excepts.turn(time.Now())
		for _, k := range p.untended(all) {
			_, _ = p.makeStream(p.ctx, k)
		}
	}
}

// untended returns the patterns whose streams are not as they should be, or all.
func (p *Plane) untended(all bool) (list []*keptPattern) {
	replicas := 0
	if p.keeping.replicas != nil {
		replicas, _ = p.keeping.replicas()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.keeping.patterns {
		if all || !k.ready || k.replicas < replicas {
			list = append(list, k)
		}
	}
	return list
}

// look asks tend to look after all streams.
func (p *Plane) look() {
	select {
	case p.keeping.kick <- struct{}{}:
	default:
	}
}

// isReady notes that the stream of a pattern is there. late says that Keep has returned an error before, and more that there
// are more replicas than before.
func (p *Plane) isReady(k *keptPattern, replicas int) (late, more bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false, false, backplane.ErrClosed
	}
	if k.storing == nil {
		k.storing = newPipe[*storing](maxWaiting)
		p.keeping.stores.Go(func() { p.store(k.storing) })
	}
	late, more = k.late, k.replicas > 0 && k.replicas < replicas
	k.late, k.ready, k.replicas = false, true, replicas
	return late, more, nil
}

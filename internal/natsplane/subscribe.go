package natsplane

import (
	"log/slog"
	"slices"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

// maxLate is how late a message may come that another server has sent before it was cut off: as long as one takes to see that a
// connection is dead, and more.
const maxLate = 10 * time.Minute

// A groupKey says what the members of a group have subscribed to.
type groupKey struct{ pattern, queue string }

// A group is the subscriptions of this process to a pattern and in a queue. Without a queue there is one subscription in
// NATS for all of them; in a queue one for each, so that each of them gets its share.
type group struct {
	key     groupKey
	members []*member                    // guarded by Plane.mu; not changed in place
	numbers *generations[string, uint64] // of the last messages of topics that are kept
	turn    int                          // guarded by Plane.mu
	remote  []*nats.Subscription         // send owns it
}

type member struct{ f func(backplane.Message) }

// Subscribe implements backplane.Backplane.
func (p *Plane) Subscribe(pattern, queue string, f func(backplane.Message)) (cancel func(), err error) {
	local := p.plain
	if queue != "" {
		local = p.queues
	}
	cancelLocal, err := local.Subscribe(pattern, queue, f)
	if err != nil {
		return nil, err
	}
	m := &member{f}
	key := groupKey{pattern, queue}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.groups[key]
	if g == nil {
		g = &group{key: key, numbers: &generations[string, uint64]{length: maxLate}}
		p.groups[key] = g
	}
	g.members = append(slices.Clip(g.members), m)
	if queue != "" || len(g.members) == 1 {
		p.out.put(operation{group: g}, 0)
	}
	return func() {
		cancelLocal()
		p.leave(g, m)
	}, nil
}

// leave takes a member out of a group.
func (p *Plane) leave(g *group, m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(g.members, m)
	if i < 0 {
		return
	}
	g.members = slices.Concat(g.members[:i], g.members[i+1:])
	if len(g.members) == 0 {
		delete(p.groups, g.key)
	}
	if g.key.queue != "" || len(g.members) == 0 {
		p.out.put(operation{group: g, leave: true}, 0)
	}
}

// subscribe makes one more subscription of a group in NATS. send calls it.
func (p *Plane) subscribe(g *group) {
	s, err := p.conn.ChanQueueSubscribe(g.key.pattern, g.key.queue, p.arriving)
	if err != nil {
		p.log.add(slog.LevelError, "NATS: cannot subscribe to "+g.key.pattern+": "+reason(err))
		return
	}
	g.remote = append(g.remote, s)
}

// unsubscribe ends one. send calls it.
func (p *Plane) unsubscribe(g *group) {
	if last := len(g.remote) - 1; last >= 0 {
		_ = g.remote[last].Unsubscribe()
		g.remote = g.remote[:last]
	}
}

// isNew reports whether a message comes after all that the group has got of its topic, if that is kept: when another server
// becomes the leader of a stream, messages may come twice or late.
func (g *group) isNew(m backplane.Message) bool {
	if m.ID == 0 {
		return true
	}
	now := time.Now()
	g.numbers.turn(now)
	if m.ID <= g.numbers.get(m.Topic) {
		return false
	}
	g.numbers.put(m.Topic, m.ID, now)
	return true
}

// hand calls the functions of a group, in a queue that of one member.
func (p *Plane) hand(key groupKey, m backplane.Message) {
	p.mu.Lock()
	var members []*member
	if g := p.groups[key]; g != nil && g.isNew(m) {
		members = g.members
		if key.queue != "" {
			g.turn++
			members = members[g.turn%len(members):][:1]
		}
	}
	p.mu.Unlock()
	for _, member := range members {
		member.f(m)
	}
}

package topic

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"silly/internal/mailbox"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

// An inbox gets the answers to what a host has asked. Each question has a topic of its own.
type inbox struct {
	mu      sync.Mutex
	cancel  func() // of the subscription; nil before the first question
	last    uint64
	waiting map[string]*answers // by topic
}

// answers are those to one question.
type answers struct {
	inbox *inbox
	topic string
	box   mailbox.Box[backplane.Message]
}

// openInbox makes a place for answers.
func (b *binding) openInbox() (*answers, error) {
	in := &b.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.cancel == nil {
		cancel, err := b.backplane.Subscribe(backplane.InboxPrefix+b.origin+".*", "", in.arrived)
		if err != nil {
			return nil, err
		}
		in.cancel = cancel
	}
	in.last++
	a := &answers{inbox: in, topic: backplane.InboxPrefix + b.origin + "." + strconv.FormatUint(in.last, 36)}
	in.waiting[a.topic] = a
	return a, nil
}

// arrived takes an answer.
func (in *inbox) arrived(m backplane.Message) {
	in.mu.Lock()
	a := in.waiting[m.Topic]
	in.mu.Unlock()
	if a != nil {
		a.box.Put(m, maxAnswers)
	}
}

// close forgets where the answers would go.
func (a *answers) close() {
	a.inbox.mu.Lock()
	defer a.inbox.mu.Unlock()
	delete(a.inbox.waiting, a.topic)
}

// close ends the subscription.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.cancel != nil {
		in.cancel()
	}
}

// A gathering waits until its deadline and takes all answers. It implements sched.AsyncOp.
type gathering struct {
	binding  *binding
	answers  *answers
	deadline time.Time
	complete bool // all have answered
	then     func(L *lua.LState, found []answer) int
	slot     sched.WaitSlot
	source   poll.Source
}

// Start implements sched.AsyncOp.
func (g *gathering) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	if g.complete {
		return nil, time.Time{}
	}
	g.source.Owner = owner
	g.source.Attach(p)
	return &g.source, g.deadline
}

// Proceed implements sched.AsyncOp.
func (g *gathering) Proceed() (over bool, due time.Time) {
	g.source.ClearReady()
	if !time.Now().Before(g.deadline) {
		return true, time.Time{}
	}
	g.source.Arm()
	return false, g.deadline
}

// Continue implements sched.AsyncOp.
func (g *gathering) Continue(L *lua.LState, _ *sched.Task) int {
	g.binding.tasks.StopTimer(&g.slot)
	g.answers.close()
	var found []answer
	for m, ok, _ := g.answers.box.Take(); ok; m, ok, _ = g.answers.box.Take() {
		var a answer
		if json.Unmarshal([]byte(m.Data), &a) == nil {
			found = append(found, a)
		}
	}
	return g.then(L, found)
}

// errorField is the field of an answer's header that says why there is none.
const errorField = "silly-error"

package topic

import (
	"errors"
	"fmt"
	"time"

	"silly/internal/mailbox"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

// serveQueue is the queue of those that serve a topic: one of them gets a request.
const serveQueue = backplane.InternalPrefix + "serve"

// maxRequests is how many requests wait for a server that has not seen them; the oldest is dropped for the next one.
const maxRequests = 10_000

// errNoServer is what a request fails with that nobody serves.
var errNoServer = errors.New("nobody serves the topic")

// topicRequest implements topic.request(name, data, timeout [, opts]) -> msg | nil, err. It suspends until one of the servers
// has answered.
func (b *binding) topicRequest(L *lua.LState) int {
	name := checkTopic(L, 1)
	luahost.CheckNumber(L, 3)
	deadline := luahost.OptDeadline(L, 3)
	opts := luahost.OptFields(L, 4)
	opts.Only("header")
	m, err := b.checkMessage(L, name, opts)
	if err != nil {
		return luahost.PushError(L, err)
	}
	waiting, err := b.openInbox()
	if err != nil {
		return luahost.PushError(L, err)
	}
	m.Reply = waiting.topic
	if err := b.backplane.Publish(m); err != nil {
		waiting.close()
		if err == backplane.ErrNobody {
			err = errNoServer
		}
		return luahost.PushError(L, err)
	}
	r := &requesting{answers: waiting, tasks: b.tasks, deadline: deadline}
	return b.tasks.Await(L, "topic.request", &r.slot, r)
}

// requesting is a topic.request that waits. It implements sched.AsyncOp.
type requesting struct {
	mailbox.Receive[backplane.Message]
	answers  *answers
	tasks    *sched.Scheduler
	slot     sched.WaitSlot
	deadline time.Time
}

// Start implements sched.AsyncOp.
func (r *requesting) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return r.Begin(&r.answers.box, p, owner, r.deadline)
}

// Continue implements sched.AsyncOp.
func (r *requesting) Continue(L *lua.LState, _ *sched.Task) int {
	r.tasks.StopTimer(&r.slot)
	r.answers.close()
	m, err := r.Result()
	if m.Nobody {
		err = errNoServer
	}
	if why, failed := m.Header[errorField]; err == nil && failed {
		err = errors.New(why)
	}
	if err != nil {
		return luahost.PushError(L, err)
	}
	L.Push(messageTable(L, m))
	return 1
}

// server is what is behind a Lua server of a topic. It implements sched.Event: there are requests.
type server struct {
	mailbox.Receive[backplane.Message]
	binding *binding
	fn      *lua.LFunction
	cancel  func()
	closer  *luahost.Closer
	box     mailbox.Box[backplane.Message]
	slot    sched.WaitSlot
}

// topicServe implements topic.serve(name, f) -> server | nil, err. f(msg) runs in a task for each request; what it returns is
// the answer, or nil and why there is none.
func (b *binding) topicServe(L *lua.LState) int {
	name := checkTopic(L, 1)
	s := &server{binding: b, fn: luahost.CheckFunction(L, 2)}
	cancel, err := b.backplane.Subscribe(name, serveQueue, func(m backplane.Message) {
		if m.Reply != "" {
			s.box.Put(m, maxRequests)
		}
	})
	if err != nil {
		return luahost.PushError(L, err)
	}
	s.cancel = cancel
	s.closer = b.env.Track(!b.alone, s.end, s.end)
	s.closer.Describe(func() []string { return []string{"serves topic " + name} })
	b.watch(s)
	L.Push(b.servers.New(L, s))
	return 1
}

// watch has OnReady called for the next request.
func (b *binding) watch(s *server) {
	s.Receive = mailbox.Receive[backplane.Message]{}
	b.tasks.Watch(&s.slot, s)
}

// Start implements sched.Event.
func (s *server) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return s.Begin(&s.box, p, owner, time.Time{})
}

// OnReady implements sched.Event.
func (s *server) OnReady(L *lua.LState) {
	m, err := s.Result()
	for err == nil {
		s.serve(L, m)
		var ok bool
		if m, ok, err = s.box.Take(); !ok && err == nil {
			s.binding.watch(s)
			return
		}
	}
}

// serve starts a task that answers a request.
func (s *server) serve(L *lua.LState, m backplane.Message) {
	b := s.binding
	b.env.Answer(s.fn, messageTable(L, m), func(results []lua.LValue, err *luahost.Error) {
		a := backplane.Message{Topic: m.Reply, Origin: b.origin}
		if err != nil {
			b.env.ReportError(err)
			a.Header = map[string]string{errorField: failedAnswer}
		} else if wrong := answerWith(&a, results); wrong != "" {
			b.env.ReportError(&luahost.Error{Message: "topic.serve '" + m.Topic + "': " + wrong})
			a.Header = map[string]string{errorField: failedAnswer}
		}
		_ = b.backplane.Publish(a)
	})
}

// failedAnswer is what who asks gets when a server has failed.
const failedAnswer = "the server has failed"

// answerWith puts what a server has returned into an answer: data, or nil and why there is none. wrong says why it can be neither.
func answerWith(a *backplane.Message, results []lua.LValue) (wrong string) {
	results = append(results, lua.LNil, lua.LNil)
	switch data := results[0].(type) {
	case lua.LString:
		if a.Data = string(data); len(a.Data) > backplane.MaxData {
			a.Data = ""
			a.Header = map[string]string{errorField: fmt.Sprintf("the answer has more than %d bytes", backplane.MaxData)}
		}
		return ""
	case lua.LNumber:
		a.Data = data.String()
		return ""
	}
	if lua.LVAsBool(results[0]) {
		return "string expected as the answer, got " + results[0].Type().String()
	}
	why := "the server has no answer"
	switch text := results[1].(type) {
	case lua.LString:
		why = string(text[:min(len(text), 1000)])
	case *lua.LNilType:
	default:
		return "string expected as the error, got " + text.Type().String()
	}
	a.Header = map[string]string{errorField: why}
	return ""
}

// end ends the server: requests that have arrived are dropped.
func (s *server) end() {
	s.cancel()
	s.box.Close(errSubClosed)
}

// serverClose implements server:close().
func (b *binding) serverClose(L *lua.LState) int {
	s := b.servers.Check(L, 1)
	s.closer.Forget()
	s.end()
	return 0
}

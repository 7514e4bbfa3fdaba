package topic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"silly/internal/rooms"
	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

// topicJoin implements topic.join(name, sock [, opts]) -> true | false, err.
func (b *binding) topicJoin(L *lua.LState) int {
	name := checkTopic(L, 1)
	r, err := b.checkReceiver(L, 2)
	opts := luahost.OptFields(L, 3)
	opts.Only("type", "slow", "max_unsent", "id")
	options := readOptions(L, opts)
	if err != nil {
		return luahost.PushOK(L, err)
	}
	if err := b.answerQuestions(); err != nil {
		return luahost.PushOK(L, err)
	}
	options.Owner = L.Get(2)
	err = b.hub.Join(name, r, options, func() (func(), error) { return b.backplane.Subscribe(name, "", b.hub.Deliver) })
	return luahost.PushOK(L, err)
}

// readOptions reads the options of topic.join.
func readOptions(L *lua.LState, opts luahost.Fields) rooms.Options {
	options := rooms.Options{ID: opts.String("id", "")}
	switch how := opts.String("type", "text"); how {
	case "text":
	case "binary":
		options.Type = rooms.Binary
	case "json":
		options.Type = rooms.JSON
	default:
		luahost.ArgumentError(L, opts.Arg, fmt.Sprintf("field 'type': text, binary or json expected, got '%s'", how))
	}
	switch slow := opts.String("slow", "close"); slow {
	case "close":
	case "drop":
		options.Drops = true
	default:
		luahost.ArgumentError(L, opts.Arg, fmt.Sprintf("field 'slow': close or drop expected, got '%s'", slow))
	}
	unsent := opts.Integer("max_unsent", defaultMaxUnsent)
	if unsent < 1 || unsent > 1<<30 {
		luahost.ArgumentError(L, opts.Arg, "field 'max_unsent': number from 1 to 2^30 expected")
	}
	options.MaxUnsent = int(unsent)
	return options
}

// topicLeave implements topic.leave(name, sock) -> boolean: whether it was there.
func (b *binding) topicLeave(L *lua.LState) int {
	name := checkTopic(L, 1)
	r, _ := b.checkReceiver(L, 2)
	L.Push(lua.LBool(b.hub.Leave(name, r)))
	return 1
}

// topicCount implements topic.count(name [, timeout]) -> integer: how many connections of this host, or with a timeout of all
// hosts, are in the room of a topic. It suspends with a timeout.
func (b *binding) topicCount(L *lua.LState) int {
	name := checkTopic(L, 1)
	if L.Get(2) == lua.LNil {
		L.Push(lua.LNumber(b.hub.Count(name)))
		return 1
	}
	return b.ask(L, "topic.count", question{Topic: name}, func(L *lua.LState, found []answer) int {
		n := 0
		for _, a := range found {
			n += a.Count
		}
		L.Push(lua.LNumber(n))
		return 1
	})
}

// topicMembers implements topic.members(name [, timeout]) -> members: those of this host, or with a timeout of all hosts. It
// suspends with a timeout.
func (b *binding) topicMembers(L *lua.LState) int {
	name := checkTopic(L, 1)
	if L.Get(2) == lua.LNil {
		return b.pushMembers(L, name, nil)
	}
	return b.ask(L, "topic.members", question{Topic: name, Members: true}, func(L *lua.LState, found []answer) int {
		return b.pushMembers(L, name, found)
	})
}

// pushMembers pushes the members of a room: those of this host as they are now, and those of the answers of others.
func (b *binding) pushMembers(L *lua.LState, name string, found []answer) int {
	list := L.NewTable()
	for _, seat := range b.hub.Seats(name) {
		member := L.CreateTable(0, 3)
		member.RawSetString("id", lua.LString(seat.ID))
		member.RawSetString("origin", lua.LString(b.origin))
		member.RawSetString("sock", seat.Owner.(lua.LValue))
		list.Append(member)
	}
	slices.SortFunc(found, func(a, b answer) int { return strings.Compare(a.Origin, b.Origin) })
	for _, a := range found {
		if a.Origin == b.origin {
			continue
		}
		for _, id := range a.IDs {
			member := L.CreateTable(0, 2)
			member.RawSetString("id", lua.LString(id))
			member.RawSetString("origin", lua.LString(a.Origin))
			list.Append(member)
		}
	}
	L.Push(list)
	return 1
}

// A question is what a host asks all hosts, in JSON.
type question struct {
	Topic   string `json:"topic"`
	Members bool   `json:"members,omitempty"`
}

// An answer is that of one host.
type answer struct {
	Origin string   `json:"origin"`
	Count  int      `json:"count"`
	IDs    []string `json:"ids,omitempty"`
}

// maxIDs is how many members a host tells of at most, and maxAnswers how many answers are read.
const (
	maxIDs     = 10_000
	maxAnswers = 100_000
)

// memory is the kind of a backplane on which all answers are there when a question was published.
const memory = "memory"

// questions is the topic on which hosts ask.
const questions = backplane.InternalPrefix + "questions"

// answerQuestions has the questions of all hosts answered, from now on.
func (b *binding) answerQuestions() error {
	if b.answering {
		return nil
	}
	cancel, err := b.backplane.Subscribe(questions, "", b.answerQuestion)
	if err != nil {
		return err
	}
	b.answering = true
	b.env.Track(false, nil, cancel)
	return nil
}

// answerQuestion answers a question on whichever goroutine.
func (b *binding) answerQuestion(m backplane.Message) {
	var q question
	if json.Unmarshal([]byte(m.Data), &q) != nil {
		return
	}
	a := answer{Origin: b.origin, Count: b.hub.Count(q.Topic)}
	if q.Members {
		for _, seat := range b.hub.Seats(q.Topic) {
			if a.IDs = append(a.IDs, seat.ID); len(a.IDs) == maxIDs {
				break
			}
		}
	}
	data, err := json.Marshal(a)
	if err == nil {
		_ = b.backplane.Publish(backplane.Message{Topic: m.Reply, Data: string(data), Origin: b.origin})
	}
}

// ask asks all hosts and suspends until the timeout in argument 2 has passed, or all have answered if that is known.
func (b *binding) ask(L *lua.LState, waitsFor string, q question, then func(L *lua.LState, found []answer) int) int {
	deadline := luahost.OptDeadline(L, 2)
	if deadline.IsZero() {
		luahost.ArgumentError(L, 2, "timeout expected")
	}
	data, err := json.Marshal(q)
	if err == nil {
		err = b.answerQuestions()
	}
	var waiting *answers
	if err == nil {
		waiting, err = b.openInbox()
	}
	if err == nil {
		err = b.backplane.Publish(backplane.Message{Topic: questions, Data: string(data), Origin: b.origin, Reply: waiting.topic})
	}
	if err != nil && err != backplane.ErrNobody { // who answers is in no queue
		return luahost.PushError(L, err)
	}
	g := &gathering{binding: b, answers: waiting, deadline: deadline, then: then}
	g.complete = b.backplane.Status().Kind == memory
	return b.tasks.Await(L, waitsFor, &g.slot, g)
}

package topic

import (
	"encoding/json"

	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

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
	g.complete = b.backplane.Status().Complete
	return b.tasks.Await(L, waitsFor, &g.slot, g)
}

package natsplane

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

const (
	// maxBatch is how many messages wait for being stored at a time.
	maxBatch = 256
	// answerWithin is how long an attempt to store a batch may take.
	answerWithin = 2 * time.Second
	// attemptPause is the time between two attempts.
	attemptPause = 100 * time.Millisecond
)

// errUnsure is what who has published a message is told when nobody has said that it is stored.
var errUnsure = errors.New("nobody has answered that the message is kept; it may be")

// storing is a message on its way to its stream.
type storing struct {
	pattern *keptPattern
	msg     *nats.Msg
	memory  int // see size
	stored  func(error)
}

// Submit implements backplane.Store.
func (p *Plane) Submit(m backplane.Message, stored func(error)) (kept bool, err error) {
	k := p.keptFor(m.Topic)
	if k == nil || m.Reply != "" {
		return false, nil
	}
	msg := p.encode(m)
	payload, memory := size(msg)
	if why := p.cannotLeave(payload); why != nil {
		return true, p.publishHere(m, msg, memory, why)
	}
	id := rand.Text()
	msg.Subject, msg.Header[nats.MsgIdHdr] = keptPrefix+m.Topic, []string{id}
	if m.Except != nil {
		p.keeping.excepts.put(id, m.Except, time.Now())
	}
	_, memory = size(msg) // with these
	if !p.out.put(operation{store: &storing{k, msg, memory, stored}}, memory) {
		return true, errBehind
	}
	return true, nil
}

// store has the messages of a pattern stored, in their order.
func (p *Plane) store(queue *pipe[*storing]) {
	var answers *storeAnswers
	for {
		batch, ok := queue.takeAll(maxBatch)
		if !ok {
			return
		}
		if answers == nil {
			next := &storeAnswers{inbox: p.conn.NewInbox(), arrived: make(chan storeAnswer, maxBatch)}
			if _, err := p.conn.Subscribe(next.inbox+".*.*", next.take); err != nil {
				fail(batch, errors.New(reason(err)))
				continue
			}
			answers = next
		}
		p.storeBatch(batch, answers)
	}
}

// fail tells who has published messages that they are not kept.
func fail(batch []*storing, why error) {
	for _, s := range batch {
		s.stored(why)
	}
}

// storeBatch has messages stored, and tells who has published them. What was not is sent again, unless a later one was
// stored: messages are not kept in another order than that in which they were published.
func (p *Plane) storeBatch(batch []*storing, answers *storeAnswers) {
	deadline := time.Now().Add(keepWithin)
	for {
		results := p.attempt(batch, answers, min(answerWithin, time.Until(deadline)))
		last := -1
		for i, r := range results {
			if r.stored {
				last = i
			}
		}
		var rest []*storing
		for i, r := range results {
			switch {
			case r.stored:
				batch[i].stored(nil)
			case r.refused != nil:
				batch[i].stored(r.refused)
			case i < last:
				batch[i].stored(errUnsure)
			default:
				rest = append(rest, batch[i])
			}
		}
		if batch = rest; len(batch) == 0 {
			return
		}
		if s := p.Status(); !s.Connected || time.Until(deadline) < attemptPause {
			fail(batch, errUnsure)
			return
		}
		p.look()
		select {
		case <-p.closed:
			fail(batch, errUnsure)
			return
		case <-time.After(attemptPause):
		}
	}
}

// A storeResult is what became of a message: refused says why it is not stored for good.
type storeResult struct {
	stored  bool
	refused error
}

// attempt sends messages to their streams and waits for the answers.
func (p *Plane) attempt(batch []*storing, answers *storeAnswers, timeout time.Duration) []storeResult {
	answers.attempt++
	results := make([]storeResult, len(batch))
	open := 0
	for i, s := range batch {
		s.msg.Reply = fmt.Sprintf("%s.%d.%d", answers.inbox, answers.attempt, i)
		if err := p.conn.PublishMsg(s.msg); err != nil {
			break // nor could those after it
		}
		open++
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for ; open > 0; open-- {
		select {
		case a := <-answers.arrived:
			if a.attempt != answers.attempt || a.place < 0 || a.place >= len(batch) {
				open++
				continue
			}
			results[a.place] = a.storeResult
		case <-timer.C:
			return results
		case <-p.closed:
			return results
		}
	}
	return results
}

// storeAnswers are those of streams. One goroutine owns attempt.
type storeAnswers struct {
	inbox   string
	attempt int
	arrived chan storeAnswer
}

type storeAnswer struct {
	attempt, place int
	storeResult
}

// take takes an answer: see the NATS documentation, JetStream wire API, PubAck. One that nobody waits for is dropped.
func (a *storeAnswers) take(msg *nats.Msg) {
	attempt, place, _ := strings.Cut(strings.TrimPrefix(msg.Subject, a.inbox+"."), ".")
	answer := storeAnswer{place: -1}
	answer.attempt, _ = strconv.Atoi(attempt)
	if n, err := strconv.Atoi(place); err == nil {
		answer.place = n
	}
	answer.storeResult = storeResultOf(msg)
	select {
	case a.arrived <- answer:
	default:
	}
}

// storeResultOf reads the answer of a stream.
func storeResultOf(msg *nats.Msg) (r storeResult) {
	var ack struct {
		Stream string         `json:"stream"`
		Seq    uint64         `json:"seq"`
		Error  *nats.APIError `json:"error"`
	}
	switch err := json.Unmarshal(msg.Data, &ack); {
	case err != nil: // nobody is there now, which has no data
	case ack.Error != nil && ack.Error.Code != 503:
		r.refused = fmt.Errorf("the message is not kept: %s", ack.Error.Description)
	case ack.Error == nil && ack.Seq > 0 && strings.HasPrefix(ack.Stream, streamPrefix):
		r.stored = true
	}
	return r
}

package natsplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

const (
	// sinceBatch and sinceBatchBytes are how much is asked for at a time.
	sinceBatch      = 1000
	sinceBatchBytes = 4 << 20
	// maxSinceBytes is how many bytes Since returns at most: of the last messages, as if the others were not kept.
	maxSinceBytes = 16 << 20
	// maxNumber is the largest number of a message: what a float has exactly, as JSON and JavaScript want it.
	maxNumber = 1 << 53
)

// errBehindLeader says that a server does not have yet what the stream has.
var errBehindLeader = errors.New("the servers have not caught up with each other")

// Since implements backplane.Keeper. It returns everything that was stored before it was called.
func (p *Plane) Since(ctx context.Context, topic string, id uint64) ([]backplane.Message, error) {
	if err := backplane.CheckTopic(topic); err != nil {
		return nil, err
	}
	k := p.keptFor(topic)
	if k == nil {
		return nil, nil
	}
	if err := p.awayError(); err != nil {
		return nil, err
	}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	r := &reading{plane: p, stream: streamName(k.pattern), topic: topic}
	for {
		found, err := r.since(ctx, id)
		if err == nil {
			return found, nil
		}
		p.look()
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// settled waits until the connection has got what was subscribed to and published before: what comes later than what
// Since returns reaches those subscriptions.
func (p *Plane) settled(ctx context.Context) error {
	done := make(chan struct{})
	p.out.put(operation{done: done}, 0)
	select {
	case <-done:
		return nil
	case <-p.closed:
		return backplane.ErrClosed
	case <-ctx.Done():
		return errNoLeader
	}
}

// A reading gets messages of a topic from their stream.
type reading struct {
	plane  *Plane
	stream string
	topic  string
}

// since returns the messages with a number above id, up to the last one.
func (r *reading) since(ctx context.Context, id uint64) (found []backplane.Message, err error) {
	last, err := r.last(ctx)
	if err != nil || last <= id {
		return nil, err
	}
	bytes := 0
	for id < last {
		batch, err := r.batch(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, m := range batch {
			id = m.ID
			if m.Topic == "" {
				continue
			}
			bytes += len(m.Data)
			found = append(found, m)
			for bytes > maxSinceBytes || len(found) > backplane.MaxKept {
				bytes -= len(found[0].Data)
				found[0] = backplane.Message{}
				found = found[1:]
			}
		}
		if len(batch) == 0 {
			return nil, errBehindLeader // or the last one has gone meanwhile
		}
	}
	return found, nil
}

// last is the number of the last message, 0 if there is none. The leader of the stream answers, which has all.
func (r *reading) last(ctx context.Context) (uint64, error) {
	ask, err := json.Marshal(map[string]string{"last_by_subj": keptPrefix + r.topic})
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	msg, err := r.plane.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+r.stream, ask)
	if err != nil {
		return 0, errNoLeader
	}
	var answer struct {
		Error   *nats.APIError `json:"error"`
		Message struct {
			Seq uint64 `json:"seq"`
		} `json:"message"`
	}
	switch err := json.Unmarshal(msg.Data, &answer); {
	case err != nil:
		return 0, errBadMessage
	case answer.Error != nil && answer.Error.Code == 404:
		return 0, nil
	case answer.Error != nil:
		return 0, fmt.Errorf("NATS does not tell what is kept: %s", answer.Error.Description)
	case answer.Message.Seq > maxNumber:
		return 0, errBadMessage
	}
	return answer.Message.Seq, nil
}

// batch returns the next messages with a number above id; those that cannot be read have no Topic. See ADR-31 of NATS,
// Direct Get: any server with a copy of the stream answers, with one message if it is older than version 2.11.
func (r *reading) batch(ctx context.Context, id uint64) (found []backplane.Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn := r.plane.conn
	ask, err := json.Marshal(map[string]any{
		"seq": id + 1, "next_by_subj": keptPrefix + r.topic, "batch": sinceBatch, "max_bytes": sinceBatchBytes,
	})
	if err != nil {
		return nil, err
	}
	inbox := conn.NewInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := conn.PublishRequest("$JS.API.DIRECT.GET."+r.stream, inbox, ask); err != nil {
		return nil, errors.New(reason(err))
	}
	for len(found) < sinceBatch {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, errNoLeader
		}
		switch msg.Header.Get("Status") {
		case "":
		case "204", "404": // the end of the batch; there is none
			return found, nil
		default:
			return nil, errNoLeader
		}
		m, _, err := decodeKept(msg)
		if m.ID <= id || err == nil && m.Topic != r.topic {
			return nil, errBadMessage
		}
		if err != nil {
			r.plane.log.add(slog.LevelWarn, "NATS: "+err.Error())
			m.Topic = ""
		}
		id = m.ID
		found = append(found, m)
		if msg.Header.Get("Nats-Num-Pending") == "" {
			return found, nil
		}
	}
	return found, nil
}

// decodeKept reads a message as a stream returns it. Its ID is read in any case.
func decodeKept(msg *nats.Msg) (m backplane.Message, node string, err error) {
	topic := strings.TrimPrefix(lastValue(msg.Header, "Nats-Subject"), keptPrefix)
	id := keptNumber(msg.Header, topic)
	m, node, err = decodeAs(msg, topic, id)
	m.ID, m.Reply = id, ""
	return m, node, err
}

// keptNumber returns the number that a stream of silly has given to a message of a topic, 0 if there is none.
func keptNumber(header nats.Header, topic string) uint64 {
	ours := strings.HasPrefix(lastValue(header, "Nats-Stream"), streamPrefix)
	if !ours || lastValue(header, "Nats-Subject") != keptPrefix+topic {
		return 0
	}
	id, err := strconv.ParseUint(lastValue(header, "Nats-Sequence"), 10, 64)
	if err != nil || id > maxNumber {
		return 0
	}
	return id
}

// lastValue is the last value of a field: servers add theirs at the end.
func lastValue(header nats.Header, name string) string {
	values := header[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

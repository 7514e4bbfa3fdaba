package natsplane

import (
	"fmt"
	"log/slog"
	"strings"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

// An operation is what the connection has to do next. All go through one queue: what a host subscribes to before it
// publishes is subscribed to before that is published.
type operation struct {
	message *nats.Msg
	local   bool // message is only for this process
	group   *group
	leave   bool          // one subscription of group less, not more
	store   *storing      // a message that is kept
	done    chan struct{} // is closed
}

// Publish implements backplane.Backplane: it returns an error if the message cannot leave the process now. What becomes of
// one that is kept only Submit tells.
func (p *Plane) Publish(m backplane.Message) error {
	if kept, err := p.Submit(m, func(error) {}); kept {
		return err
	}
	msg := p.encode(m)
	payload, memory := size(msg)
	if why := p.cannotLeave(payload); why != nil {
		return p.publishHere(m, msg, memory, why)
	}
	if err := p.plain.Publish(m); err == backplane.ErrClosed {
		return err
	}
	if !p.out.put(operation{message: msg}, memory) {
		return errBehind
	}
	return nil
}

// publishHere publishes a message that cannot leave the process, and returns why it cannot, nil if it will be answered.
func (p *Plane) publishHere(m backplane.Message, msg *nats.Msg, memory int, why error) error {
	if err := p.plain.Publish(m); err == backplane.ErrClosed {
		return err
	}
	if !p.queues.Serves(m.Topic) {
		return why
	}
	if !p.out.put(operation{message: msg, local: true}, memory) {
		return errBehind
	}
	if m.Reply != "" {
		return nil
	}
	return why
}

// cannotLeave says why a message with a payload of so many bytes cannot leave the process, nil if it can.
func (p *Plane) cannotLeave(payload int) error {
	if err := p.awayError(); err != nil {
		return err
	}
	if int64(payload) > p.maxPayload.Load() {
		return fmt.Errorf("the message has %d bytes with its header, the NATS server takes %d", payload, p.maxPayload.Load())
	}
	return nil
}

// send does what the connection has to do, one after the other. It may wait for the network.
func (p *Plane) send() {
	defer close(p.sent)
	for {
		o, ok := p.out.take()
		switch {
		case !ok:
			return
		case o.group != nil && o.leave:
			p.unsubscribe(o.group)
		case o.group != nil:
			p.subscribe(o.group)
		case o.done != nil:
			close(o.done)
		case o.store != nil:
			if !o.store.pattern.storing.put(o.store, o.store.memory) {
				o.store.stored(errBehind)
			}
		case o.local || !p.transmit(o.message):
			p.share(o.message)
		}
	}
}

// transmit gives a message to the connection and reports whether that took it.
func (p *Plane) transmit(msg *nats.Msg) bool {
	err := p.conn.PublishMsg(msg)
	if err != nil && p.Status().Connected {
		p.log.add(slog.LevelWarn, "NATS: a message was not sent: "+reason(err))
	}
	return err == nil
}

// share has a member of each queue of this process get a message, after what has come from NATS before.
func (p *Plane) share(msg *nats.Msg) {
	if !p.queues.Serves(msg.Subject) {
		return
	}
	select {
	case p.arriving <- msg:
	case <-p.closed:
	}
}

// count moves what has arrived to where its bytes are counted.
func (p *Plane) count() {
	defer p.in.close()
	batch := make([]sized[*nats.Msg], 0, countedAtOnce)
	for {
		select {
		case msg := <-p.arriving:
			batch = append(batch, sized[*nats.Msg]{msg, msg.Size() + 100})
		case <-p.closed:
			return
		}
		for len(p.arriving) > 0 && len(batch) < cap(batch) {
			msg := <-p.arriving
			batch = append(batch, sized[*nats.Msg]{msg, msg.Size() + 100})
		}
		if !p.in.putAll(batch) {
			p.log.add(slog.LevelWarn, tooFast)
		}
		clear(batch)
		batch = batch[:0]
	}
}

// deliver hands over what has arrived, in its order.
func (p *Plane) deliver() {
	for {
		msg, ok := p.in.take()
		if !ok {
			return
		}
		m, node, err := decode(msg)
		switch {
		case strings.HasPrefix(m.Topic, "$"): // of the server; what scripts subscribe to does not begin so
		case strings.HasPrefix(m.Topic, keptPrefix): // it comes again with a number
		case err != nil:
			p.log.add(slog.LevelWarn, "NATS: "+err.Error())
		case msg.Sub == nil:
			_ = p.queues.Publish(m)
		case msg.Sub.Queue == "" && node == p.node && m.ID == 0: // it was delivered when it was published
		default:
			if m.ID > 0 && node == p.node {
				m.Except = p.keeping.excepts.get(msg.Header.Get(nats.MsgIdHdr))
			}
			p.hand(groupKey{msg.Sub.Subject, msg.Sub.Queue}, m)
		}
	}
}

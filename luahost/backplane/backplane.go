// Package backplane carries messages between the hosts of a program: within a process, and over whatever an embedding program
// or the command puts between processes. Topics have the names of NATS subjects: tokens with dots between them.
package backplane

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a message may have: MaxData bytes of data, which is what NATS takes by default, and a header of MaxHeader fields and
// MaxHeaderBytes bytes.
const (
	MaxData        = 1 << 20
	MaxHeader      = 64
	MaxHeaderBytes = 16 << 10
)

// A Message is what was published. Nobody changes it afterwards.
type Message struct {
	Topic  string
	Data   string
	Header map[string]string
	// Origin says which host has published it.
	Origin string
	// Reply is the topic on which who has sent it waits for answers; "" is none.
	Reply string
	// Except is a connection of the publishing host that does not get it, nil for none. It does not leave the process.
	Except any
	// ID is the number of a message of a topic that is kept (see Keeper), 0 of any other. Those of one topic grow.
	ID uint64
	// Nobody says that this is no answer: nobody answers the message that had its topic as Reply.
	Nobody bool
}

// A Backplane carries messages. Any goroutine may call its methods, also with a VM lock held: they do not wait for long.
type Backplane interface {
	// Publish returns ErrNobody if it is known that nobody gets the message; of one with a Reply, that no queue has a member for
	// it. It returns other errors if it reaches nobody beyond this process. It hands a message to all subscriptions of its topic,
	// and for each queue to one of those that have its name. Each subscription gets the messages of one origin in the order in
	// which they were published.
	Publish(m Message) error
	// Subscribe has f called for each message whose topic matches a pattern, on any goroutine, and on several at a time for
	// messages of different origins; f does not wait. cancel ends that; a call of f may be under way when it returns.
	Subscribe(pattern, queue string, f func(Message)) (cancel func(), err error)
	// Status says how it stands.
	Status() Status
	// Close ends all subscriptions.
	Close() error
}

// ErrNobody says that a message had no subscriber.
var ErrNobody = errors.New("nobody has subscribed to the topic")

// A Status says how a backplane stands.
type Status struct {
	Kind string // "memory", "nats"
	// Complete says that all subscriptions of all hosts have got a message when Publish returns.
	Complete  bool
	Connected bool     // messages reach the other processes, if there can be any
	Servers   []string // where it is connected to
	Err       string   // why it is not, or ""
}

// What a Limit may be at most, and MaxKeptPatterns is how many patterns are kept.
const (
	MaxKept         = 10_000
	MaxKeptAge      = 365 * 24 * time.Hour
	MaxKeptPatterns = 100
)

// A Limit is how much of a topic is kept; 0 is the most.
type Limit struct {
	Count int           // messages, at most MaxKept
	Age   time.Duration // at most MaxKeptAge
}

// ErrTooManyPatterns is what Keep returns for more than MaxKeptPatterns.
var ErrTooManyPatterns = fmt.Errorf("more than %d patterns are kept", MaxKeptPatterns)

// Check says what is wrong with a limit.
func (l Limit) Check() error {
	if l.Count < 0 || l.Count > MaxKept || l.Age < 0 || l.Age > MaxKeptAge {
		return fmt.Errorf("at most %d messages are kept, and for %d days", MaxKept, MaxKeptAge/(24*time.Hour))
	}
	return nil
}

// A Keeper is a Backplane that keeps the last messages of topics.
type Keeper interface {
	// Keep keeps the last messages of each topic that matches a pattern, from now on, except those with a Reply. Keeping the
	// same pattern again changes its limit. A pattern that overlaps with another one is an error: see ErrOverlap.
	Keep(ctx context.Context, pattern string, limit Limit) error
	// Since returns the messages of a topic that were kept with an ID above id, in their order.
	Since(ctx context.Context, topic string, id uint64) ([]Message, error)
}

// A Store is a Keeper that keeps messages elsewhere, so that it takes time until it is known whether one is kept. Publish
// does not wait for that.
type Store interface {
	Keeper
	// Submit is Publish for messages that are kept: it calls stored, once and on any goroutine, when the message is kept, or with
	// why it is not known to be. It does nothing, and kept is false, if the topic is not kept; with an error it does not call
	// stored. Messages of one origin are kept in the order in which they were submitted.
	Submit(m Message, stored func(error)) (kept bool, err error)
}

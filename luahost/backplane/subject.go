package backplane

import (
	"fmt"
	"strings"
)

// maxName is how long a name or a pattern may be, in bytes.
const maxName = 1024

// Topics that begin with these are those of hosts among themselves: InboxPrefix for answers, as NATS has it, and
// InternalPrefix for everything else.
const (
	InboxPrefix    = "_INBOX."
	InternalPrefix = "_silly."
)

// Internal reports whether a topic is one of hosts among themselves: no script publishes to it or gets its messages.
func Internal(topic string) bool {
	return strings.HasPrefix(topic, InternalPrefix) || strings.HasPrefix(topic, InboxPrefix)
}

// CheckTopic says what is wrong with the name of a topic: it consists of tokens with dots between them, which have no
// spaces, control characters, '*' and '>'. See the NATS documentation, Subject-Based Messaging.
func CheckTopic(name string) error { return check(name, false) }

// CheckPattern says what is wrong with a pattern: in it the token '*' stands for any one token, and '>', as the last one, for
// one or more.
func CheckPattern(pattern string) error { return check(pattern, true) }

// Matches reports whether a topic matches a pattern. Both are valid.
func Matches(pattern, topic string) bool {
	for {
		p, patternRest, patternMore := strings.Cut(pattern, ".")
		t, topicRest, topicMore := strings.Cut(topic, ".")
		switch {
		case p == ">":
			return true
		case p != "*" && p != t, patternMore != topicMore:
			return false
		case !patternMore:
			return true
		}
		pattern, topic = patternRest, topicRest
	}
}

// overlap reports whether there are topics that match both patterns, which are valid.
func overlap(a, b string) bool {
	for {
		first, aRest, aMore := strings.Cut(a, ".")
		second, bRest, bMore := strings.Cut(b, ".")
		switch {
		case first == ">" || second == ">":
			return true
		case first != second && first != "*" && second != "*", aMore != bMore:
			return false
		case !aMore:
			return true
		}
		a, b = aRest, bRest
	}
}

// ErrOverlap returns what is wrong with keeping a pattern beside others, nil if nothing is: a topic has one limit, and its
// messages are numbered in one place.
func ErrOverlap(pattern string, others []string) error {
	for _, other := range others {
		if other != pattern && overlap(pattern, other) {
			return fmt.Errorf("the pattern %q overlaps with %q, which is kept already", pattern, other)
		}
	}
	return nil
}

func check(name string, pattern bool) error {
	switch {
	case name == "":
		return fmt.Errorf("the name of a topic is empty")
	case len(name) > maxName:
		return fmt.Errorf("the name of a topic has %d bytes, more than %d", len(name), maxName)
	}
	for rest, more := name, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if err := checkToken(name, token, more, pattern); err != nil {
			return err
		}
	}
	return nil
}

// checkToken checks one token of a name. more says that it is not the last one.
func checkToken(name, token string, more, pattern bool) error {
	switch {
	case token == "":
		return fmt.Errorf("bad topic %q: a token is empty", name)
	case pattern && token == "*":
		return nil
	case pattern && token == ">" && more:
		return fmt.Errorf("bad topic %q: '>' is not the last token", name)
	case pattern && token == ">":
		return nil
	}
	for i := range len(token) {
		switch c := token[i]; {
		case c <= ' ' || c == 0x7f:
			return fmt.Errorf("bad topic %q: a token has a space or a control character", name)
		case c == '*' || c == '>':
			if pattern {
				return fmt.Errorf("bad topic %q: '%c' is not a token of its own", name, c)
			}
			return fmt.Errorf("bad topic %q: '%c' is for patterns", name, c)
		}
	}
	return nil
}

package backplane

import "strings"

// A tree finds what is stored under the patterns that match a topic. Its zero value is empty.
type tree[T comparable] struct{ root node[T] }

// A node is what patterns that begin with the same tokens share.
type node[T comparable] struct {
	next   map[string]*node[T] // by the next token, '*' too
	values []T                 // of the pattern that ends here
	tails  []T                 // of the pattern that goes on with '>'
}

// insert stores a value under a pattern.
func (t *tree[T]) insert(pattern string, v T) {
	n := &t.root
	for rest, more := pattern, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ".")
		if token == ">" {
			n.tails = append(n.tails, v)
			return
		}
		if n.next == nil {
			n.next = make(map[string]*node[T])
		}
		child := n.next[token]
		if child == nil {
			child = new(node[T])
			n.next[token] = child
		}
		n = child
	}
	n.values = append(n.values, v)
}

// remove removes a value from under a pattern, and nodes that nothing needs any more.
func (t *tree[T]) remove(pattern string, v T) { t.root.remove(pattern, true, v) }

func (n *node[T]) remove(pattern string, more bool, v T) {
	if !more {
		n.values = without(n.values, v)
		return
	}
	token, rest, more := strings.Cut(pattern, ".")
	if token == ">" {
		n.tails = without(n.tails, v)
		return
	}
	child := n.next[token]
	if child == nil {
		return
	}
	child.remove(rest, more, v)
	if len(child.next)+len(child.values)+len(child.tails) == 0 {
		delete(n.next, token)
	}
}

// without returns values without the first v, in memory of its own: what match has returned stays.
func without[T comparable](values []T, v T) []T {
	for i := range values {
		if values[i] == v {
			return append(values[:i:i], values[i+1:]...)
		}
	}
	return values
}

// match appends what is stored under the patterns that match a topic.
func (t *tree[T]) match(topic string, found []T) []T { return t.root.match(topic, found) }

func (n *node[T]) match(topic string, found []T) []T {
	found = append(found, n.tails...)
	token, rest, more := strings.Cut(topic, ".")
	for _, key := range [...]string{token, "*"} {
		child := n.next[key]
		switch {
		case child == nil:
		case more:
			found = child.match(rest, found)
		default:
			found = append(found, child.values...)
		}
	}
	return found
}

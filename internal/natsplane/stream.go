package natsplane

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

const (
	// minAge is the shortest age in a stream: a message that is sent again within keepWithin must be known there.
	minAge = 2 * keepWithin
	// maxReplicas is on how many servers messages are kept.
	maxReplicas = 3
	// maxMemoryBytes and maxFileBytes are how many bytes are kept for a pattern, in memory and on disk.
	maxMemoryBytes = 256 << 20
	maxFileBytes   = 1 << 30
)

// makeStream makes the stream of a pattern, or changes it to what it should be. again says that an error may pass.
func (p *Plane) makeStream(ctx context.Context, k *keptPattern) (again bool, err error) {
	select {
	case p.keeping.turn <- struct{}{}:
		defer func() { <-p.keeping.turn }()
	case <-ctx.Done():
		return true, errNoLeader
	}
	if err := p.awayError(); err != nil {
		return true, err
	}
	want, err := p.streamConfig(k)
	if err != nil {
		return true, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin) // who should answer may not have been elected yet
	defer cancel()
	is, err := p.ensureStream(ctx, want)
	if err != nil {
		return streamError(err)
	}
	late, more, err := p.isReady(k, is.Replicas)
	switch {
	case err != nil:
		return false, err
	case late:
		p.log.add(slog.LevelInfo, "NATS: the messages of "+k.pattern+" are kept")
	}
	if more {
		p.log.add(slog.LevelInfo, fmt.Sprintf("NATS: the messages of %s have %d replicas", k.pattern, is.Replicas))
	}
	return false, nil
}

// streamConfig is how the stream of a pattern should be.
func (p *Plane) streamConfig(k *keptPattern) (c nats.StreamConfig, err error) {
	p.mu.Lock()
	limit := k.limit
	p.mu.Unlock()
	c = nats.StreamConfig{
		Name: streamName(k.pattern), Description: "silly: topic.keep " + k.pattern, Subjects: []string{keptPrefix + k.pattern},
		RePublish: &nats.RePublish{Source: keptPrefix + k.pattern, Destination: republished(k.pattern)},
		Storage:   p.keeping.storage, Replicas: maxReplicas, AllowDirect: true, Discard: nats.DiscardOld,
		MaxMsgsPerSubject: backplane.MaxKept, MaxBytes: maxFileBytes, Duplicates: minAge,
		FirstSeq: uint64(time.Now().UnixMicro()), // larger than the numbers of a stream that was there before
	}
	if c.Storage == nats.MemoryStorage {
		c.MaxBytes = maxMemoryBytes
	}
	if limit.Count > 0 {
		c.MaxMsgsPerSubject = int64(limit.Count)
	}
	if limit.Age > 0 {
		c.MaxAge = max(limit.Age, minAge)
	}
	if p.keeping.replicas != nil {
		c.Replicas, err = p.keeping.replicas()
	}
	return c, err
}

// streamName is the name of the stream of a pattern.
func streamName(pattern string) string {
	sum := sha256.Sum256([]byte(pattern))
	return streamPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// republished is where the messages of a pattern are published again: on the same tokens without the prefix.
func republished(pattern string) string {
	tokens := strings.Split(pattern, ".")
	n := 0
	for i, token := range tokens {
		if token == "*" {
			n++
			tokens[i] = fmt.Sprintf("{{wildcard(%d)}}", n)
		}
	}
	return strings.Join(tokens, ".")
}

// ensureStream makes a stream, or changes the one that is there to what it should be, and returns how it is now. It never
// takes replicas away.
func (p *Plane) ensureStream(ctx context.Context, want nats.StreamConfig) (is nats.StreamConfig, err error) {
	js, err := p.conn.JetStream()
	if err != nil {
		return is, err
	}
	s, err := js.StreamInfo(want.Name, nats.Context(ctx))
	if errors.Is(err, nats.ErrStreamNotFound) {
		s, err = js.AddStream(&want, nats.Context(ctx))
		refused := new(nats.APIError)
		if p.keeping.replicas == nil && errors.As(err, &refused) && refused.ErrorCode != subjectsOverlap {
			want.Replicas = 1 // one server, or too few of them
			s, err = js.AddStream(&want, nats.Context(ctx))
		}
	}
	if err != nil {
		return is, err
	}
	is = s.Config
	if !slices.Equal(is.Subjects, want.Subjects) || is.RePublish == nil || *is.RePublish != *want.RePublish {
		return is, errForeign
	}
	next := is
	next.MaxMsgsPerSubject, next.MaxAge, next.Duplicates = want.MaxMsgsPerSubject, want.MaxAge, want.Duplicates
	if p.keeping.replicas != nil {
		next.Replicas = max(is.Replicas, want.Replicas)
	}
	if next.MaxMsgsPerSubject == is.MaxMsgsPerSubject && next.MaxAge == is.MaxAge && next.Duplicates == is.Duplicates &&
		next.Replicas == is.Replicas {
		return is, nil
	}
	if s, err = js.UpdateStream(&next, nats.Context(ctx)); err != nil {
		return is, err
	}
	return s.Config, nil
}

// Codes of errors of the JetStream API.
const (
	noPeers         = 10005 // a server that is needed is not ready
	noResources     = 10023
	nameInUse       = 10058 // another process has just made the stream
	subjectsOverlap = 10065
)

// streamError says in plain words why there is no stream, and whether that may pass.
func streamError(err error) (again bool, why error) {
	var refused *nats.APIError
	switch {
	case errors.Is(err, nats.ErrJetStreamNotEnabled), errors.Is(err, nats.ErrJetStreamNotEnabledForAccount),
		errors.Is(err, nats.ErrNoResponders):
		return true, errNoStreams
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, nats.ErrTimeout):
		return true, errNoLeader
	case errors.As(err, &refused) && refused.ErrorCode == subjectsOverlap:
		return false, errors.New("the pattern overlaps with another one, which is kept already")
	case errors.As(err, &refused):
		again = refused.Code >= 500 || slices.Contains([]nats.ErrorCode{noPeers, noResources, nameInUse}, refused.ErrorCode)
		return again, fmt.Errorf("NATS does not keep messages: %s", refused.Description)
	case err == errForeign:
		return false, err
	}
	return true, fmt.Errorf("NATS does not keep messages: %s", reason(err))
}

package natsplane

import (
	"encoding/base64"
	"errors"
	"strings"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

// Header fields that silly adds to messages. Names that begin with "silly-" in whichever case are for it.
const (
	originField = "Silly-Origin" // which host has published it
	nodeField   = "Silly-Node"   // in which process
	otherFields = "Silly-Header" // fields that NATS cannot carry: name=value in unpadded base64url, commas between them
)

// maxOrigin is how long an origin may be; a longer one, of a publisher that is not silly, does not count.
const maxOrigin = 64

// maxOtherFields is how long otherFields may be: base64 takes four bytes for three, and '=' and ',' for each field.
const maxOtherFields = backplane.MaxHeaderBytes/3*4 + 8*backplane.MaxHeader

// encoding is that of otherFields.
var encoding = base64.RawURLEncoding

var errBadMessage = errors.New("a message was dropped that is too large, or has a header that silly cannot read")

// encode makes the NATS message of a message, as ADR-4 of NATS says about headers.
func (p *Plane) encode(m backplane.Message) *nats.Msg {
	msg := &nats.Msg{Subject: m.Topic, Reply: m.Reply, Data: []byte(m.Data), Header: nats.Header{nodeField: {p.node}}}
	if m.Origin != "" {
		msg.Header[originField] = []string{m.Origin}
	}
	var others []string
	for name, text := range m.Header {
		if isPlainName(name) && isPlainText(text) {
			msg.Header[name] = []string{text}
			continue
		}
		others = append(others, encoding.EncodeToString([]byte(name))+"="+encoding.EncodeToString([]byte(text)))
	}
	if len(others) > 0 {
		msg.Header[otherFields] = []string{strings.Join(others, ",")}
	}
	return msg
}

// isPlainName reports whether a field may have a name in NATS, and that means nothing to silly or to a server.
func isPlainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	lower := strings.ToLower(name)
	return name != "" && lower != "status" && lower != "description" &&
		!strings.HasPrefix(lower, "silly-") && !strings.HasPrefix(lower, "nats-")
}

// isPlainText reports whether a field may have a value in NATS as it is.
func isPlainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return strings.TrimSpace(text) == text
}

// size is about how many bytes a NATS message takes: of the payload, as the server counts it, and in memory.
func size(msg *nats.Msg) (payload, memory int) {
	payload = len(msg.Data) + len("NATS/1.0\r\n\r\n")
	for name, values := range msg.Header {
		for _, text := range values {
			payload += len(name) + len(text) + len(": \r\n")
		}
	}
	return payload, payload + len(msg.Subject) + len(msg.Reply) + 100
}

// decode reads a NATS message. node is the process that has published it, "" if that was not silly.
func decode(msg *nats.Msg) (m backplane.Message, node string, err error) {
	return decodeAs(msg, msg.Subject, keptNumber(msg.Header, msg.Subject))
}

// decodeAs is decode of a message of a topic with the number that a stream has given to it, 0 for none.
func decodeAs(msg *nats.Msg, topic string, id uint64) (m backplane.Message, node string, err error) {
	m = backplane.Message{Topic: topic, Data: string(msg.Data), ID: id}
	if len(msg.Data) > backplane.MaxData || backplane.CheckTopic(topic) != nil {
		return m, "", errBadMessage
	}
	if canAnswer(msg.Reply) {
		m.Reply = msg.Reply
	}
	if strings.HasPrefix(m.Topic, backplane.InboxPrefix) && len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
		return backplane.Message{Topic: m.Topic, Nobody: true}, "", nil
	}
	count, bytes := 0, 0
	for name, values := range msg.Header {
		if name == "" || len(values) == 0 {
			continue
		}
		switch name {
		case originField:
			if origin := values[0]; len(origin) <= maxOrigin && isPlainText(origin) {
				m.Origin = origin
			}
			continue
		case nodeField:
			node = values[0]
			continue
		}
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "silly-") || id > 0 && strings.HasPrefix(lower, "nats-") {
			continue
		}
		if m.Header == nil {
			m.Header = make(map[string]string)
		}
		m.Header[name] = strings.Join(values, ", ")
		count++
		bytes += len(name) + len(m.Header[name])
	}
	if others := msg.Header.Get(otherFields); others != "" {
		more, ok := decodeOthers(others)
		if !ok {
			return m, "", errBadMessage
		}
		if m.Header == nil {
			m.Header = more
		}
		for name, text := range more {
			m.Header[name] = text
			count++
			bytes += len(name) + len(text)
		}
	}
	if count > backplane.MaxHeader || bytes > backplane.MaxHeaderBytes {
		return m, "", errBadMessage
	}
	return m, node, nil
}

// decodeOthers reads otherFields.
func decodeOthers(others string) (header map[string]string, ok bool) {
	if len(others) > maxOtherFields || strings.Count(others, ",") >= backplane.MaxHeader {
		return nil, false
	}
	header = make(map[string]string)
	for field := range strings.SplitSeq(others, ",") {
		name, text, _ := strings.Cut(field, "=")
		plainName, err := encoding.DecodeString(name)
		plainText, err2 := encoding.DecodeString(text)
		if err != nil || err2 != nil || len(plainName) == 0 {
			return nil, false
		}
		header[string(plainName)] = string(plainText)
	}
	return header, true
}

// canAnswer reports whether an answer may go to a topic that somebody has sent: not to what commands a server or hosts.
func canAnswer(reply string) bool {
	return backplane.CheckTopic(reply) == nil && !strings.HasPrefix(reply, "$") && !strings.HasPrefix(reply, backplane.InternalPrefix)
}

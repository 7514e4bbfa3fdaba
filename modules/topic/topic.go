// Package topic is the Lua module silly.topic: messages to all who want those of a topic, in whichever host they are.
package topic

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"silly/internal/rooms"
	"silly/internal/sched"
	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

// Module is silly.topic.
var Module = luahost.Module{Name: "silly.topic", Open: open}

// defaultMaxUnsent is how many bytes of a connection in a room may be unsent.
const defaultMaxUnsent = 4 << 20

// binding is the module's state in one host.
type binding struct {
	env       *luahost.Env
	tasks     *sched.Scheduler
	backplane backplane.Backplane
	alone     bool // no other host is on the backplane
	origin    string
	hub       *rooms.Hub
	subs      *luahost.Class[*subscription]
	servers   *luahost.Class[*server]
	inbox     inbox
	answering bool // questions of other hosts are answered
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, tasks: sched.Of(env), origin: rand.Text()[:16]}
	b.backplane, b.alone = env.Backplane()
	b.hub = rooms.New(env.Background)
	b.inbox.waiting = make(map[string]*answers)
	env.Track(false, nil, b.close)
	b.subs = luahost.NewClass[*subscription](env, L, "topic subscription", map[string]lua.LGFunction{
		"read":  b.subRead,
		"close": b.subClose,
	})
	b.subs.Closing("close")
	b.subs.Calling("read")
	b.subs.Lazy(env, L, subField)
	b.servers = luahost.NewClass[*server](env, L, "topic server", map[string]lua.LGFunction{"close": b.serverClose})
	b.servers.Closing("close")
	module := L.NewTable()
	env.Install(L, module, "topic", map[string]lua.LGFunction{
		"publish":   b.topicPublish,
		"subscribe": b.topicSubscribe,
		"join":      b.topicJoin,
		"leave":     b.topicLeave,
		"count":     b.topicCount,
		"members":   b.topicMembers,
		"request":   b.topicRequest,
		"serve":     b.topicServe,
		"keep":      b.topicKeep,
		"since":     b.topicSince,
		"status":    b.topicStatus,
		"check":     b.topicCheck,
	})
	return module
}

// close ends what the host has subscribed to.
func (b *binding) close() {
	b.hub.Close()
	b.inbox.close()
}

// reserved reports whether a topic is not for scripts.
func reserved(name string) bool {
	return backplane.Internal(name) || strings.HasPrefix(name, "$")
}

// checkName says what is wrong with a topic, or a pattern.
func checkName(name string, check func(string) error) error {
	if err := check(name); err != nil {
		return err
	}
	if reserved(name) {
		return fmt.Errorf("bad topic %q: names that begin with '$', '_silly.' and '_INBOX.' are not for scripts", name)
	}
	return nil
}

// checkTopic reads a topic from argument n.
func checkTopic(L *lua.LState, n int) string {
	name := luahost.CheckString(L, n)
	if err := checkName(name, backplane.CheckTopic); err != nil {
		luahost.ArgumentError(L, n, err.Error())
	}
	return name
}

// checkPattern reads a pattern from argument n.
func checkPattern(L *lua.LState, n int) string {
	pattern := luahost.CheckString(L, n)
	if err := checkName(pattern, backplane.CheckPattern); err != nil {
		luahost.ArgumentError(L, n, err.Error())
	}
	return pattern
}

// topicCheck implements topic.check(name) -> true | false, err.
func (b *binding) topicCheck(L *lua.LState) int {
	return luahost.PushOK(L, checkName(luahost.CheckString(L, 1), backplane.CheckTopic))
}

// checkMessage reads topic, data and header of a message, without what argument 3 may say beyond that.
func (b *binding) checkMessage(L *lua.LState, topic string, opts luahost.Fields) (m backplane.Message, err error) {
	m = backplane.Message{Topic: topic, Data: luahost.CheckString(L, 2), Origin: b.origin}
	if m.Header, err = readHeader(L, opts); err != nil {
		return m, err
	}
	if len(m.Data) > backplane.MaxData {
		err = fmt.Errorf("a message has at most %d bytes, this one has %d", backplane.MaxData, len(m.Data))
	}
	return m, err
}

// topicPublish implements topic.publish(name, data [, opts]) -> true | false, err. It suspends if the topic is kept elsewhere.
func (b *binding) topicPublish(L *lua.LState) int {
	name := checkTopic(L, 1)
	opts := luahost.OptFields(L, 3)
	opts.Only("header", "except")
	m, err := b.checkMessage(L, name, opts)
	if except := opts.Get("except"); except != lua.LNil {
		r, _ := b.receiver(except)
		if r == nil {
			opts.Wrong("except", "websocket socket or http stream")
		}
		m.Except = r
	}
	if err == nil {
		err = b.publish(L, m)
	}
	return luahost.PushOK(L, err)
}

// publish publishes a message. It suspends while one of a topic that is kept elsewhere is stored there.
func (b *binding) publish(L *lua.LState, m backplane.Message) error {
	if store, ok := b.backplane.(backplane.Store); ok {
		stored := make(chan error, 1)
		kept, err := store.Submit(m, func(err error) { stored <- err })
		if kept && err == nil {
			b.env.Block(L, "topic.publish", func(ctx context.Context) {
				select {
				case err = <-stored:
				case <-ctx.Done():
					err = ctx.Err()
				}
			})
		}
		if kept {
			return err
		}
	}
	if err := b.backplane.Publish(m); err != backplane.ErrNobody {
		return err
	}
	return nil
}

// topicStatus implements topic.status() -> table.
func (b *binding) topicStatus(L *lua.LState) int {
	s := b.backplane.Status()
	t := L.NewTable()
	t.RawSetString("kind", lua.LString(s.Kind))
	t.RawSetString("connected", lua.LBool(s.Connected))
	t.RawSetString("origin", lua.LString(b.origin))
	t.RawSetString("dropped", lua.LNumber(b.hub.Dropped()))
	servers := L.NewTable()
	for i, server := range s.Servers {
		servers.RawSetInt(i+1, lua.LString(server))
	}
	t.RawSetString("servers", servers)
	if s.Err != "" {
		t.RawSetString("err", lua.LString(s.Err))
	}
	L.Push(t)
	return 1
}

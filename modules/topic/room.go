package topic

import (
	"fmt"
	"slices"
	"strings"

	"silly/internal/rooms"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// topicJoin implements topic.join(name, sock [, opts]) -> true | false, err.
func (b *binding) topicJoin(L *lua.LState) int {
	name := checkTopic(L, 1)
	r, err := b.checkReceiver(L, 2)
	opts := luahost.OptFields(L, 3)
	opts.Only("type", "slow", "max_unsent", "id")
	options := readOptions(L, opts)
	if err != nil {
		return luahost.PushOK(L, err)
	}
	if err := b.answerQuestions(); err != nil {
		return luahost.PushOK(L, err)
	}
	options.Owner = L.Get(2)
	err = b.hub.Join(name, r, options, func() (func(), error) { return b.backplane.Subscribe(name, "", b.hub.Deliver) })
	return luahost.PushOK(L, err)
}

// readOptions reads the options of topic.join.
func readOptions(L *lua.LState, opts luahost.Fields) rooms.Options {
	options := rooms.Options{ID: opts.String("id", "")}
	switch how := opts.String("type", "text"); how {
	case "text":
	case "binary":
		options.Type = rooms.Binary
	case "json":
		options.Type = rooms.JSON
	default:
		luahost.ArgumentError(L, opts.Arg, fmt.Sprintf("field 'type': text, binary or json expected, got '%s'", how))
	}
	switch slow := opts.String("slow", "close"); slow {
	case "close":
	case "drop":
		options.Drops = true
	default:
		luahost.ArgumentError(L, opts.Arg, fmt.Sprintf("field 'slow': close or drop expected, got '%s'", slow))
	}
	unsent := opts.Integer("max_unsent", defaultMaxUnsent)
	if unsent < 1 || unsent > 1<<30 {
		luahost.ArgumentError(L, opts.Arg, "field 'max_unsent': number from 1 to 2^30 expected")
	}
	options.MaxUnsent = int(unsent)
	return options
}

// topicLeave implements topic.leave(name, sock) -> boolean: whether it was there.
func (b *binding) topicLeave(L *lua.LState) int {
	name := checkTopic(L, 1)
	r, _ := b.checkReceiver(L, 2)
	L.Push(lua.LBool(b.hub.Leave(name, r)))
	return 1
}

// topicCount implements topic.count(name [, timeout]) -> integer: how many connections of this host, or with a timeout of all
// hosts, are in the room of a topic. It suspends with a timeout.
func (b *binding) topicCount(L *lua.LState) int {
	name := checkTopic(L, 1)
	if L.Get(2) == lua.LNil {
		L.Push(lua.LNumber(b.hub.Count(name)))
		return 1
	}
	return b.ask(L, "topic.count", question{Topic: name}, func(L *lua.LState, found []answer) int {
		n := 0
		for _, a := range found {
			n += a.Count
		}
		L.Push(lua.LNumber(n))
		return 1
	})
}

// topicMembers implements topic.members(name [, timeout]) -> members: those of this host, or with a timeout of all hosts. It
// suspends with a timeout.
func (b *binding) topicMembers(L *lua.LState) int {
	name := checkTopic(L, 1)
	if L.Get(2) == lua.LNil {
		return b.pushMembers(L, name, nil)
	}
	return b.ask(L, "topic.members", question{Topic: name, Members: true}, func(L *lua.LState, found []answer) int {
		return b.pushMembers(L, name, found)
	})
}

// pushMembers pushes the members of a room: those of this host as they are now, and those of the answers of others.
func (b *binding) pushMembers(L *lua.LState, name string, found []answer) int {
	list := L.NewTable()
	for _, seat := range b.hub.Seats(name) {
		member := L.CreateTable(0, 3)
		member.RawSetString("id", lua.LString(seat.ID))
		member.RawSetString("origin", lua.LString(b.origin))
		member.RawSetString("sock", seat.Owner.(lua.LValue))
		list.Append(member)
	}
	slices.SortFunc(found, func(a, b answer) int { return strings.Compare(a.Origin, b.Origin) })
	for _, a := range found {
		if a.Origin == b.origin {
			continue
		}
		for _, id := range a.IDs {
			member := L.CreateTable(0, 2)
			member.RawSetString("id", lua.LString(id))
			member.RawSetString("origin", lua.LString(a.Origin))
			list.Append(member)
		}
	}
	L.Push(list)
	return 1
}

package topic

import (
	"context"
	"errors"
	"fmt"

	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

var errNotKept = errors.New("this backplane keeps no messages")

// topicKeep implements topic.keep(pattern, {count, age}) -> true | false, err. It suspends.
func (b *binding) topicKeep(L *lua.LState) int {
	pattern := checkPattern(L, 1)
	opts := luahost.CheckFields(L, 2)
	opts.Only("count", "age")
	count := opts.Integer("count", 0)
	limit := backplane.Limit{Count: int(count), Age: opts.Milliseconds("age", 0)}
	switch {
	case !opts.Has("count") && !opts.Has("age"):
		luahost.ArgumentError(L, 2, "count or age expected")
	case opts.Has("count") && (count < 1 || count > backplane.MaxKept):
		luahost.ArgumentError(L, 2, fmt.Sprintf("field 'count': number from 1 to %d expected", backplane.MaxKept))
	case opts.Has("age") && (limit.Age <= 0 || limit.Age > backplane.MaxKeptAge):
		luahost.ArgumentError(L, 2, "field 'age': time above 0, and of 365 days at most, expected")
	}
	keeper, ok := b.backplane.(backplane.Keeper)
	if !ok {
		return luahost.PushOK(L, errNotKept)
	}
	var err error
	b.env.Block(L, "topic.keep", func(ctx context.Context) { err = keeper.Keep(ctx, pattern, limit) })
	return luahost.PushOK(L, err)
}

// topicSince implements topic.since(name [, id]) -> messages | nil, err. It suspends.
func (b *binding) topicSince(L *lua.LState) int {
	name := checkTopic(L, 1)
	id := luahost.OptInteger(L, 2, 0)
	if id < 0 {
		luahost.ArgumentError(L, 2, "number of a message expected")
	}
	keeper, ok := b.backplane.(backplane.Keeper)
	if !ok {
		return luahost.PushError(L, errNotKept)
	}
	var found []backplane.Message
	var err error
	b.env.Block(L, "topic.since", func(ctx context.Context) { found, err = keeper.Since(ctx, name, uint64(id)) })
	if err != nil {
		return luahost.PushError(L, err)
	}
	list := L.CreateTable(len(found), 0)
	for _, m := range found {
		list.Append(messageTable(L, m))
	}
	L.Push(list)
	return 1
}

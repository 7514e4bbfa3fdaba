// Package modules lists the Lua modules that silly ships with.
package modules

import (
	"silly/luahost"
	"silly/modules/addr"
	"silly/modules/base64"
	"silly/modules/buffer"
	"silly/modules/channel"
	"silly/modules/cipher"
	"silly/modules/env"
	"silly/modules/errno"
	"silly/modules/fs"
	"silly/modules/hash"
	"silly/modules/hive"
	"silly/modules/hmac"
	"silly/modules/http"
	"silly/modules/io"
	"silly/modules/json"
	"silly/modules/jwt"
	"silly/modules/list"
	"silly/modules/logger"
	"silly/modules/mutex"
	"silly/modules/os"
	"silly/modules/patch"
	"silly/modules/perf"
	"silly/modules/pkey"
	"silly/modules/process"
	"silly/modules/queue"
	"silly/modules/signal"
	"silly/modules/silly"
	"silly/modules/singleflight"
	"silly/modules/task"
	"silly/modules/time"
	"silly/modules/toml"
	"silly/modules/trace"
	"silly/modules/utils"
	"silly/modules/uuid"
	"silly/modules/waitgroup"
	"silly/modules/websocket"
	"silly/modules/yaml"
)

// Standard returns the modules of the silly command, for luahost.Options.
func Standard() []luahost.Module {
	return []luahost.Module{
		addr.Module,
		base64.Module,
		buffer.Module,
		channel.Module,
		errno.Module,
		cipher.Module,
		env.Module,
		fs.Module,
		hash.Module,
		hive.Module,
		hmac.Module,
		http.Module,
		io.Module,
		json.Module,
		jwt.Module,
		list.Module,
		logger.Module,
		mutex.Module,
		os.Module,
		patch.Module,
		perf.Module,
		pkey.Module,
		process.Module,
		queue.Module,
		signal.Module,
		silly.Module,
		singleflight.Module,
		task.Module,
		time.Module,
		trace.Module,
		utils.Module,
		toml.Module,
		uuid.Module,
		waitgroup.Module,
		websocket.Module,
		yaml.Module,
	}
}

package types

import (
	"strings"

	"silly/cmd/silly/internal/api"
)

// headers are header fields for LuaLS.
const headers = "table<string, string|number|(string|number)[]>"

// typeOf is the type of what the headings of docs/ call by a word, as a parameter or result of a function (its name
// without the module). where is the module, or the class of the method. ok is false for words that nobody has
// explained here.
func typeOf(where, function, word string, isResult bool) (name string, ok bool) {
	if name := special(function + " " + word); name != "" {
		return name, true
	}
	if strings.HasPrefix(word, "{") {
		return "table", true
	}
	if class := classOf(where, word, isResult); class != "" {
		return class, true
	}
	switch word {
	case "string", "data", "text", "err", "reason", "message", "url", "key", "algorithm", "addr", "address", "bind",
		"body", "bytes", "code", "content", "delim", "delimiter", "digest", "file", "from", "hash", "help", "host", "iv",
		"line", "mac", "method", "name", "partial", "password", "path", "pattern", "pem", "plain", "signature", "tag", "to",
		"token", "type",
		`"removed"`, "version":
		return "string", true
	case "integer", "backlog", "bytes in", "bytes out", "count", "fanout", "fd", "flush", "format", "id", "level",
		"limit", "max", "min", "n", "node", "padding", "port", "position", "qtype", "session", "size", "status", "trace":
		return "integer", true
	case "number", "ms", "timeout", "tolerance":
		return "number", true
	case "boolean", "true", "false", "enabled", "close", "ended", "passed":
		return "boolean", true
	case "table", "cache", "cases", "collector", "conf", "event", "list", "list of metrics", "members", "messages", "msg",
		"new tree", "old tree", "opts", "paths", "payload", "response", "result", "tree", "values":
		return "table", true
	case "header", "trailer":
		return headers, true
	case "argv", "alpnprotos", "labelnames":
		return "string[]", true
	case "buckets":
		return "number[]", true
	case "f", "function":
		return "function", true
	case "iterator":
		return "fun(): any", true
	case "thread":
		return "thread", true
	case "ptr":
		return "userdata", true
	case "...", "got", "module", "other", "want", "new", "old", "results", "results...", "ud", "v", "value", "x":
		return "any", true
	case "sock", "socket":
		return "silly.net.websocket.Socket", true
	case "stream":
		return "silly.net.http.Stream", true
	}
	return "any", false
}

// special is the type of what has another one in one function than in most.
func special(use string) string {
	switch use {
	case "lock key", "call key":
		return "any"
	case "encode key", "decode key": // of jwt
		return "string|silly.crypto.pkey.Key"
	case "join sock", "leave sock":
		return "silly.net.websocket.Socket|silly.net.http.Stream"
	case "error pattern", "error err": // of tests
		return "any"
	case "close code":
		return "integer"
	case "request close":
		return "boolean|table"
	case "append data", "tcpsend data", "udpsend data":
		return "string|userdata"
	case "join port":
		return "integer|string"
	case "kill signal":
		return "string"
	case "deflate stream":
		return "fun(data: string?, flush: string?): string, boolean, integer, integer"
	case "test f", "it f", "skip f", "realtime f", "run f":
		return "fun(t: silly.test.Test)"
	case "each f":
		return "fun(t: silly.test.Test, case: any)"
	case "read size": // of buffer
		return "integer"
	case "debugf format", "infof format", "warnf format", "errorf format":
		return "string"
	}
	return ""
}

// classOf is the class of the objects that a page calls by a word, "" if it has none. Of parameters only few are
// objects.
func classOf(where, word string, isResult bool) string {
	if !isResult && word != "buffer" && word != "worker" {
		return ""
	}
	class := api.Called(where, word)
	if where == "silly.metrics.prometheus" && class != "" && class != "silly.metrics.Registry" {
		class += "|silly.metrics.Metric" // with labels
	}
	return class
}

package api

import "strings"

// A Class is a kind of objects.
type Class struct {
	ID    string // such as "silly.net.websocket.Socket"
	Host  string // what messages of the host call it
	Part  string // the heading of the first level under which it does; "" for all of the page
	Owner string // what stands before the colon in headings
}

// Classes are those that the host has.
func Classes() []Class {
	return []Class{
		{ID: "silly.adt.buffer.Buffer", Host: "buffer", Owner: "buffer"},
		{ID: "silly.adt.list.List", Host: "list", Owner: "list"},
		{ID: "silly.adt.queue.Queue", Host: "queue", Owner: "queue"},
		{ID: "silly.crypto.cipher.Cipher", Host: "cipher", Owner: "cipher"},
		{ID: "silly.crypto.hash.Hash", Host: "hash", Owner: "hash"},
		{ID: "silly.crypto.pkey.Key", Host: "pkey", Owner: "key"},
		{ID: "silly.fs.Watcher", Host: "fs watcher", Owner: "watcher"},
		{ID: "silly.hive.Worker", Host: "hive worker", Owner: "worker"},
		{ID: "silly.metrics.Counter", Host: "counter", Owner: "counter"},
		{ID: "silly.metrics.Gauge", Host: "gauge", Owner: "gauge"},
		{ID: "silly.metrics.Histogram", Host: "histogram", Owner: "histogram"},
		{ID: "silly.metrics.Metric", Host: "counter with labels", Owner: "metric"},
		{ID: "silly.metrics.Registry", Host: "registry", Owner: "registry"},
		{ID: "silly.net.http.Client", Host: "http client", Owner: "client"},
		{ID: "silly.net.http.ClientStream", Host: "http client stream", Owner: "stream", Part: "Client"},
		{ID: "silly.net.http.Connection", Host: "connection", Owner: "conn"},
		{ID: "silly.net.http.Server", Host: "http server", Owner: "server"},
		{ID: "silly.net.http.Stream", Host: "http stream", Owner: "stream", Part: "Server"},
		{ID: "silly.net.tcp.Conn", Host: "tcp connection", Owner: "conn"},
		{ID: "silly.net.tcp.Listener", Host: "tcp listener", Owner: "listener"},
		{ID: "silly.net.tls.Conn", Host: "tls connection", Owner: "conn"},
		{ID: "silly.net.tls.Listener", Host: "tls listener", Owner: "listener"},
		{ID: "silly.net.udp.Conn", Host: "udp socket", Owner: "conn"},
		{ID: "silly.net.websocket.Socket", Host: "websocket socket", Owner: "sock"},
		{ID: "silly.patch.Patch", Host: "patch", Owner: "patch"},
		{ID: "silly.process.Process", Host: "process", Owner: "process"},
		{ID: "silly.sync.channel.Channel", Host: "channel", Owner: "ch"},
		{ID: "silly.sync.mutex.Lock", Host: "mutex lock", Owner: "lock"},
		{ID: "silly.sync.mutex.Mutex", Host: "mutex", Owner: "mutex"},
		{ID: "silly.sync.singleflight.Group", Host: "singleflight", Owner: "group"},
		{ID: "silly.sync.waitgroup.Waitgroup", Host: "waitgroup", Owner: "wg"},
		{ID: "silly.test.Test", Host: "t", Owner: "t"},
		{ID: "silly.topic.Server", Host: "topic server", Owner: "server"},
		{ID: "silly.topic.Subscription", Host: "topic subscription", Owner: "sub"},
	}
}

// Returned is the class of the first result of a function or method with such a signature, "" if it is no object.
// where is the module, or the class of the method.
func Returned(where, signature string) string {
	_, results, ok := strings.Cut(signature, "-> ")
	if !ok || strings.Contains(signature, "; ") {
		return ""
	}
	word, _, _ := strings.Cut(results, ",")
	word, _, _ = strings.Cut(word, "|")
	class := Called(where, strings.TrimSpace(word))
	if where == "silly.metrics.prometheus" && class != "silly.metrics.Registry" {
		return "" // with labels it is a silly.metrics.Metric
	}
	return class
}

// Called is the class of the objects that the page about a module, or a class, calls by a word; "" if it has none.
func Called(where, word string) string {
	found := ""
	for _, c := range Classes() {
		page := c.Page()
		if where != page && !strings.HasPrefix(where, page+".") {
			continue
		}
		if last := c.ID[len(page)+1:]; strings.EqualFold(last, word) || c.Owner == word {
			found = c.ID
			if c.Part == "Client" {
				break // what http.request makes, and not what a handler gets
			}
		}
	}
	return found
}

// Page is the page about a class.
func (c Class) Page() string { return c.ID[:strings.LastIndexByte(c.ID, '.')] }

// describedBy reports whether a heading of a page, below one of the first level, is about methods of the class, by
// what stands before the colon.
func (c Class) describedBy(page, part, owner string) bool {
	if c.Page() != page {
		return c.Page() == "silly.net.tls" && page == "silly.net.tcp" && owner == c.Owner // has all that TCP has
	}
	return owner == c.Owner && (c.Part == "" || c.Part == part) || owner == "metric" && page == "silly.metrics"
}

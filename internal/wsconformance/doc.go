// Package wsconformance has no code of its own. Its tests hold the Lua module silly.net.websocket against
// RFC 6455 and RFC 7692 rule by rule: scripts on real sockets, in the role of the server and of the client,
// with and without TLS, talk to a peer that is a frame builder and a strict frame parser of this package
// and shares no code with package ws.
package wsconformance

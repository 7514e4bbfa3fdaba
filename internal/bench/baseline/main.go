//go:build linux

// Command baseline is the servers of internal/bench/scripts in plain Go with net, net/http and gorilla/websocket,
// each with the handler that everybody writes.
//
//	baseline [-profile prefix] echo | broadcast | http | tcp [certificate key]
//	baseline cluster address [other]
//
// It prints its address, with a port that was free.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/gorilla/websocket"

	"silly/internal/bench/profile"
)

func main() {
	log.SetOutput(io.Discard) // net/http tells of peers that break the protocol
	prefix := flag.String("profile", "", "write profiles to files with this `prefix`")
	flag.Parse()
	if *prefix != "" {
		profile.OnSignal(*prefix)
	}
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 1 && args[0] == "cluster" {
		return serveCluster(args[1], args[2:])
	}
	handlers := map[string]http.HandlerFunc{
		"echo":      echo,
		"broadcast": newHub().serve,
		"http":      hello,
	}
	if len(args) != 1 && len(args) != 3 || handlers[args[0]] == nil && args[0] != "tcp" {
		return fmt.Errorf("usage: baseline echo | broadcast | http | tcp [certificate key]")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	if args[0] == "tcp" {
		return serveLines(l)
	}
	if len(args) == 3 {
		return http.ServeTLS(l, handlers[args[0]], args[1], args[2])
	}
	return http.Serve(l, handlers[args[0]])
}

var upgrader websocket.Upgrader

func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the client has got its answer
	}
	defer conn.Close()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, data); err != nil {
			return
		}
	}
}

// serveLines echoes lines.
func serveLines(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			r := bufio.NewReader(conn)
			for {
				line, err := r.ReadBytes('\n')
				if err != nil {
					return
				}
				if _, err := conn.Write(line); err != nil {
					return
				}
			}
		}()
	}
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "Hello, world!\n")
}

// A hub sends what any client says to all of them. One goroutine has all clients and writes to them.
type hub struct {
	join, leave chan *websocket.Conn
	lines       chan []byte
}

func newHub() *hub {
	h := &hub{
		join:  make(chan *websocket.Conn),
		leave: make(chan *websocket.Conn),
		lines: make(chan []byte, 256),
	}
	go h.run()
	return h
}

func (h *hub) run() {
	clients := make(map[*websocket.Conn]bool)
	for {
		select {
		case conn := <-h.join:
			clients[conn] = true
			conn.WriteMessage(websocket.TextMessage, []byte("welcome"))
		case conn := <-h.leave:
			delete(clients, conn)
		case line := <-h.lines:
			message, err := websocket.NewPreparedMessage(websocket.TextMessage, line)
			if err != nil {
				continue
			}
			for conn := range clients {
				conn.WritePreparedMessage(message) // a failure ends the read loop of that client
			}
		}
	}
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	h.attend(w, r, func(line []byte) { h.lines <- line })
}

// attend serves a client; said gets what the client says.
func (h *hub) attend(w http.ResponseWriter, r *http.Request, said func(line []byte)) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	h.join <- conn
	defer func() { h.leave <- conn }()
	for {
		_, line, err := conn.ReadMessage()
		if err != nil {
			return
		}
		said(line)
	}
}

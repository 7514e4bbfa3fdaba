package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/testcert"
	"silly/internal/testprocess"

	"github.com/gorilla/websocket"
)

// page is the documentation that silly has to run as it stands.
const page = "../../../shared/docs/silly.net.websocket.md"

// blocks returns the code of the page's blocks marked "lua validate".
func blocks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if os.IsNotExist(err) {
		t.Skipf("the page is not there: %s", page)
	}
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, rest := range strings.Split(string(text), "```lua validate\n")[1:] {
		code, _, ok := strings.Cut(rest, "```")
		if !ok {
			t.Fatal("a block of the page has no end")
		}
		found = append(found, code)
	}
	if len(found) != 6 {
		t.Fatalf("the page has %d blocks, want 6", len(found))
	}
	return found
}

// The blocks of the page, in its order.
const (
	importBlock = iota
	serverBlock
	clientBlock
	readBlock
	broadcastBlock
	wssBlock
)

// awaitPort waits until something listens on address.
func awaitPort(t *testing.T, p *testprocess.Process, address string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
		time.Sleep(5 * time.Millisecond) // polls; a block that prints nothing gives no event
	}
	t.Fatalf("nothing listens on %s:\n%s", address, p.Output())
}

// port returns a port of the page, or, when another program of this machine has it, a free one that
// takes its place in code.
func port(t *testing.T, want string, code ...*string) string {
	t.Helper()
	l, err := net.Listen("tcp", ":"+want)
	if err == nil {
		l.Close()
		return want
	}
	l, err = net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	free := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	t.Logf("port %s is taken: using %s instead", want, free)
	for _, c := range code {
		*c = strings.ReplaceAll(*c, ":"+want, ":"+free)
	}
	return free
}

// TestPage runs the blocks of the page, unchanged, in processes of their own, on real sockets. They
// share two ports, so they run one after the other.
func TestPage(t *testing.T) {
	all := blocks(t)
	for name, test := range map[string]func(t *testing.T, all []string){
		"import":                               pageImport,
		"client without server":                pageClientAlone,
		"echo server and client":               pageEcho,
		"read loop":                            pageReadLoop,
		"broadcast":                            pageBroadcast,
		"wss with the placeholder certificate": pageWSSPlaceholder,
		"wss":                                  pageWSS,
	} {
		t.Run(name, func(t *testing.T) { test(t, all) })
	}
}

func pageImport(t *testing.T, all []string) {
	p := start(t, all[importBlock])
	if got := p.Status(); got != 0 || p.Output() != "" {
		t.Errorf("status %d, output %q, want 0 and nothing", got, p.Output())
	}
}

func pageClientAlone(t *testing.T, all []string) {
	code := all[clientBlock]
	at := port(t, "8080", &code)
	p := start(t, code)
	if got := p.Status(); got != 0 || p.Output() != "Connect failed:\tconnect 127.0.0.1:"+at+": connection refused\n" {
		t.Errorf("status %d, output %q", got, p.Output())
	}
}

func pageEcho(t *testing.T, all []string) {
	serverCode, clientCode := all[serverBlock], all[clientBlock]
	at := port(t, "8080", &serverCode, &clientCode)
	server := start(t, serverCode)
	server.Await("WebSocket server listening on :8080\n")
	for range 3 {
		client := start(t, clientCode)
		if got := client.Status(); got != 0 || client.Output() != "Connected to WebSocket server\nReceived:\tEcho: Hello, Server!\n" {
			t.Errorf("client: status %d, output %q", got, client.Output())
		}
	}
	if status, body := get(t, "http://127.0.0.1:"+at+"/"); status != 200 || body != "Not a WebSocket request" {
		t.Errorf("plain HTTP: %d %q", status, body)
	}
	// A second server on the port: listen returns nil and an error, which the block ignores.
	second := start(t, serverCode)
	if got := second.Status(); got != 0 {
		t.Errorf("second server: status %d, output %q", got, second.Output())
	}
	// A handshake that is not one: upgrade returns an error and the client gets a status.
	request, _ := http.NewRequest("GET", "http://127.0.0.1:"+at+"/", nil)
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "WebSocket")
	request.Header.Set("Sec-WebSocket-Version", "8")
	request.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 426 || response.Header.Get("Sec-WebSocket-Version") != "13" {
		t.Errorf("bad handshake: %s %v", response.Status, response.Header)
	}
	server.Await("Upgrade failed:\t")
	server.Stop()
}

func pageReadLoop(t *testing.T, all []string) {
	code := all[readBlock]
	at := port(t, "8080", &code)
	pong := make(chan string, 1)
	peer := gorillaServer(t, "127.0.0.1:"+at, func(c *websocket.Conn) {
		c.SetPongHandler(func(payload string) error { pong <- payload; return nil })
		_ = c.WriteMessage(websocket.TextMessage, []byte("first"))
		_ = c.WriteControl(websocket.PingMessage, []byte("payload"), time.Now().Add(patience))
		_ = c.WriteMessage(websocket.BinaryMessage, []byte("not shown"))
		_ = c.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", 200_000)))
		_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"), time.Now().Add(patience))
		_, _, err := c.ReadMessage()
		if !websocket.IsCloseError(err, 1000) {
			t.Errorf("the client answered the close with %v, want code 1000", err)
		}
	})
	defer peer()
	client := start(t, code)
	if got := client.Status(); got != 0 || client.Output() != "Text:\tfirst\nText:\t"+strings.Repeat("x", 200_000)+"\n" {
		t.Errorf("client: status %d, output %.100q", got, client.Output())
	}
	select {
	case got := <-pong:
		if got != "payload" {
			t.Errorf("pong with %q, want the ping's payload", got)
		}
	case <-time.After(patience):
		t.Error("no pong")
	}
	if len(pong) > 0 {
		t.Error("a second pong")
	}
}

func pageBroadcast(t *testing.T, all []string) {
	code := all[broadcastBlock]
	at := port(t, "8080", &code)
	server := start(t, code)
	awaitPort(t, server, "127.0.0.1:"+at)
	var clients []*websocket.Conn
	for range 5 {
		c, response, err := websocket.DefaultDialer.Dial("ws://127.0.0.1:"+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		defer c.Close()
		clients = append(clients, c)
	}
	for i, sender := range clients {
		message := fmt.Sprintf("message %d", i)
		if err := sender.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
			t.Fatal(err)
		}
		for j, c := range clients {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			kind, data, err := c.ReadMessage()
			if err != nil || kind != websocket.TextMessage || string(data) != message {
				t.Fatalf("client %d got %d %q %v, want %q", j, kind, data, err, message)
			}
		}
	}
	if status, body := get(t, "http://127.0.0.1:"+at+"/"); status != 404 || body != "" {
		t.Errorf("plain HTTP: %d %q", status, body)
	}
	for _, c := range clients { // so that no handler waits for an answer to its close frame
		c.Close()
	}
	server.Stop()
}

func pageWSSPlaceholder(t *testing.T, all []string) {
	p := start(t, all[wssBlock])
	if got := p.Status(); got != 0 || p.Output() != "" {
		t.Errorf("status %d, output %q, want 0 and nothing", got, p.Output())
	}
}

func pageWSS(t *testing.T, all []string) {
	certificate, key := testcert.New(t)
	code := strings.NewReplacer(
		`"-----BEGIN CERTIFICATE-----\n..."`, "[["+certificate+"]]",
		`"-----BEGIN PRIVATE KEY-----\n..."`, "[["+key+"]]",
	).Replace(all[wssBlock])
	at := port(t, "8443", &code)
	server := start(t, code)
	awaitPort(t, server, "127.0.0.1:"+at)
	client := start(t, `
		local websocket = require "silly.net.websocket"
		local url, ca = ...
		print(websocket.connect(url))
		local sock = assert(websocket.connect(url, nil, {tls = {ca = ca}}))
		print(sock:read())
		print(select(2, sock:read()))
	`, "wss://127.0.0.1:"+at, certificate)
	want := "nil\ttls handshake with 127.0.0.1:" + at + ": certificate of the server is not trusted: signed by unknown authority\n" +
		"Secure connection established\ttext\nclose\n"
	if got := client.Status(); got != 0 || client.Output() != want {
		t.Errorf("client: status %d, output %q, want %q", got, client.Output(), want)
	}
	server.Stop()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// gorillaServer serves one kind of WebSocket connection with another implementation. The returned
// function closes it.
func gorillaServer(t *testing.T, address string, serve func(*websocket.Conn)) func() {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	upgrader := websocket.Upgrader{}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer c.Close()
		serve(c)
	})}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(l) })
	return func() {
		_ = server.Close()
		wg.Wait()
	}
}

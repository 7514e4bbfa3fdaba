package main

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"silly/internal/testprocess"

	"github.com/gorilla/websocket"
)

// startScript runs a script of the folder scripts in a process of its own.
func startScript(t *testing.T, name string, args ...string) *testprocess.Process {
	t.Helper()
	return startCommand(t, append([]string{filepath.Join("..", "..", "scripts", name)}, args...)...)
}

var printedAddress = regexp.MustCompile(`://(127\.0\.0\.1:\d+)\n`)

// startServer runs a server script on a free port and returns the address that it prints.
func startServer(t *testing.T, name string, args ...string) (server *testprocess.Process, address string) {
	t.Helper()
	server = startScript(t, name, append([]string{"127.0.0.1:0"}, args...)...)
	server.Await("\n")
	found := printedAddress.FindStringSubmatch(server.Output())
	if found == nil {
		t.Fatalf("%s printed no address:\n%s", name, server.Output())
	}
	return server, found[1]
}

// TestScripts runs every script of the folder scripts as a user does: servers on free ports, clients
// against them.
func TestScripts(t *testing.T) {
	t.Parallel()

	t.Run("echo", scriptEcho)

	t.Run("address in use", func(t *testing.T) {
		t.Parallel()
		server, address := startServer(t, "echo_server.lua")
		for _, name := range []string{"chat_server", "echo_server", "http_server", "room_server", "wss_server"} {
			startScript(t, name+".lua", address).
				Expect(1, name+": listen "+address+": address already in use\n")
		}
		server.Stop()
	})

	t.Run("wss", func(t *testing.T) {
		t.Parallel()
		server, address := startServer(t, "wss_server.lua")
		startScript(t, "wss_client.lua", "wss://"+address).Expect(0,
			"without the certificate: certificate of the server is not trusted: signed by unknown authority\n"+
				"Secure connection established\n"+
				"Echo: Hello over TLS\n")
		server.Stop()
		if got, want := server.Output(), "Secure echo server on wss://"+address+"\n"; got != want {
			t.Errorf("the server printed %q, want %q", got, want)
		}
	})

	t.Run("http", scriptHTTP)

	t.Run("producer and consumer", func(t *testing.T) {
		t.Parallel()
		startScript(t, "producer_consumer.lua").
			Expect(0, "apple 1\npear 1\napple 2\npear 2\napple 3\n5 items, then: sold out\n")
	})

	t.Run("chat", func(t *testing.T) {
		t.Parallel()
		testChat(t)
	})
	t.Run("chat with compression", func(t *testing.T) {
		t.Parallel()
		testChat(t, "compression")
	})
	t.Run("chat with a wrong option", func(t *testing.T) {
		t.Parallel()
		startScript(t, "chat_server.lua", "127.0.0.1:0", "compress").
			Expect(2, "Usage: silly scripts/chat_server.lua [address] [compression]\n")
	})

	// What other scripts require can be run as well, and does nothing.
	for _, name := range []string{"chat_page.lua", "test_certificate.lua"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			startScript(t, name).Expect(0, "")
		})
	}
}

func scriptEcho(t *testing.T) {
	t.Parallel()
	server, address := startServer(t, "echo_server.lua")
	startScript(t, "echo_client.lua", "ws://"+address).Expect(0, "Echo: Hello, Server!\n")
	startScript(t, "echo_client.lua", "ws://"+address, "one", "two words", "Grüße").
		Expect(0, "Echo: one\nEcho: two words\nEcho: Grüße\n")
	if status, body := get(t, "http://"+address+"/"); status != 200 || body != "This is a WebSocket echo server.\n" {
		t.Errorf("plain HTTP: %d %q", status, body)
	}
	server.Stop()
	if got, want := server.Output(), "Echo server on ws://"+address+"\n"; got != want {
		t.Errorf("the server printed %q, want %q", got, want)
	}
	startScript(t, "echo_client.lua", "ws://"+address).
		Expect(1, "echo_client: connect "+address+": connection refused\n")
}

func scriptHTTP(t *testing.T) {
	t.Parallel()
	server, address := startServer(t, "http_server.lua")
	client := startScript(t, "http_client.lua", "http://"+address)
	client.Expect(0, `GET / -> 200
Hello from silly
GET /json -> 200
{"method": "GET", "path": "/json", "version": "HTTP/1.1"}
GET /query -> 200
n = 1, 2
name = ann b
POST /echo -> 200
what was posted
GET /nowhere -> 404
not found: GET /nowhere
GET /stream -> 200
piece 1
piece 2
piece 3
end
POST /echo -> 200
first part, last part
`)
	response, err := http.Get("http://" + address + "/json")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content-type of /json: %q", got)
	}
	server.Stop()
}

// testChat talks to the chat server with another implementation of WebSocket.
func testChat(t *testing.T, args ...string) {
	server, address := startServer(t, "chat_server.lua", args...)

	checkChatPage(t, address)

	// Everybody sees who joins, in the order of joining.
	ann := joinChat(t, address, "ann")
	ann.expect("* ann joined")
	if want := len(args) > 0; (ann.extensions != "") != want {
		t.Errorf("extensions %q with the arguments %q", ann.extensions, args)
	}
	bob := joinChat(t, address, "bob")
	for _, u := range []*chatUser{ann, bob} {
		u.expect("* bob joined")
	}
	third := joinChat(t, address, "ann") // the name is taken
	all := []*chatUser{ann, bob, third}
	for _, u := range all {
		u.expect("* ann 2 joined")
	}

	// Everybody sees what is said, made one line; pings are nobody's business.
	bob.send(websocket.PingMessage, "ping")
	bob.send(websocket.TextMessage, "  hello\n<b>all</b> ")
	for _, u := range all {
		u.expect("bob: hello <b>all</b>")
	}
	bob.send(websocket.TextMessage, strings.Repeat("x", 2001))
	bob.expect("* that was too long: 2000 bytes at most")

	checkChatPictures(bob, all)

	// A closing handshake and a lost connection are both seen as leaving.
	bob.send(websocket.CloseMessage, string(websocket.FormatCloseMessage(websocket.CloseNormalClosure, "bye")))
	if _, _, err := bob.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the server answered the close with %v, want code 1000", err)
	}
	for _, u := range []*chatUser{ann, third} {
		u.expect("* bob left")
	}
	third.conn.Close()
	ann.expect("* ann 2 left")
	ann.send(websocket.TextMessage, "alone")
	ann.expect("ann: alone")

	for _, name := range []string{"", "  ", strings.Repeat("n", 33)} {
		_, response, err := websocket.DefaultDialer.Dial("ws://"+address+"/chat?name="+url.QueryEscape(name), nil)
		if err == nil || response == nil || response.StatusCode != 400 {
			t.Errorf("name %q: %v, want status 400", name, err)
		}
		if response != nil {
			response.Body.Close()
		}
	}

	// A server that stops says so to those who are there.
	stopped := make(chan error, 1)
	go func() {
		_, _, err := ann.conn.ReadMessage()
		stopped <- err
	}()
	server.Stop()
	if err := <-stopped; !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the stopping server ended the connection with %v, want code 1001", err)
	}
	if got, want := server.Output(), "Chat on http://"+address+"\n"; got != want {
		t.Errorf("the server printed %q, want %q", got, want)
	}
}

// checkChatPage looks at what the chat server serves beside the chat.
func checkChatPage(t *testing.T, address string) {
	t.Helper()
	response, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("content-type of the page: %q", got)
	}
	status, page := get(t, "http://"+address+"/")
	if status != 200 || !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.Contains(page, `location.host + "/chat?name="`) {
		t.Errorf("the page: %d %q", status, page)
	}
	if strings.Contains(page, "innerHTML") || regexp.MustCompile(`(src|href)="[^#d]`).MatchString(page) {
		t.Error("the page uses innerHTML or loads something")
	}
	for path, want := range map[string]string{
		"/nowhere": "404 not found\n",
		"/chat":    "400 /chat is a WebSocket\n",
	} {
		if status, body := get(t, "http://"+address+path); fmt.Sprint(status, " ", body) != want {
			t.Errorf("GET %s: %d %q, want %q", path, status, body, want)
		}
	}
}

// checkChatPictures has bob send pictures, and what is none.
func checkChatPictures(bob *chatUser, all []*chatUser) {
	// Everybody gets the pictures, each after the line that announces it. What is no picture, or a large
	// one, is refused.
	const gif = "GIF89a\x01\x00\x01\x00\x00\x00\x00;"
	pictures := []string{
		gif,
		"GIF87a",
		"\x89PNG\r\n\x1a\n",
		"\xff\xd8\xff",
		"RIFF\x00\x00\x00\x00WEBP",
		gif + strings.Repeat("\x00\xff", (256<<10-len(gif))/2),
	}
	for _, picture := range pictures {
		bob.send(websocket.BinaryMessage, picture)
	}
	for _, u := range all {
		for _, picture := range pictures {
			u.expect(fmt.Sprintf("* bob sends a picture (%d bytes)", len(picture)))
			u.expectPicture(picture)
		}
	}
	for _, other := range []string{"", "\x00\x01", "<svg/>", "RIFF\x00\x00\x00\x00WAVE", " " + gif} {
		bob.send(websocket.BinaryMessage, other)
		bob.expect("* that is not a PNG, JPEG, GIF or WebP picture")
	}
	bob.send(websocket.BinaryMessage, gif+strings.Repeat("x", 256<<10))
	bob.expect("* that picture is too large: 262144 bytes at most")
}

// chatUser is one user of the chat.
type chatUser struct {
	t    *testing.T
	name string
	conn *websocket.Conn
	// extensions is what was agreed.
	extensions string
}

func joinChat(t *testing.T, address, name string) *chatUser {
	t.Helper()
	dialer := websocket.Dialer{EnableCompression: true, HandshakeTimeout: patience}
	c, response, err := dialer.Dial("ws://"+address+"/chat?name="+url.QueryEscape(name), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	t.Cleanup(func() { c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(patience))
	return &chatUser{t: t, name: name, conn: c, extensions: response.Header.Get("Sec-Websocket-Extensions")}
}

func (u *chatUser) send(kind int, text string) {
	u.t.Helper()
	if err := u.conn.WriteMessage(kind, []byte(text)); err != nil {
		u.t.Fatalf("%s: %v", u.name, err)
	}
}

// expect reads the next line and checks it.
func (u *chatUser) expect(line string) {
	u.t.Helper()
	kind, data, err := u.conn.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(data) != line {
		u.t.Fatalf("%s got %d %q %v, want %q", u.name, kind, data, err, line)
	}
}

// expectPicture reads the next binary message and checks it.
func (u *chatUser) expectPicture(picture string) {
	u.t.Helper()
	kind, data, err := u.conn.ReadMessage()
	if err != nil || kind != websocket.BinaryMessage || string(data) != picture {
		u.t.Fatalf("%s got %d, %d bytes %.20q %v, want the picture of %d bytes %.20q",
			u.name, kind, len(data), data, err, len(picture), picture)
	}
}

package wspeers

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"silly/internal/testprocess"

	"github.com/chromedp/chromedp"
)

var (
	roomsAddress = regexp.MustCompile(`Rooms on http://(\S+)\n`)
	nodeAddress  = regexp.MustCompile(`cluster: listens for nodes on (\S+)\n`)
)

// joinRoom opens the page of scripts/room_server.lua and joins by its form.
func joinRoom(t *testing.T, browser context.Context, address, room, name string) *tab {
	t.Helper()
	p := openTab(t, browser, "http://"+address+"/")
	p.eval(nil, `$("room").value = args[0]`, room)
	p.run(typeInto("#name", name), chromedp.Click(chromedp.CSS("#join button")))
	p.awaitStatusLine("In " + room + " as " + name + ".")
	return p
}

// awaitStatusLine waits until the status line is text.
func (p *tab) awaitStatusLine(text string) {
	p.t.Helper()
	p.Await(`$("status").textContent === args[0]`, text)
}

// testRooms has three users talk in two rooms over two workers. One loses the connection, and gets what it has missed, once
// and in order.
func testRooms(t *testing.T, browser context.Context) {
	server := testprocess.Start(t, exec.Command(silly, "--workers=2", filepath.Join("..", "..", "scripts", "room_server.lua"), "127.0.0.1:0"))
	address := server.AwaitMatches(roomsAddress, 1)[0][1]
	ann := joinRoom(t, browser, address, "tea", "ann")
	bob := joinRoom(t, browser, address, "tea", "Jörg <i>")
	eve := joinRoom(t, browser, address, "other", "eve")
	for _, p := range []*tab{ann, bob} {
		p.awaitLine("Jörg <i> joined")
	}
	const html = `Grüße, 世界 😀 <b>bold</b><img src="x" onerror="alert(1)">&amp;`
	ann.say(html)
	bob.say("two")
	for _, p := range []*tab{ann, bob} {
		p.awaitLine("ann: " + html)
		p.awaitLine("Jörg <i>: two")
	}
	eve.say("alone")
	eve.awaitLine("eve: alone")

	// Bob's connection breaks, and he comes back with the number of the last message.
	bob.eval(nil, `delay = 3000; socket.close()`)
	bob.awaitStatusLine("Connection lost (1005). Next attempt in 3 s.")
	ann.awaitLine("Jörg <i> left")
	for _, text := range []string{"missed one", "missed two"} {
		ann.say(text)
		ann.awaitLine("ann: " + text)
	}
	bob.awaitStatusLine("In tea as Jörg <i>.")
	ann.say("after")
	ann.awaitLine("ann: after")
	bob.awaitLine("ann: after")
	for _, p := range []*tab{ann, bob} {
		var lines []string
		p.eval(&lines, `return [...document.querySelectorAll("#log p")].map(p => p.textContent)`)
		want := []string{
			"Jörg <i> joined", "ann: " + html, "Jörg <i>: two", "Jörg <i> left", "ann: missed one", "ann: missed two", "Jörg <i> joined", "ann: after",
		}
		if p == ann {
			want = append([]string{"ann joined"}, want...)
		}
		if !equalAfter(lines, want) {
			t.Errorf("the page shows %q, want %q", lines, want)
		}
	}
	server.Stop()
}

// testRoomOfTwoProcesses has two browsers talk in one room, each with a process of its own, which are a cluster. One loses the
// connection, and gets from its process what it has missed, once and in order; then both show the same.
func testRoomOfTwoProcesses(t *testing.T, browser, other context.Context) {
	script := filepath.Join("..", "..", "scripts", "room_server.lua")
	first := testprocess.Start(t, exec.Command(silly, "--cluster=127.0.0.1:0", script, "127.0.0.1:0"))
	node := first.AwaitMatches(nodeAddress, 1)[0][1]
	first.Await("a page that comes back will not yet see what it has missed: a cluster keeps messages from the second node on")
	second := testprocess.Start(t, exec.Command(silly, "--cluster=127.0.0.1:0", "--join", node, script, "127.0.0.1:0"))
	here := first.AwaitMatches(roomsAddress, 1)[0][1]
	there := second.AwaitMatches(roomsAddress, 1)[0][1]
	first.Await("NATS: the messages of room.* are kept")

	ann := joinRoom(t, browser, here, "tea", "ann")
	bob := joinRoom(t, other, there, "tea", "bob")
	eve := joinRoom(t, other, there, "other", "eve")
	ann.awaitLine("bob joined")
	bob.awaitLine("bob joined")
	ann.say("Grüße <b>&amp;")
	bob.awaitLine("ann: Grüße <b>&amp;")
	bob.say("two")
	ann.awaitLine("bob: two")
	eve.say("alone")
	eve.awaitLine("eve: alone")

	bob.eval(nil, `delay = 3000; socket.close()`)
	bob.awaitStatusLine("Connection lost (1005). Next attempt in 3 s.")
	ann.awaitLine("bob left")
	for _, text := range []string{"missed one", "missed two"} {
		ann.say(text)
		ann.awaitLine("ann: " + text)
	}
	bob.awaitStatusLine("In tea as bob.")
	ann.say("after")
	want := []string{
		"bob joined", "ann: Grüße <b>&amp;", "bob: two", "bob left", "ann: missed one", "ann: missed two", "bob joined", "ann: after",
	}
	for _, p := range []*tab{ann, bob} {
		p.awaitLine("ann: after")
		var lines []string
		p.eval(&lines, `return [...document.querySelectorAll("#log p")].map(p => p.textContent)`)
		if !equalAfter(lines, want) || len(lines) > len(want)+1 {
			t.Errorf("the page shows %q, want %q", lines, want)
		}
	}
	second.Stop()
	first.Stop()
}

// equalAfter reports whether lines end with want; what was kept before may come first.
func equalAfter(lines, want []string) bool {
	if len(lines) < len(want) {
		return false
	}
	for i, text := range want {
		if lines[len(lines)-len(want)+i] != text {
			return false
		}
	}
	return true
}

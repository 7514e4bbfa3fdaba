package wspeers

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"silly/internal/testprocess"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestBrowser drives the pages of scripts/chat_server.lua and scripts/room_server.lua, WebSockets of its own, and the page of
// silly test --coverage, in headless Chromium.
func TestBrowser(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	for _, c := range []struct {
		name string
		args []string // of the chat server
		// extensions is what WebSocket.extensions says.
		extensions string
	}{
		{"plain", nil, ""},
		{"compression", []string{"compression"}, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
	} {
		t.Run("chat "+c.name, func(t *testing.T) { testChat(t, browser, c.args, c.extensions) })
		t.Run("echo "+c.name, func(t *testing.T) { testEcho(t, browser, c.extensions) })
	}
	t.Run("rooms", func(t *testing.T) { testRooms(t, browser) })
	t.Run("coverage", func(t *testing.T) { testCoverage(t, browser) })
	t.Run("cluster", func(t *testing.T) { testRoomOfTwoProcesses(t, browser, startBrowser(t)) })
}

// startBrowser starts headless Chromium, which ends with the test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		missing(t, "no chromium, chromium-browser or google-chrome is installed (Debian: apt-get install chromium)")
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), // small in containers
		chromedp.WSURLReadTimeout(patience),
	)
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox) // Chromium has none for root
	}
	allocator, cancel := chromedp.NewExecAllocator(limited(t, 4*time.Minute), flags...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(browser); err != nil { // closes it and waits for its end
			t.Errorf("closing the browser: %v", err)
		}
		cancel()
		chromedp.FromContext(browser).Allocator.Wait()
	})
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return browser
}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// openTab shows a URL in a new tab.
func openTab(t *testing.T, browser context.Context, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	p := &tab{t: t, ctx: ctx}
	p.run(
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { // all tabs have the focus
			_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
			return err
		}),
		chromedp.Navigate(url),
	)
	return p
}

// run does something in the tab.
func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("the browser: %v", err)
	}
}

// eval runs the body of an asynchronous JavaScript function and stores what it returns in result. The
// function gets what arguments are there.
func (p *tab) eval(result any, body string, arguments ...any) {
	p.t.Helper()
	encoded, err := json.Marshal(append([]any{}, arguments...))
	if err != nil {
		p.t.Fatal(err)
	}
	code := fmt.Sprintf("(async (...args) => JSON.stringify(await (async () => {%s})() ?? null))(...%s)", body, encoded)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](code, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s\nwith %.200s: %v\nthe page:\n%s", body, encoded, err, p.text())
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal([]byte(text), result); err != nil {
		p.t.Fatalf("%s: %q: %v", body, text, err)
	}
}

// text is what the page shows, for messages.
func (p *tab) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

// await waits until a JavaScript expression, with what it needs in args, is true. It looks again whenever
// the document changes.
func (p *tab) Await(condition string, arguments ...any) {
	p.t.Helper()
	p.eval(nil, `
		await new Promise(resolve => {
			const look = () => {
				if (!(`+condition+`)) return;
				observer.disconnect();
				resolve();
			};
			const observer = new MutationObserver(look);
			observer.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
			look();
		})`, arguments...)
}

// The chat page.

// joinChat opens the chat's page and joins by its form.
func joinChat(t *testing.T, browser context.Context, address, name string) *tab {
	t.Helper()
	p := openTab(t, browser, "http://"+address+"/")
	p.eval(nil, `
		window.statuses = []; // all that the status line has shown
		new MutationObserver(() => statuses.push($("status").textContent)).observe($("status"), {childList: true})`)
	p.run(typeInto("#name", name), chromedp.Click(chromedp.CSS("#join button")))
	p.awaitStatus("Connected as " + name + ".")
	return p
}

func (p *tab) awaitStatus(text string) {
	p.t.Helper()
	p.Await(`statuses.includes(args[0]) || $("status").textContent === args[0]`, text)
}

// say writes into the form and sends it.
func (p *tab) say(text string) {
	p.t.Helper()
	p.run(typeInto("#text", text), chromedp.Click(chromedp.CSS("#send")))
}

// typeInto writes into a field of a form.
func typeInto(field chromedp.CSS, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.Focus(field), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// awaitLine waits until a line of the log is exactly text.
func (p *tab) awaitLine(text string) {
	p.t.Helper()
	p.Await(`[...document.querySelectorAll("#log p")].some(p => p.textContent === args[0] && p.childElementCount === 0)`, text)
}

// shown is a picture on the page.
type shown struct {
	Width, Height int
	Source        string
	Before        string // the line before it
}

// awaitPictures waits until n pictures are there and decoded, and returns them.
func (p *tab) awaitPictures(n int) []shown {
	p.t.Helper()
	p.Await(`document.images.length >= args[0]`, n)
	var pictures []shown
	p.eval(&pictures, `
		const images = [...document.images];
		await Promise.all(images.map(image => image.decode()));
		return images.map(image => ({
			Width: image.naturalWidth, Height: image.naturalHeight, Source: image.src,
			Before: image.previousElementSibling.textContent,
		}))`)
	if len(pictures) != n {
		p.t.Fatalf("%d pictures, want %d", len(pictures), n)
	}
	return pictures
}

// noise is a picture that compresses badly.
func noise(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	state := uint32(1)
	for y := range height {
		for x := range width {
			state = state*1664525 + 1013904223
			m.Set(x, y, color.RGBA{uint8(state >> 24), uint8(state >> 16), uint8(state >> 8), 255})
		}
	}
	return m
}

// encode writes a picture in one of the formats.
func encode(t *testing.T, format string, m image.Image) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// choose gives a file to the page's file input, as its button does.
func (p *tab) choose(path string) {
	p.t.Helper()
	p.run(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}, chromedp.NodeReady))
}

// paste pastes a file.
func (p *tab) paste(kind, data string) {
	p.t.Helper()
	p.eval(nil, `
		const transfer = new DataTransfer();
		const bytes = Uint8Array.from(atob(args[1]), c => c.charCodeAt(0));
		transfer.items.add(new File([bytes], "pasted", {type: args[0]}));
		$("text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true, cancelable: true}))`,
		kind, base64.StdEncoding.EncodeToString([]byte(data)))
}

var printedAddress = regexp.MustCompile(`://(127\.0\.0\.1:\d+)\n`)

// startChat runs the chat server.
func startChat(t *testing.T, address string, args ...string) (server *testprocess.Process, bound string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		server = startScript(t, filepath.Join("..", "..", "scripts", "chat_server.lua"), append([]string{address}, args...)...)
		server.Await("\n")
		if found := printedAddress.FindStringSubmatch(server.Output()); found != nil {
			return server, found[1]
		}
		// The port was free a moment ago; somebody's outgoing connection may use it for a while.
		if !strings.Contains(server.Output(), "address already in use") || time.Now().After(deadline) {
			t.Fatalf("the chat server does not start:\n%s", server.Output())
		}
		server.Status()
	}
}

func testChat(t *testing.T, browser context.Context, args []string, extensions string) {
	server, address := startChat(t, "127.0.0.1:0", args...)
	ann := joinChat(t, browser, address, "ann")
	ann.awaitLine("* ann joined")
	bob := joinChat(t, browser, address, "Jörg <i>")
	both := []*tab{ann, bob}
	for _, p := range both {
		p.awaitLine("* Jörg <i> joined")
	}

	// Text, both ways. What looks like HTML stays text.
	const html = `Grüße, 世界 😀 <b>bold</b><img src="x" onerror="alert(1)">&amp;`
	ann.say(html)
	long := strings.Repeat("世", 500)
	bob.say(long)
	bob.say("x")
	for _, p := range both {
		p.awaitLine("ann: " + html)
		p.awaitLine("Jörg <i>: " + long)
		p.awaitLine("Jörg <i>: x")
	}

	// Pictures, by the button and by pasting.
	pictures := []string{
		encode(t, "png", noise(40, 30)),
		encode(t, "jpeg", noise(51, 20)),
		encode(t, "gif", noise(200, 201)),
	}
	ann.choose(writeFile(t, "picture.png", pictures[0]))
	for _, p := range both {
		p.awaitPictures(1)
	}
	ann.paste("image/jpeg", pictures[1])
	for _, p := range both {
		p.awaitPictures(2)
	}
	bob.paste("image/gif", pictures[2])
	for _, p := range both {
		for i, picture := range p.awaitPictures(3) {
			want := []shown{
				{40, 30, "", fmt.Sprintf("* ann sends a picture (%d bytes)", len(pictures[0]))},
				{51, 20, "", fmt.Sprintf("* ann sends a picture (%d bytes)", len(pictures[1]))},
				{200, 201, "", fmt.Sprintf("* Jörg <i> sends a picture (%d bytes)", len(pictures[2]))},
			}[i]
			if !strings.HasPrefix(picture.Source, "blob:http://"+address+"/") {
				t.Errorf("picture %d comes from %s", i, picture.Source)
			}
			picture.Source = ""
			if picture != want {
				t.Errorf("picture %d: %v, want %v", i, picture, want)
			}
		}
	}
	bob.paste("text/plain", "not for the chat") // the page does not send what is no picture
	bob.paste("image/svg+xml", "<svg/>")        // and the server looks itself
	bob.awaitLine("* that is not a PNG, JPEG, GIF or WebP picture")
	bob.paste("image/png", pictures[0]+strings.Repeat("x", 256<<10))
	bob.awaitLine("* that picture is too large: 262144 bytes at most")
	var others int
	ann.eval(&others, `return document.querySelectorAll("#log :not(p):not(img)").length + [...document.querySelectorAll("#log p")].filter(p => p.textContent.startsWith("* that")).length`)
	if others != 0 {
		t.Errorf("%d elements in the log of ann that do not belong there:\n%s", others, ann.text())
	}

	testRawSocket(t, ann, extensions, pictures[2])
	ann.awaitLine("* raw left")

	// What the page cannot send by itself ends its connection; it tells the code and comes back.
	bob.eval(nil, `socket.send(new Uint8Array(1 << 20))`)
	bob.awaitStatus("Connection lost (1009). Next attempt in 0.5 s.")
	ann.Await(`[...document.querySelectorAll("#log p")].filter(p => p.textContent === "* Jörg <i> joined").length === 2`)

	// A server that stops says so; when there is one again, the page is back by itself.
	ann.eval(nil, `statuses.length = 0`)
	server.Stop()
	ann.awaitStatus("Connection lost (1001). Next attempt in 0.5 s.")
	server, again := startChat(t, address, args...)
	if again != address {
		t.Fatalf("the server is at %s, want %s", again, address)
	}
	ann.awaitStatus("Connected as ann.")
	bob.Await(`$("status").textContent === "Connected as Jörg <i>."`)
	ann.Await(`!$("text").disabled`)
	ann.say("back again")
	bob.awaitLine("ann: back again")

	// The log keeps the latest lines, and drops the memory of old pictures.
	var dropped bool
	ann.eval(&dropped, `
		const source = document.images[0].src;
		for (let i = 0; i < 300; i++) show("line " + i);
		const image = new Image();
		image.src = source;
		return $("log").childElementCount === 300 && document.images.length === 0 &&
			await image.decode().then(() => false, () => true)`)
	if !dropped {
		t.Error("the log grows without limit, or keeps pictures")
	}
	server.Stop()
}

// testRawSocket talks to the chat by a WebSocket of its own.
func testRawSocket(t *testing.T, p *tab, extensions, picture string) {
	t.Helper()
	var seen struct {
		Extensions, Protocol, Line, Picture, Reason string
		Clean                                       bool
		Code                                        int
	}
	p.eval(&seen, `
		const socket = new WebSocket("ws://" + location.host + "/chat?name=raw");
		socket.binaryType = "arraybuffer";
		const seen = {};
		const got = new Promise((resolve, reject) => {
			socket.onopen = () => socket.send(Uint8Array.from(atob(args[0]), c => c.charCodeAt(0)));
			socket.onmessage = ({data}) => {
				if (typeof data === "string") return seen.Line = data;
				seen.Picture = btoa(Array.from(new Uint8Array(data), b => String.fromCharCode(b)).join(""));
				resolve();
			};
		});
		const closed = new Promise(resolve => socket.onclose = resolve);
		await Promise.race([got, closed]);
		seen.Extensions = socket.extensions;
		seen.Protocol = socket.protocol;
		socket.close(4001, "bye");
		const event = await closed;
		return {...seen, Code: event.code, Reason: event.reason, Clean: event.wasClean};
	`, base64.StdEncoding.EncodeToString([]byte(picture)))
	if seen.Extensions != extensions || seen.Protocol != "" {
		t.Errorf("extensions %q, protocol %q, want %q and none", seen.Extensions, seen.Protocol, extensions)
	}
	if want := fmt.Sprintf("* raw sends a picture (%d bytes)", len(picture)); seen.Line != want {
		t.Errorf("line %q, want %q", seen.Line, want)
	}
	if got, err := base64.StdEncoding.DecodeString(seen.Picture); err != nil || string(got) != picture {
		t.Errorf("the picture of %d bytes came back as %d bytes, %v", len(picture), len(got), err)
	}
	if seen.Code != 4001 || !seen.Clean {
		t.Errorf("close code %d %q, clean %v, want 4001, true", seen.Code, seen.Reason, seen.Clean)
	}
}

// testEcho talks to testdata/echo_server.lua from inside the browser.
func testEcho(t *testing.T, browser context.Context, extensions string) {
	server, url, _ := startEcho(t, "", "")
	p := openTab(t, browser, "http"+strings.TrimPrefix(url, "ws")+"/")
	base := url + "/?"
	if extensions != "" {
		base += "compression=1&"
	}

	var echo struct {
		Extensions, Protocol string
		Messages             []string
		Code                 int
		Clean                bool
	}
	p.eval(&echo, `
		const socket = new WebSocket(args[0], ["unknown", "echo.v1", "echo.v2"]);
		socket.binaryType = "arraybuffer";
		const closed = new Promise(resolve => socket.onclose = resolve);
		await Promise.race([new Promise(resolve => socket.onopen = resolve), closed]);
		const next = () => Promise.race([
			new Promise(resolve => socket.onmessage = event => resolve(event.data)),
			closed.then(event => "closed with " + event.code),
		]);
		const messages = [];
		for (const text of ["", "Gr\u00fc\u00dfe, \u4e16\u754c \ud83d\ude00", "\u0000", "\u00fc".repeat(500000)]) {
			socket.send(text);
			const got = await next();
			messages.push("text " + text.length + " " + (got === text));
		}
		for (const size of [0, 1, 65536, 1000000]) {
			for (const random of [false, true]) {
				const bytes = new Uint8Array(size);
				for (let i = 0; random && i < size; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
				socket.send(bytes);
				const got = await next();
				const same = got instanceof ArrayBuffer && got.byteLength === size &&
					new Uint8Array(got).every((byte, i) => byte === bytes[i]);
				messages.push("binary " + size + " " + same);
			}
		}
		const seen = {Extensions: socket.extensions, Protocol: socket.protocol, Messages: messages};
		socket.close(4001, "bye: Gr\u00fc\u00dfe");
		const event = await closed;
		return {...seen, Code: event.code, Clean: event.wasClean};
	`, base)
	if echo.Extensions != extensions || echo.Protocol != "echo.v2" {
		t.Errorf("extensions %q, protocol %q, want %q, %q", echo.Extensions, echo.Protocol, extensions, "echo.v2")
	}
	compare(t, "the messages", echo.Messages, []string{
		"text 0 true", "text 12 true", "text 1 true", "text 500000 true",
		"binary 0 true", "binary 0 true", "binary 1 true", "binary 1 true",
		"binary 65536 true", "binary 65536 true", "binary 1000000 true", "binary 1000000 true",
	})
	if echo.Code != 4001 || !echo.Clean {
		t.Errorf("close code %d, clean %v, want 4001, true", echo.Code, echo.Clean)
	}

	// How connections end that the server closes or refuses.
	own := "http" + strings.TrimPrefix(url, "ws")
	for _, c := range []struct{ name, url, protocol, want string }{
		{"server closes", base + "close=4002&reason=enough:+Gr%C3%BC%C3%9Fe", "", `opened, 4002 "enough: Grüße" clean`},
		{"server closes without a reason", base + "close=1000", "", `opened, 1000 "" clean`},
		{"own origin", base + "origin=" + own, "", `opened, message x`},
		{"other origin", base + "origin=http://127.0.0.1:1", "", `1006 "" not clean`},
		{"no common protocol", base, "unknown", `1006 "" not clean`},
		{"refused", url + "/refuse", "", `1006 "" not clean`},
	} {
		var got string
		p.eval(&got, `
			return new Promise(resolve => {
				const socket = new WebSocket(args[0], args[1] ? [args[1]] : []);
				let seen = "";
				socket.onopen = () => {
					seen = "opened, ";
					socket.send("x");
				};
				socket.onmessage = event => {
					resolve(seen + "message " + event.data);
					socket.close();
				};
				socket.onclose = event => resolve(
					seen + event.code + ' "' + event.reason + '" ' + (event.wasClean ? "clean" : "not clean"));
			})`, c.url, c.protocol)
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	server.Stop()
	said := said(server)
	if said[0] != "close: 4001 bye: Grüße" {
		t.Errorf("the server said %q, want the close frame of the browser first", said)
	}
}

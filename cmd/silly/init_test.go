package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"silly/internal/testprocess"
)

// startProject makes a project and runs its server, and returns the server's address.
func startProject(t *testing.T, kind string) (address string) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	silly, folder := sillyLink(t, executable), filepath.Join(t.TempDir(), "made")
	if text, err := exec.Command(silly, "init", kind, folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	cmd := exec.Command(silly, "server.lua", "--addr=127.0.0.1:0")
	cmd.Dir = folder
	server := testprocess.Start(t, cmd)
	server.Await("\n")
	found := printedAddress.FindStringSubmatch(server.Output())
	if found == nil {
		t.Fatalf("no address: %s", server.Output())
	}
	t.Cleanup(server.Stop)
	return found[1]
}

// fetchPage is the body of a page.
func fetchPage(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", url, response.Status, err, body)
	}
	return string(body)
}

// TestProjectsServe talks to the servers of new projects as a browser does; what else they have is in init.txtar.
func TestProjectsServe(t *testing.T) {
	t.Parallel()
	t.Run("api", func(t *testing.T) {
		t.Parallel()
		url := "http://" + startProject(t, "api") + "/notes"
		response, err := http.Post(url, "application/json", strings.NewReader(`{"text": "milk"}`))
		if err != nil || response.StatusCode != http.StatusCreated {
			t.Fatalf("%v, %v", response, err)
		}
		_ = response.Body.Close()
		if got, want := fetchPage(t, url), `[{"id":1,"text":"milk"}]`+"\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("chat", func(t *testing.T) {
		t.Parallel()
		address := startProject(t, "chat")
		if page := fetchPage(t, "http://"+address+"/"); !strings.Contains(page, "<title>made</title>") {
			t.Errorf("page %s", page)
		}
		conn, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/chat?name=ann&room=tea", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`{"name":"ann"}`, `{"name":"ann","text":"hello"}`} {
			if _, data, err := conn.ReadMessage(); err != nil || string(data) != want {
				t.Errorf("got %s, %v, want %s", data, err, want)
			}
		}
	})
	t.Run("docs", func(t *testing.T) {
		t.Parallel()
		page := fetchPage(t, "http://"+startProject(t, "docs")+"/")
		for _, want := range []string{
			"<h1>made</h1>", `<a href="writing">Writing pages</a>`, "livereload.js", "<pre><code>local function greet",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%q is not in the page:\n%s", want, page)
			}
		}
	})
}

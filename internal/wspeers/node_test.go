package wspeers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silly/internal/testcert"
	"silly/internal/testprocess"
)

// installNode installs the npm package ws into a copy of testdata/node and returns the copy.
func installNode(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, "%s is not installed (Debian: apt-get install nodejs npm)", program)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	npm := exec.CommandContext(limited(t, 2*time.Minute), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
		"--prefer-offline", "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
	npm.Dir = dir
	if output, err := npm.CombinedOutput(); err != nil {
		missing(t, "npm ci fails, perhaps because the registry cannot be reached: %v\n%s", err, output)
	}
	return dir
}

// nodeCase is one way to talk to ws.
type nodeCase struct {
	name string
	// deflate is the option perMessageDeflate of ws.
	deflate any
	// ours are the options of the compression of our side; empty is no compression.
	ours []string
	// asClient and asServer are the server's answer when ws is the client, and when it is the server.
	asClient, asServer string
	// received and sent say how a message that compresses well goes from and to our server.
	received, sent string
	tls            bool // with wss as well
}

// options of ws.
type options map[string]any

const (
	compressed = "compressed"
	plain      = "plain"
)

var nodeCases = []nodeCase{
	{name: "no compression", deflate: false, received: plain, sent: plain, tls: true},
	{name: "only ws compresses", deflate: true, received: plain, sent: plain},
	{name: "only ours compresses", deflate: false, ours: []string{"compression=1"}, received: plain, sent: plain},
	{
		tls:  true,
		name: "default", deflate: true, ours: []string{"compression=1"},
		asClient: "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		asServer: "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
		received: compressed, sent: compressed,
	},
	{
		name: "takeover", deflate: options{"threshold": 0}, ours: []string{"compression=1", "takeover=1", "threshold=1"},
		asClient: "permessage-deflate; server_no_context_takeover",
		asServer: "permessage-deflate; client_no_context_takeover",
		received: compressed, sent: compressed,
	},
	{
		name:     "no takeover",
		deflate:  options{"serverNoContextTakeover": true, "clientNoContextTakeover": true},
		ours:     []string{"compression=1", "takeover=1", "level=9"},
		asClient: "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		asServer: "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
		received: compressed, sent: compressed,
	},
	{
		name: "server window 9", deflate: options{"serverMaxWindowBits": 9, "threshold": 0}, ours: []string{"compression=1"},
		asClient: "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9",
		asServer: "permessage-deflate; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=9",
		received: compressed, sent: compressed,
	},
	{
		name: "client window 9", deflate: options{"clientMaxWindowBits": 9, "threshold": 0}, ours: []string{"compression=1", "takeover=1"},
		asClient: "permessage-deflate; server_no_context_takeover",
		asServer: "permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
		received: compressed, sent: compressed,
	},
	{
		tls:  true,
		name: "windows 10 and 9", deflate: options{"clientMaxWindowBits": 10, "serverMaxWindowBits": 9}, ours: []string{"compression=1", "level=1"},
		asClient: "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9",
		asServer: "permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits=10; server_max_window_bits=9",
		received: compressed, sent: compressed,
	},
	{
		name: "thresholds", deflate: options{"threshold": 0}, ours: []string{"compression=1", "threshold=2000000"},
		asClient: "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		asServer: "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
		received: plain, sent: compressed,
	},
}

// TestNode talks to the npm package ws, in both roles, with and without TLS and compression.
func TestNode(t *testing.T) {
	t.Parallel()
	dir := installNode(t)
	certificate, key := testcert.New(t)
	for _, c := range nodeCases {
		for _, scheme := range []string{"ws", "wss"} {
			if scheme == "wss" && !c.tls {
				continue
			}
			t.Run("client "+scheme+" "+c.name, func(t *testing.T) {
				t.Parallel()
				testNodeClient(t, dir, c, scheme, certificate, key)
			})
			t.Run("server "+scheme+" "+c.name, func(t *testing.T) {
				t.Parallel()
				testNodeServer(t, dir, c, scheme, certificate, key)
			})
		}
	}
}

// startNode runs a program of testdata/node with a configuration.
func startNode(t *testing.T, dir, program string, config options) *testprocess.Process {
	t.Helper()
	encoded, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return testprocess.Start(t, exec.Command("node", filepath.Join(dir, program), string(encoded)))
}

// testNodeClient runs client.js against echo_server.lua.
func testNodeClient(t *testing.T, dir string, c nodeCase, scheme, certificate, key string) {
	server, url, secure := startEcho(t, certificate, key)
	if scheme == "wss" {
		url = secure
	}
	client := startNode(t, dir, "client.js", options{
		"url": url, "query": strings.Join(c.ours, "&"), "ca": certificate, "deflate": c.deflate,
	})
	if status := client.Status(); status != 0 {
		t.Fatalf("client.js ended with %d:\n%s\nthe server said:\n%s", status, client.Output(), server.Output())
	}
	compare(t, "client.js", lines(client.Output()), []string{
		fmt.Sprintf(`{"extensions":%q,"protocol":"echo.v2"}`, c.asClient),
		`{"echo":[0,1,125,126,65535,65536,1000000]}`,
		`["binary ping between","pong between","text Grüße, 世界 😀"]`,
		fmt.Sprintf(`{"received":%q,"sent":%q}`, c.received, c.sent),
		`{"pings":"answered"}`,
		`{"close":4001,"reason":""}`,
		`{"ping":"question"}`,
		`{"binary":"pong question"}`,
		`{"close":1005,"reason":""}`,
		`{"close":4002,"reason":"enough: Grüße"}`,
		`{"refused":401,"body":"members only: Grüße\n"}`,
		`{"taken":1000}`,
		`{"close":1009,"reason":""}`,
		`{"taken":1000}`,
		`{"error":"WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"}`,
		`{"close":1006,"reason":""}`,
	})
	server.Stop() // its handlers have ended
	compare(t, "echo_server.lua", said(server), []string{
		"close: 4001 bye: Grüße",
		"close: empty ",
		"read: socket closed",
		"read: message exceeds 1000 bytes",
		"close: 1009 ",
	})
}

// testNodeServer runs client.lua against server.js.
func testNodeServer(t *testing.T, dir string, c nodeCase, scheme, certificate, key string) {
	config := options{"deflate": c.deflate}
	args := append([]string{}, c.ours...)
	if scheme == "wss" {
		config["cert"], config["key"] = certificate, key
		args = append(args, "ca="+writeFile(t, "ca.pem", certificate))
	}
	server := startNode(t, dir, "server.js", config)
	server.Await("\n")
	port := regexp.MustCompile(`^{"port":(\d+)}\n`).FindStringSubmatch(server.Output())
	if port == nil {
		t.Fatalf("server.js: %s", server.Output())
	}
	client := startScript(t, filepath.Join("testdata", "client.lua"),
		append([]string{scheme + "://127.0.0.1:" + port[1]}, args...)...)
	if status := client.Status(); status != 0 {
		t.Fatalf("client.lua ended with %d:\n%s\nthe server said:\n%s", status, client.Output(), server.Output())
	}
	compare(t, "client.lua", lines(client.Output()), []string{
		"subprotocol: echo.v1",
		"echo: all sizes",
		"ping: answered",
		"close: 4001 bye: Grüße",
		"subprotocol: nil",
		"ping: question",
		"text: pong question",
		"close: empty ",
		"close: 4002 enough: Grüße",
		"read: socket closed 0",
		"ping: between",
		"text: Grüße, 世界 😀",
		"text: pong between",
		"close: 1000 ",
		"1000",
		"close: 1009 ",
		"1000",
		"read: message exceeds 1000 bytes 0",
		"nil\twebsocket handshake refused: 401 Unauthorized: no guess\t401\tno guess",
	})
	for n := range 6 {
		server.Await(fmt.Sprintf(`{"connection":%d,`, n+1))
	}
	server.Kill()
	server.Status()
	var want []string
	for n, seen := range []string{
		`"protocol":"echo.v1","close":4001,"reason":"bye: Grüße"`,
		`"protocol":"","close":1005,"reason":""`,
		`"protocol":"","close":4002,"reason":""`,
		`"protocol":"","close":1000,"reason":""`,
		`"protocol":"","error":"WS_ERR_UNSUPPORTED_MESSAGE_LENGTH","close":1006,"reason":""`,
		`"protocol":"","close":1009,"reason":""`,
	} {
		want = append(want, fmt.Sprintf(`{"connection":%d,"extensions":%q,%s}`, n+1, c.asServer, seen))
	}
	got := lines(server.Output())[1:]
	slices.Sort(got) // connections may end in another order than they began
	compare(t, "server.js", got, want)
}

package reference

import (
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{ // the first line of what is found, and its page
		"websocket.connect":           "silly.net.websocket: ## websocket.connect(url",
		"silly.net.websocket.connect": "silly.net.websocket: ## websocket.connect(url",
		"websocket.connect(url)":      "silly.net.websocket: ## websocket.connect(url",
		"silly.net.http":              "silly.net.http: # silly.net.http",
		"http":                        "silly.net.http: # silly.net.http",
		"sock:read":                   "silly.net.websocket: ## sock:read([timeout])",
		"list:popback":                "silly.adt.list: ## list:popfront() -> v | nil, list:popback()",
		"server.addr":                 "silly.net.http: ## server.addr",
		"logger.WARN":                 "silly.logger: ## logger.DEBUG",
		"silly.exit":                  "silly: ## silly.exit([status])",
		"silly.metrics.prometheus":    "silly.metrics: # silly.metrics",
		"command":                     "command: # ",
		"json.null":                   "silly.encoding.json: ## json.null",
	} {
		found := Find(name)
		if len(found) == 0 || !strings.HasPrefix(found[0].Page.Name+": "+found[0].Text, want) {
			t.Errorf("%s: found %v, want %s", name, found, want)
		}
	}
	if found := Find("conn:close"); len(found) != 2 {
		t.Errorf("conn:close is in %d sections, want those of tcp and udp", len(found))
	}
	for _, name := range []string{"", ".", "read", "websocket", "websocket.nothing", "silly.net.http.nothing"} {
		if found := Find(name); len(found) > 0 && name != "websocket" {
			t.Errorf("%s: found %s", name, found[0].Heading)
		}
	}
}

func TestSectionsEndAtTheNextHeading(t *testing.T) {
	t.Parallel()
	p := Parse("x", "# x\nintro\n## x.a()\none\n```lua\n# no heading\n```\n### detail\ntwo\n"+
		"## x.b(), x.c([y]) -> z | nil\nthree\n# More\n")
	var got []string
	for _, s := range p.Sections {
		got = append(got, s.Heading+"|"+s.Text)
	}
	want := []string{
		"x|# x\nintro\n## x.a()\none\n```lua\n# no heading\n```\n### detail\ntwo\n## x.b(), x.c([y]) -> z | nil\nthree\n",
		"x.a()|## x.a()\none\n```lua\n# no heading\n```\n### detail\ntwo\n",
		"detail|### detail\ntwo\n",
		"x.b(), x.c([y]) -> z | nil|## x.b(), x.c([y]) -> z | nil\nthree\n",
		"More|# More\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	forms := p.Sections[3].Forms
	if len(forms) != 2 || forms[0].Signature != "b()" || forms[1].Signature != "c([y]) -> z | nil" {
		t.Errorf("got %+v", forms)
	}
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"websocket.conect": "websocket.connect",
		"sock.read":        "sock:read",
		"http.lisen":       "http.listen",
		"decodeall":        "yaml.decodeall",
		"silly.net.htp":    "silly.net.http",
	} {
		if got := Similar(name); !slices.Contains(got, want) {
			t.Errorf("%s: %v, want %s among them", name, got, want)
		}
	}
	if got := Similar("qqqqqqqq"); len(got) > 0 {
		t.Errorf("something is similar to nonsense: %v", got)
	}
}

package dns_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	peer "github.com/miekg/dns"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/internal/testprocess"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScriptOnSockets runs the script of the in-memory network on the real one.
func TestScriptOnSockets(t *testing.T) {
	luatest.Scripts(t, "../../testdata/lua/dns.lua", luahost.Options{Network: luahost.SystemNetwork{}})
}

// zone is what the nameserver of another library serves.
const zone = `
$ORIGIN example.test.
$TTL 300
@ SOA ns admin 1 3600 600 86400 60
@ A 192.0.2.1
www CNAME @
six AAAA 2001:db8::1
six AAAA 2001:db8::2
_sip._udp SRV 20 0 5060 b
_sip._udp SRV 10 60 5061 a
chain CNAME chain1
chain1 CNAME chain2
chain2 A 192.0.2.2
far CNAME nowhere
`

// serve starts a nameserver for the zone, over UDP and TCP, and returns its address. The name many has a thousand
// addresses.
func serve(t *testing.T) string {
	t.Helper()
	records := make(map[string][]peer.RR)
	parser := peer.NewZoneParser(strings.NewReader(zone), "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		records[rr.Header().Name] = append(records[rr.Header().Name], rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		rr, _ := peer.NewRR(fmt.Sprintf("many.example.test. 300 A 10.0.%d.%d", i/256, i%256))
		records["many.example.test."] = append(records["many.example.test."], rr)
	}
	soa := records["example.test."][0]
	handler := peer.HandlerFunc(func(w peer.ResponseWriter, q *peer.Msg) {
		m := new(peer.Msg).SetReply(q)
		m.RecursionAvailable, m.Compress = true, true
		at := strings.ToLower(q.Question[0].Name)
		for again := true; again; {
			again = false
			for _, rr := range records[at] {
				c, alias := rr.(*peer.CNAME)
				if alias || rr.Header().Rrtype == q.Question[0].Qtype {
					m.Answer = append(m.Answer, rr)
				}
				if alias {
					at, again = c.Target, true
				}
			}
		}
		if records[at] == nil {
			m.Rcode = peer.RcodeNameError
		}
		if m.Ns = nil; len(m.Answer) == 0 || m.Rcode != 0 {
			m.Ns = []peer.RR{soa}
		}
		if opt := q.IsEdns0(); w.LocalAddr().Network() == "udp" {
			size := peer.MinMsgSize
			if opt != nil {
				size = int(opt.UDPSize())
			}
			m.Truncate(size)
		}
		_ = w.WriteMsg(m)
	})
	l, pc := listenBoth(t)
	for _, s := range []*peer.Server{{Listener: l, Handler: handler}, {PacketConn: pc, Handler: handler}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { _ = s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return l.Addr().String()
}

// listenBoth listens at one address over TCP and UDP.
func listenBoth(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if pc, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			return l, pc
		}
		l.Close()
	}
	t.Fatal("no port is free for both")
	return nil, nil
}

// TestAnotherNameserverIsUnderstood: its answers are those that Go's resolver gets, and dig if it is there.
func TestAnotherNameserverIsUnderstood(t *testing.T) {
	t.Parallel()
	address := serve(t)
	its := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	for _, name := range []string{"", "www.", "six.", "chain.", "far.", "many.", "gone."} {
		name += "example.test."
		for _, version := range []string{"4", "6"} {
			var want []string
			ips, err := its.LookupNetIP(t.Context(), "ip"+version, name)
			for _, ip := range ips {
				want = append(want, ip.Unmap().StringExpanded())
			}
			slices.Sort(want)
			got, err2 := ours(t, address, name, map[string]string{"4": "A", "6": "AAAA"}[version])
			if !slices.Equal(got, want) {
				t.Errorf("%s IPv%s: got %v, %v, want %v, %v", name, version, got, err2, want, err)
			}
			digged(t, address, name, map[string]string{"4": "A", "6": "AAAA"}[version], got)
		}
	}
	_, services, err := its.LookupSRV(t.Context(), "sip", "udp", "example.test.")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range services {
		want = append(want, fmt.Sprintf("%d %d %d %s", s.Priority, s.Weight, s.Port, strings.TrimSuffix(s.Target, ".")))
	}
	slices.Sort(want)
	if got, err := ours(t, address, "_sip._udp.example.test", "SRV"); !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// ours are the records that silly gets.
func ours(t *testing.T, nameserver, name, qtype string) (records []string, err error) {
	t.Helper()
	output, err := luatest.Run(t, fmt.Sprintf(`
		local dns = require "silly.net.dns"
		dns.conf {nameservers = {%q}}
		local records, err = dns.resolve(%q, dns.%s)
		for _, r in ipairs(records or {}) do
			print(type(r) == "table" and ("%%d %%d %%d %%s"):format(r.priority, r.weight, r.port, r.target) or r)
		end
		if err then error(err, 0) end`, nameserver, name, qtype), luahost.Options{Network: luahost.SystemNetwork{}})
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if ip := net.ParseIP(line); ip != nil && ip.To4() == nil {
			line = fmt.Sprintf("%x", []byte(ip))
			for i := 28; i > 0; i -= 4 {
				line = line[:i] + ":" + line[i:]
			}
		}
		records = append(records, line)
	}
	slices.Sort(records)
	return records, err
}

// digged compares addresses with what dig gets, if there is one.
func digged(t *testing.T, address, name, qtype string, want []string) {
	t.Helper()
	dig, err := exec.LookPath("dig")
	if err != nil {
		return
	}
	host, port, _ := net.SplitHostPort(address)
	output, err := exec.Command(dig, "@"+host, "-p", port, "+short", name, qtype).Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(output)) {
		if net.ParseIP(strings.TrimSpace(line)) != nil {
			n++
		}
	}
	if n != len(want) {
		t.Errorf("%s %s: dig got\n%s want %v", name, qtype, output, want)
	}
}

// TestTheSystemsFilesAreRead, those that the settings name; a file that is not there is logged.
func TestTheSystemsFilesAreRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	resolv, hosts := filepath.Join(folder, "resolv.conf"), filepath.Join(folder, "hosts")
	for path, text := range map[string]string{
		resolv: "nameserver 127.0.0.1\nsearch in.test\n",
		hosts:  "192.0.2.1 a.test\n192.0.2.2 b.test",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out luatest.Output
	_, err := luatest.Run(t, fmt.Sprintf(`
		local env, dns = require "silly.env", require "silly.net.dns"
		local udp, task = require "silly.net.udp", require "silly.task"
		env.set("sys.dns.resolv_conf", %q)
		env.set("sys.dns.hosts", %q)
		local server = assert(udp.bind "127.0.0.1:53")
		local query
		task.fork(function()
			local q, from = server:recvfrom()
			query = q
			local question = q:sub(13, q:find("\0", 13, true) + 4)
			server:sendto(q:sub(1, 2) .. "\x81\x83" .. q:sub(5, 6) .. ("\0"):rep(6) .. question, from)
			server:close()
		end)
		dns.sethosts "192.0.2.9 b.test"
		eq(dns.lookup("a.test", dns.A), "192.0.2.1")
		eq(dns.lookup("b.test", dns.A), "192.0.2.9")
		eq(dns.lookup("c", dns.A, 1), nil)
		eq(query:find("\1c\2in\4test\0", 13, true), 13)`, resolv, hosts), luahost.Options{Stderr: &out})
	if err != nil || out.String() != "" {
		t.Errorf("%v\n%s", err, out.String())
	}
	_, err = luatest.Run(t, fmt.Sprintf(`
		require "silly.env".set("sys.dns.hosts", %q)
		require "silly.env".set("sys.dns.resolv_conf", "/dev/null")
		local dns = require "silly.net.dns"
		dns.conf {nameservers = {"127.0.0.1"}}
		eq(dns.lookup("a.test", dns.A), nil)`, filepath.Join(folder, "none")), luahost.Options{Stderr: &out})
	if err != nil || !strings.Contains(out.String(), "none: no such file or directory") ||
		!strings.Contains(out.String(), "/dev/null: not a regular file") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// plainNetwork has no UDP.
type plainNetwork struct{ luahost.Network }

func TestANetworkWithoutUDP(t *testing.T) {
	t.Parallel()
	_, err := luatest.Run(t, `local dns, errno = require "silly.net.dns", require "silly.errno"
		dns.conf {nameservers = {"127.0.0.1"}}
		eq(list(dns.lookup("a.test", dns.A)), "nil " .. errno.OPNOTSUPP)`,
		luahost.Options{Network: plainNetwork{memnet.New()}})
	if err != nil {
		t.Error(err)
	}
}

// TestClosingEndsLookups at once, however long they would take.
func TestClosingEndsLookups(t *testing.T) {
	t.Parallel()
	h := luatest.NewHost(t, luahost.Options{})
	asked := make(chan struct{})
	h.Expose("asked", func() { close(asked) })
	ended := make(chan error, 1)
	go func() {
		ended <- h.RunString(context.Background(), "test.lua", `
			local dns, udp, task = require "silly.net.dns", require "silly.net.udp", require "silly.task"
			local server = udp.bind "127.0.0.1:53"
			dns.conf {nameservers = {"127.0.0.1"}}
			for i = 1, 1000 do task.fork(function() dns.lookup(i .. ".test", dns.A, 60000) end) end
			server:recvfrom()
			asked()
			server:recvfrom(60000)
			while true do server:recvfrom(60000) end`)
	}()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(testprocess.Patience):
		t.Fatal("nobody is asked")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !luahost.IsClosed(err) {
		t.Errorf("got %v", err)
	}
}

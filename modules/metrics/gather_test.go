package metrics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/internal/testcert"
	"silly/luahost"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gathered is what Prometheus reads of what a script prints.
func gathered(t *testing.T, code string) map[string]*dto.MetricFamily {
	t.Helper()
	return gatheredIn(t, luahost.Worker{}, code)
}

// gatheredIn is gathered in one of several workers.
func gatheredIn(t *testing.T, worker luahost.Worker, code string) map[string]*dto.MetricFamily {
	t.Helper()
	out, err := luatest.Run(t, `local prometheus = require "silly.metrics.prometheus" `+code, luahost.Options{Worker: worker})
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(out))
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return families
}

// TestPrometheusReadsWhatIsGathered: metrics of scripts, with values of strangers.
func TestPrometheusReadsWhatIsGathered(t *testing.T) {
	t.Parallel()
	families := gathered(t, `
		local paths = prometheus.counter("paths_total", "By path.", {"method", "path"})
		paths:labels("GET", "/\"} 5\n# TYPE evil counter\\\0\xff"):add(1.5)
		paths:labels("POST", 1):inc()
		local sizes = prometheus.histogram("sizes_bytes", "", {"path"}, {1, 2.5, 1e6})
		for i = 1, 3 do sizes:labels "a":observe(i) end
		io.write(prometheus.gather())`)
	paths := families["paths_total"]
	if paths.GetType() != dto.MetricType_COUNTER || paths.GetHelp() != "By path." || len(paths.Metric) != 2 {
		t.Fatalf("paths_total is %v", paths)
	}
	got := make(map[string]float64)
	for _, m := range paths.Metric {
		got[fmt.Sprintf("%s %s", m.Label[0].GetValue(), m.Label[1].GetValue())] = m.Counter.GetValue()
	}
	if got["GET /\"} 5\n# TYPE evil counter\\\x00\ufffd"] != 1.5 || got["POST 1"] != 1 {
		t.Errorf("got %v", got)
	}
	sizes := families["sizes_bytes"].Metric[0]
	var counts []uint64
	for _, bucket := range sizes.Histogram.GetBucket() {
		counts = append(counts, bucket.GetCumulativeCount())
	}
	h := sizes.Histogram
	if h.GetSampleCount() != 3 || h.GetSampleSum() != 6 || !slices.Equal(counts, []uint64{1, 2, 3, 3}) {
		t.Errorf("sizes_bytes is %v", sizes)
	}
}

// TestWorkersAreLabelled: with several, each series says which worker it is of, unless the script says it.
func TestWorkersAreLabelled(t *testing.T) {
	t.Parallel()
	families := gatheredIn(t, luahost.Worker{ID: 2, Count: 3}, `
		prometheus.counter("plain_total", ""):inc()
		prometheus.counter("labelled_total", "", {"path"}):labels('",worker="x'):inc()
		prometheus.counter("own_total", "", {"a", "worker"}):labels("b", "mine"):inc()
		prometheus.gauge("own_gauge", "", {"worker"}):labels("mine"):set(1)
		prometheus.histogram("sizes_bytes", "", nil, {1}):observe(1)
		io.write(prometheus.gather())`)
	for name, family := range families {
		for _, m := range family.Metric {
			want, workers := "2", 0
			if strings.HasPrefix(name, "own_") {
				want = "mine"
			}
			for _, label := range m.Label {
				if label.GetName() == "worker" {
					workers++
					if label.GetValue() != want {
						t.Errorf("%s is of worker %q", name, label.GetValue())
					}
				}
			}
			if workers != 1 {
				t.Errorf("%s has %d labels that say the worker: %v", name, workers, m)
			}
		}
	}
	if len(families) < 10 {
		t.Errorf("%d families", len(families))
	}
}

// TestProgramsHaveMetrics: those of the framework's reference, each of its kind, and ours.
func TestProgramsHaveMetrics(t *testing.T) {
	t.Parallel()
	families := gathered(t, `collectgarbage() io.write(prometheus.gather())`)
	for kind, names := range map[dto.MetricType]string{
		dto.MetricType_GAUGE: `silly_worker_backlog silly_timer_pending silly_tasks silly_tasks_runnable silly_tcp_connections
			process_heap_bytes process_goroutines`,
		dto.MetricType_COUNTER: `silly_timer_scheduled_total silly_timer_fired_total silly_timer_canceled_total
			silly_socket_requests_total silly_socket_processed_total
			silly_network_sent_bytes_total silly_network_received_bytes_total process_gc_cycles_total`,
		dto.MetricType_HISTOGRAM: "process_gc_pause_seconds",
	} {
		for _, name := range strings.Fields(names) {
			f := families[name]
			if f == nil || f.GetType() != kind || len(f.Metric) != 1 || f.GetHelp() == "" {
				t.Errorf("%s is %v, want a %v", name, f, kind)
			}
		}
	}
	pauses := families["process_gc_pause_seconds"].Metric[0].Histogram
	last := uint64(0)
	for _, b := range pauses.Bucket {
		if b.GetCumulativeCount() < last {
			t.Errorf("the counts of %v go down", pauses)
		}
		last = b.GetCumulativeCount()
	}
	if last != pauses.GetSampleCount() || last == 0 || pauses.GetSampleSum() <= 0 {
		t.Errorf("the pauses are %v", pauses)
	}
}

// traffic is a script that sends over connections of all kinds, and looks at what was counted.
const traffic = `
	local prometheus, tcp, task = require "silly.metrics.prometheus", require "silly.net.tcp", require "silly.task"
	local http, websocket = require "silly.net.http", require "silly.net.websocket"
	local tls, udp = require "silly.net.tls", require "silly.net.udp"
	local function now(name) return tonumber(prometheus.gather():match("\n" .. name .. " (%%d+)")) end
	local function counts()
		return now "silly_tcp_connections", now "silly_network_sent_bytes_total", now "silly_network_received_bytes_total",
			now "silly_socket_processed_total"
	end
	local function closed() return now "silly_tcp_connections" == 0 end

	-- Bytes over TCP: both ends are here.
	local listener = assert(tcp.listen {addr = "127.0.0.1:0", accept = function(conn)
		conn:write(conn:read(5))
		conn:read(1)
		conn:close()
	end})
	eq(list(counts()), "0 0 0 0")
	local conn = assert(tcp.connect(listener.addr))
	conn:write "12345"
	eq(conn:read(5), "12345")
	eventually(function() return list(counts()) == "2 10 10 4" end) -- what was sent may count after it has arrived
	conn:close()
	eventually(function() return list(counts()) == "0 10 10 4" end)
	eq(tcp.connect "127.0.0.1:1", nil)
	eq(now "silly_tcp_connections", 0)

	-- Datagrams, of both kinds of sockets.
	local one = assert(udp.bind "127.0.0.1:0")
	local other = assert(udp.connect(one.localaddr))
	other:sendto "12345"
	local _, from = one:recvfrom()
	one:sendto("678", from)
	eq(other:recvfrom(), "678")
	eq(list(counts()), "0 18 18 8")
	one:close()
	other:close()

	-- The same with functions, and a question to a nameserver that sends it back, which is no answer.
	local net, dns = require "silly.net", require "silly.net.dns"
	local echo = {data = function(fd, ptr, size, addr) net.udpsend(fd, ptr, size, addr) end, close = print}
	local spare = assert(udp.bind "127.0.0.1:0")
	local address = spare.localaddr
	spare:close()
	local fd = assert(net.udpbind(address, echo))
	dns.conf {nameservers = {address}, attempts = 0}
	eq(dns.lookup("a.test", dns.A, 50), nil)
	local _, sent, received = counts()
	eq(sent - 18, 2 * (12 + 8 + 4 + 11)) -- header, name, type and class, EDNS
	eq(received, sent)
	net.close(fd)

	-- TLS, with its handshakes.
	local body = ("x"):rep(100000)
	local certs = {{cert = [[%s]], key = [[%s]]}}
	local secure = assert(tls.listen {addr = "127.0.0.1:0", certs = certs, accept = function(conn)
		conn:write(conn:read(#body))
		conn:close()
	end})
	local conn = assert(tls.connect(secure.addr, {insecure = true}))
	conn:write(body)
	eq(conn:read(#body), body)
	eq(conn:read(1), nil)
	conn:close()
	eventually(closed)
	local _, sent, received = counts()
	eq(sent > 2 * #body and sent < 2 * #body + 20000 and sent - received < 1000, true, sent)
	eq(tcp.connect(secure.addr):close(), true) -- no handshake
	eventually(closed)
	secure:close()

	-- HTTP and WebSocket, without TLS and with it.
	for _, secure in ipairs {false, true} do
		local server = assert(http.listen {addr = "127.0.0.1:0", certs = secure and certs or nil, handler = function(stream)
			if stream.path == "/ws" then
				local sock = assert(websocket.upgrade(stream))
				sock:write(sock:read())
				sock:close()
				return
			end
			stream:respond(200)
			stream:closewrite(stream:readall())
		end})
		local s, tls = secure and "s" or "", {insecure = true}
		for _, protocol in ipairs {"http/1.1", "h2"} do
			local _, sent, received = counts()
			local client = assert(http.newclient {idle_timeout = 1, tls = tls, alpnprotos = {protocol}})
			eq(client:post("http" .. s .. "://" .. server.addr .. "/", nil, body).body, body)
			eventually(closed)
			local _, sent2, received2 = counts()
			local more = sent2 - sent
			eq(more > 2 * #body and more < 2 * #body + 20000, true, protocol .. s .. more)
			eq(sent2 - received2 >= sent - received and sent2 - received2 < 1000, true, protocol .. s)
		end
		local _, sent = counts()
		local sock = assert(websocket.connect("ws" .. s .. "://" .. server.addr .. "/ws", nil, {tls = tls}))
		sock:write(body)
		eq(sock:read(), body)
		eq(now "silly_tcp_connections", 2)
		sock:read()
		sock:close()
		eventually(closed)
		local _, sent2 = counts()
		eq(sent2 - sent > 2 * #body and sent2 - sent < 2 * #body + 20000, true, "websocket" .. s)
		eq(websocket.connect("ws" .. s .. "://" .. server.addr .. "/", nil, {tls = tls}), nil) -- refused
		eventually(closed)
		server:close()
	end
	listener:close()`

// TestTrafficIsCounted on both networks, and connections that are gone no longer count.
func TestTrafficIsCounted(t *testing.T) {
	t.Parallel()
	cert, key := testcert.New(t)
	for name, network := range map[string]luahost.Network{"memory": memnet.New(), "sockets": luahost.SystemNetwork{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := luatest.Run(t, fmt.Sprintf(traffic, cert, key), luahost.Options{Network: network}); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

package dnsclient

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestParseResolvConf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Config{
		"": DefaultConfig(),
		"# c\nnameserver 192.0.2.1 # c\n; c\nnameserver 2001:db8::1\nnameserver x\nnameserver\nsortlist 1.2.3.4": {
			Nameservers: servers("192.0.2.1:53", "[2001:db8::1]:53"), Timeout: 5 * time.Second, Attempts: 2, Ndots: 1,
		},
		"domain a\nsearch b c\r\noptions rotate ndots:20 timeout:99\toptions\noptions attempts:99 timeout:x": {
			Nameservers: servers("8.8.8.8:53"), Search: []string{"b", "c"}, Timeout: 30 * time.Second, Attempts: 5, Ndots: 15,
		},
		"search a\ndomain b\noptions timeout:0 attempts:0 ndots:-1": {
			Nameservers: servers("8.8.8.8:53"), Search: []string{"b"}, Timeout: time.Second, Ndots: 1,
		},
	} {
		got := ParseResolvConf(text)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q\ngot  %v\nwant %v", text, got, want)
		}
	}
}

func servers(texts ...string) (list []netip.AddrPort) {
	for _, text := range texts {
		server, _ := ParseNameserver(text)
		list = append(list, server)
	}
	return list
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	c := Config{Search: []string{"a.test", ".b.test.", "."}, Ndots: 2}
	for name, want := range map[string]string{
		"x": "x.a.test x.b.test x", "x.y": "x.y.a.test x.y.b.test x.y", "x.y.z": "x.y.z", "x.": "x",
	} {
		if got := strings.Join(c.candidates(name), " "); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestCacheKeepsAnswersForTheirTime(t *testing.T) {
	t.Parallel()
	c, now := newCache(), time.Now()
	k := key{"a.test", A}
	c.put(k, answer{ttl: time.Minute, records: make([]Record, 3)}, now)
	if a, ok := c.get(k, now.Add(time.Minute-1)); !ok || len(a.records) != 3 {
		t.Errorf("got %v, %v", a, ok)
	}
	if _, ok := c.get(key{"a.test", AAAA}, now); ok {
		t.Error("the answer to one question is that to another")
	}
	if _, ok := c.get(k, now.Add(time.Minute)); ok || c.cost != 0 {
		t.Errorf("it has not expired; cost %d", c.cost)
	}
	c.put(k, answer{}, now)
	if _, ok := c.get(k, now); ok {
		t.Error("an answer without a time to live is kept")
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c, now := newCache(), time.Now()
	used := key{"used.test", A}
	c.put(used, answer{ttl: time.Hour}, now)
	for i := range 10_000 {
		c.put(key{fmt.Sprint(i), A}, answer{ttl: time.Hour, records: make([]Record, i%50)}, now)
		if _, ok := c.get(used, now); !ok {
			t.Fatal("what is used is forgotten")
		}
	}
	cost := 0
	for _, e := range c.entries {
		cost += 1 + len(e.Value.(*cached).answer.records)
	}
	if cost != c.cost || cost > maxCost || len(c.entries) != c.recent.Len() || cost < maxCost/2 {
		t.Errorf("cost %d, counted %d, %d entries of %d", cost, c.cost, len(c.entries), c.recent.Len())
	}
	c.put(used, answer{ttl: time.Hour, records: make([]Record, maxCost)}, now)
	if _, ok := c.get(used, now); ok {
		t.Error("an answer that is too long is kept")
	}
}

// question is about a name.
func question(name string, t Type) dnsmessage.Question {
	return dnsmessage.Question{Name: dnsmessage.MustNewName(name), Type: dnsmessage.Type(t), Class: dnsmessage.ClassINET}
}

// response is a message that answers a question.
func response(
	t testing.TB, q dnsmessage.Question, code dnsmessage.RCode, answers, authorities []dnsmessage.Resource,
) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, Response: true, RecursionAvailable: true, RCode: code},
		Questions: []dnsmessage.Question{q}, Answers: answers, Authorities: authorities,
	}
	msg, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func resource(name string, ttl uint32, body dnsmessage.ResourceBody) dnsmessage.Resource {
	h := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: ttl}
	return dnsmessage.Resource{Header: h, Body: body}
}

// TestTimesToLive: the shortest one on the way counts, within limits; of nothing, that of the SOA record.
func TestTimesToLive(t *testing.T) {
	t.Parallel()
	ip := &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}
	alias := &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("b.test.")}
	soa := &dnsmessage.SOAResource{NS: dnsmessage.MustNewName("."), MBox: dnsmessage.MustNewName("."), MinTTL: 30}
	type list = []dnsmessage.Resource
	const missing = dnsmessage.RCodeNameError
	for name, c := range map[string]struct {
		code                 dnsmessage.RCode
		answers, authorities list
		want                 time.Duration
	}{
		"address":       {answers: list{resource("a.test.", 60, ip)}, want: time.Minute},
		"addresses":     {answers: list{resource("a.test.", 60, ip), resource("a.test.", 5, ip)}, want: 5 * time.Second},
		"alias":         {answers: list{resource("a.test.", 7, alias), resource("b.test.", 60, ip)}, want: 7 * time.Second},
		"other name":    {answers: list{resource("a.test.", 60, ip), resource("b.test.", 5, ip)}, want: time.Minute},
		"long":          {answers: list{resource("a.test.", 1<<31-1, ip)}, want: maxTTL},
		"none":          {answers: list{resource("a.test.", 1<<31, ip)}},
		"missing":       {code: missing, authorities: list{resource("test.", 60, soa)}, want: 30 * time.Second},
		"missing, SOA":  {code: missing, authorities: list{resource("test.", 20, soa)}, want: 20 * time.Second},
		"missing alias": {missing, list{resource("a.test.", 7, alias)}, list{resource("test.", 60, soa)}, 7 * time.Second},
		"without SOA":   {code: missing},
	} {
		q := question("a.test.", A)
		a, err := parseAnswer(response(t, q, c.code, c.answers, c.authorities), 7, q)
		if a.ttl != c.want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", name, a.ttl, err, c.want)
		}
	}
}

// FuzzParseAnswer: what is accepted is about the question, within the limits, and comes back the same when it is sent
// again.
func FuzzParseAnswer(f *testing.F) {
	ip := &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}
	alias := &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("b.test.")}
	srv := &dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 3, Target: dnsmessage.MustNewName("c.test.")}
	soa := &dnsmessage.SOAResource{NS: dnsmessage.MustNewName("."), MBox: dnsmessage.MustNewName("."), MinTTL: 30}
	type list = []dnsmessage.Resource
	chain := list{resource("a.test.", 9, alias), resource("b.test.", 9, ip)}
	f.Add(response(f, question("a.test.", A), 0, chain, nil), uint16(A))
	f.Add(response(f, question("a.test.", SRV), 0, list{resource("a.test.", 9, srv)}, nil), uint16(SRV))
	f.Add(response(f, question("a.test.", AAAA), 3, nil, list{resource("test.", 9, soa)}), uint16(AAAA))
	f.Fuzz(func(t *testing.T, msg []byte, kind uint16) {
		q := question("a.test.", Type(kind))
		a, err := parseAnswer(msg, 7, q)
		if err != nil || a.truncated {
			return
		}
		more := a.missing || a.alias != ""
		if a.ttl < 0 || a.ttl > maxTTL || a.aliases > maxAliases || more && len(a.records) > 0 {
			t.Fatalf("%+v", a)
		}
		var again []dnsmessage.Resource
		for _, r := range a.records {
			var body dnsmessage.ResourceBody
			switch Type(kind) {
			case A:
				body = &dnsmessage.AResource{A: r.Addr.As4()}
			case AAAA:
				body = &dnsmessage.AAAAResource{AAAA: r.Addr.As16()}
			default:
				target, err := dnsmessage.NewName(r.Target + ".")
				if err != nil {
					t.Fatal(err)
				}
				body = &dnsmessage.SRVResource{Priority: r.Priority, Weight: r.Weight, Port: r.Port, Target: target}
			}
			again = append(again, resource("A.test.", uint32(a.ttl/time.Second), body))
		}
		if len(again) == 0 {
			return
		}
		b, err := parseAnswer(response(t, q, 0, again, nil), 7, q)
		if b.aliases = a.aliases; err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v is %+v, %v", a, b, err)
		}
	})
}

// FuzzParseHosts: every name has addresses; written again, they are the same.
func FuzzParseHosts(f *testing.F) {
	f.Add("127.0.0.1 localhost Local. # x\n::1 localhost\n\n1.2.3 x\nx y\n::ffff:1.2.3.4 m")
	f.Fuzz(func(t *testing.T, text string) {
		hosts := ParseHosts(text)
		var b strings.Builder
		for name, ips := range hosts {
			for _, ip := range ips {
				fmt.Fprintln(&b, ip, name)
			}
			if len(ips) == 0 {
				t.Fatalf("%q has no address", name)
			}
		}
		if again := ParseHosts(b.String()); !reflect.DeepEqual(hosts, again) {
			t.Fatalf("%v\n%v", hosts, again)
		}
	})
}

// FuzzParseResolvConf: every configuration is within its limits; written again, it is the same.
func FuzzParseResolvConf(f *testing.F) {
	f.Add("nameserver 192.0.2.1\nsearch a b.\noptions ndots:2 timeout:1 attempts:0 # x\nnameserver fe80::1%eth0")
	f.Fuzz(func(t *testing.T, text string) {
		c := ParseResolvConf(text)
		if len(c.Nameservers) == 0 || len(c.Nameservers) > maxNameservers || len(c.Search) > maxSearch ||
			c.Timeout < time.Second || c.Timeout > maxTimeout || c.Attempts > maxAttempts || c.Ndots > maxNdots {
			t.Fatalf("%+v", c)
		}
		var b strings.Builder
		for _, server := range c.Nameservers {
			fmt.Fprintln(&b, "nameserver", server)
		}
		fmt.Fprintln(&b, "search", strings.Join(c.Search, " "))
		fmt.Fprintf(&b, "options ndots:%d timeout:%d attempts:%d", c.Ndots, c.Timeout/time.Second, c.Attempts)
		if again := ParseResolvConf(b.String()); fmt.Sprint(c) != fmt.Sprint(again) {
			t.Fatalf("%v\n%v", c, again)
		}
	})
}

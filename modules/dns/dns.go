// Package dns is the Lua module silly.net.dns: names are looked up with nameservers.
package dns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/dnsclient"
	"silly/internal/errno"
	"silly/internal/fileerror"
	"silly/internal/netaddr"
	"silly/internal/sched"
	"silly/internal/weburl"
	"silly/luahost"
)

// Module is silly.net.dns.
var Module = luahost.Module{Name: "silly.net.dns", Open: open}

// binding is the module's state in one host.
type binding struct {
	env      *luahost.Env
	resolver *dnsclient.Resolver
	read     bool      // the system's files
	reading  sync.Once // reads them
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.resolver = dnsclient.New(env.Context(), b.dial)
	module := L.NewTable()
	for name, t := range map[string]dnsclient.Type{"A": dnsclient.A, "AAAA": dnsclient.AAAA, "SRV": dnsclient.SRV} {
		module.RawSetString(name, lua.LNumber(t))
	}
	env.Install(L, module, "dns", map[string]lua.LGFunction{
		"lookup":   b.dnsLookup,
		"resolve":  b.dnsResolve,
		"conf":     b.dnsConf,
		"sethosts": b.dnsSetHosts,
		"isname":   b.dnsIsName,
	})
	return module
}

// dial opens a socket for an address of a nameserver.
func (b *binding) dial(ctx context.Context, network, address string) (net.Conn, error) {
	meter := sched.Of(b.env).Meter()
	if network != "udp" {
		nc, err := b.env.Network().Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return meter.Conn(nc), nil
	}
	packets, ok := b.env.Network().(luahost.PacketNetwork)
	if !ok {
		return nil, syscall.EOPNOTSUPP
	}
	nc, err := packets.DialPacket(ctx, network, "", address)
	if err != nil {
		return nil, err
	}
	return meter.Socket(nc), nil
}

// dnsLookup implements dns.lookup(name, qtype [, timeout]) -> string | table | nil, err. It suspends while a
// nameserver is asked.
func (b *binding) dnsLookup(L *lua.LState) int {
	records, err := b.resolve(L, "dns.lookup")
	switch {
	case err != nil:
		return pushError(L, err)
	case len(records) == 0:
		return pushError(L, dnsclient.ErrNotFound)
	}
	L.Push(records[0])
	return 1
}

// dnsResolve implements dns.resolve(name, qtype [, timeout]) -> table | nil, err. It suspends while a nameserver is
// asked.
func (b *binding) dnsResolve(L *lua.LState) int {
	records, err := b.resolve(L, "dns.resolve")
	if err != nil {
		return pushError(L, err)
	}
	list := L.CreateTable(len(records), 0)
	for _, r := range records {
		list.Append(r)
	}
	L.Push(list)
	return 1
}

// resolve looks up the name in argument 1.
func (b *binding) resolve(L *lua.LState, waitsFor string) ([]lua.LValue, error) {
	name := luahost.CheckString(L, 1)
	t := checkType(L, 2)
	timeout, limited := luahost.OptMilliseconds(L, 3)
	if limited {
		timeout = max(timeout, 1)
	}
	if netaddr.IPVersion(name) != 0 {
		return []lua.LValue{lua.LString(name)}, nil
	}
	ascii, ok := weburl.ToASCII(name)
	if !ok {
		return nil, dnsclient.ErrName
	}
	if b.read {
		if records, ok := b.resolver.Known(ascii, t); ok {
			return values(L, records, t), nil
		}
	}
	files, generation := b.files(), b.resolver.Now()
	var records []dnsclient.Record
	var err error
	b.env.Block(L, waitsFor, func(context.Context) {
		b.reading.Do(func() { b.readFiles(files) })
		records, err = b.resolver.Lookup(generation, ascii, t, timeout)
	})
	b.read = true
	return values(L, records, t), err
}

func checkType(L *lua.LState, n int) dnsclient.Type {
	t := luahost.CheckInteger(L, n)
	switch dnsclient.Type(t) {
	case dnsclient.A, dnsclient.AAAA, dnsclient.SRV:
		if t == int64(dnsclient.Type(t)) {
			return dnsclient.Type(t)
		}
	}
	luahost.ArgumentError(L, n, fmt.Sprintf("dns.A, dns.AAAA or dns.SRV expected, got %d", t))
	return 0
}

// values are the Lua values of records.
func values(L *lua.LState, records []dnsclient.Record, t dnsclient.Type) []lua.LValue {
	list := make([]lua.LValue, 0, len(records))
	for _, r := range records {
		if t != dnsclient.SRV {
			list = append(list, lua.LString(ipText(r.Addr)))
			continue
		}
		srv := L.CreateTable(0, 4)
		srv.RawSetString("priority", lua.LNumber(r.Priority))
		srv.RawSetString("weight", lua.LNumber(r.Weight))
		srv.RawSetString("port", lua.LNumber(r.Port))
		srv.RawSetString("target", lua.LString(r.Target))
		list = append(list, srv)
	}
	return list
}

// ipText is an address as the reference page writes it: one of IPv6 with all of its groups, in two digits at least.
func ipText(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	bytes := ip.As16()
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = fmt.Sprintf("%02x", int(bytes[2*i])<<8|int(bytes[2*i+1]))
	}
	return strings.Join(groups, ":")
}

func pushError(L *lua.LState, err error) int {
	text := errno.Text(err)
	if errors.Is(err, dnsclient.ErrNotFound) {
		text = errno.Resolve
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(text))
	return 2
}

// dnsConf implements dns.conf(opts): the configuration from now on.
func (b *binding) dnsConf(L *lua.LState) int {
	opts := luahost.CheckFields(L, 1)
	opts.Only("nameservers", "search", "timeout", "attempts", "ndots")
	c := dnsclient.Config{
		Search:   opts.Strings("search"),
		Timeout:  time.Duration(count(opts, "timeout", int64(dnsclient.DefaultTimeout/time.Second))) * time.Second,
		Attempts: count(opts, "attempts", dnsclient.DefaultAttempts),
		Ndots:    count(opts, "ndots", dnsclient.DefaultNdots),
	}
	for _, text := range opts.Strings("nameservers") {
		server, ok := dnsclient.ParseNameserver(text)
		if !ok {
			message := fmt.Sprintf("field 'nameservers': IP address, perhaps with a port, expected, got '%s'", text)
			luahost.ArgumentError(L, 1, message)
		}
		c.Nameservers = append(c.Nameservers, server)
	}
	b.resolver.Configure(c)
	return 0
}

// count reads an option that is a number of things; Config has limits for it.
func count(opts luahost.Fields, name string, otherwise int64) int {
	return int(min(opts.Integer(name, otherwise), 1000))
}

// dnsSetHosts implements dns.sethosts(content): the names of a file hosts(5) are not asked for from now on.
func (b *binding) dnsSetHosts(L *lua.LState) int {
	b.resolver.AddHosts(dnsclient.ParseHosts(luahost.CheckString(L, 1)))
	return 0
}

// dnsIsName implements dns.isname(name) -> boolean: whether a text is not an IP address.
func (b *binding) dnsIsName(L *lua.LState) int {
	L.Push(lua.LBool(netaddr.IPVersion(luahost.CheckString(L, 1)) == 0))
	return 1
}

// A file is one of the system's, with its setting.
type file struct {
	path   string
	chosen bool // by the setting
}

// files are resolv.conf and hosts. The caller holds the VM lock.
func (b *binding) files() (files [2]file) {
	files[0].path, files[1].path = "/etc/resolv.conf", "/etc/hosts"
	for i, key := range []string{"sys.dns.resolv_conf", "sys.dns.hosts"} {
		if path, ok := b.env.Setting(key); ok {
			files[i] = file{path, true}
		}
	}
	return files
}

// readFiles takes over what the files say. It is called without the VM lock.
func (b *binding) readFiles(files [2]file) {
	if text, ok := b.readFile(files[0]); ok {
		b.resolver.ConfigureFrom(dnsclient.ParseResolvConf(text))
	}
	if text, ok := b.readFile(files[1]); ok {
		b.resolver.SetHostsFile(dnsclient.ParseHosts(text))
	}
}

// maxFile is how much of a file is read.
const maxFile = 4 << 20

// readFile reads a file. That it cannot be read is logged if somebody has chosen it.
func (b *binding) readFile(from file) (text string, ok bool) {
	text, err := readRegular(b.env.System(), from.path)
	if err != nil && from.chosen {
		message := fmt.Sprintf("dns: cannot read %s: %s", from.path, fileerror.Reason(err))
		b.env.Log().Write(slog.LevelWarn, 0, "", message)
	}
	return text, err == nil
}

// errNoFile is the error of what opening could wait for, such as a named pipe.
var errNoFile = errors.New("not a regular file")

// readRegular reads the beginning of a regular file.
func readRegular(system luahost.System, path string) (string, error) {
	info, err := system.Stat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errNoFile
	}
	f, err := system.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	return string(content), err
}

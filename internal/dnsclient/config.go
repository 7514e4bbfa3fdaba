package dnsclient

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Limits and defaults of a configuration, those of resolv.conf(5) where it has them.
const (
	DefaultTimeout  = 5 * time.Second
	maxTimeout      = 30 * time.Second
	DefaultAttempts = 2
	maxAttempts     = 5
	DefaultNdots    = 1
	maxNdots        = 15
	maxNameservers  = 8
	maxSearch       = 16
	defaultPort     = 53
)

// A Config says whom to ask and how.
type Config struct {
	Nameservers []netip.AddrPort // without any, Google's are asked
	Search      []string         // domains to which names with few dots are relative
	Timeout     time.Duration    // of the first try; the second has twice that, and so on
	Attempts    int              // how many tries come after the first one
	Ndots       int              // a name with that many dots is not looked for in Search
}

// DefaultConfig is the configuration where nothing is said.
func DefaultConfig() Config {
	return Config{Timeout: DefaultTimeout, Attempts: DefaultAttempts, Ndots: DefaultNdots}.Normalize()
}

// Normalize brings everything within its limits.
func (c Config) Normalize() Config {
	if len(c.Nameservers) == 0 {
		c.Nameservers = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{8, 8, 8, 8}), defaultPort)}
	}
	c.Nameservers = c.Nameservers[:min(len(c.Nameservers), maxNameservers)]
	c.Search = c.Search[:min(len(c.Search), maxSearch)]
	c.Timeout = min(max(c.Timeout, time.Second), maxTimeout)
	c.Attempts = min(max(c.Attempts, 0), maxAttempts)
	c.Ndots = min(max(c.Ndots, 0), maxNdots)
	return c
}

// ParseNameserver reads an IP address, with or without a port: "192.0.2.1", "192.0.2.1:53", "2001:db8::1",
// "[2001:db8::1]:53".
func ParseNameserver(text string) (netip.AddrPort, bool) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(ip.Unmap(), defaultPort), true
	}
	server, err := netip.ParseAddrPort(text)
	return netip.AddrPortFrom(server.Addr().Unmap(), server.Port()), err == nil && server.Port() != 0
}

// ParseResolvConf reads a file resolv.conf(5). What it does not understand it ignores, as everyone does.
func ParseResolvConf(text string) Config {
	c := Config{Timeout: DefaultTimeout, Attempts: DefaultAttempts, Ndots: DefaultNdots}
	for line := range strings.Lines(text) {
		if i := strings.IndexAny(line, "#;"); i >= 0 {
			line = line[:i]
		}
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			if server, ok := ParseNameserver(fields[1]); ok {
				c.Nameservers = append(c.Nameservers, server)
			}
		case "domain":
			c.Search = fields[1:2]
		case "search":
			c.Search = fields[1:]
		case "options":
			c.options(fields[1:])
		}
	}
	return c.Normalize()
}

func (c *Config) options(options []string) {
	for _, option := range options {
		name, text, _ := strings.Cut(option, ":")
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			continue
		}
		n = min(n, 1000)
		switch name {
		case "ndots":
			c.Ndots = n
		case "timeout":
			c.Timeout = time.Duration(n) * time.Second
		case "attempts":
			c.Attempts = n
		}
	}
}

// candidates are the names to ask about for a name, which has no dot at its end unless that makes it absolute.
func (c *Config) candidates(name string) []string {
	if absolute, ok := strings.CutSuffix(name, "."); ok {
		return []string{absolute}
	}
	if strings.Count(name, ".") >= c.Ndots {
		return []string{name}
	}
	var names []string
	for _, domain := range c.Search {
		if domain = strings.Trim(lower(domain), "."); domain != "" {
			names = append(names, name+"."+domain)
		}
	}
	return append(names, name)
}

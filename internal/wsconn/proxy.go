package wsconn

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"silly/internal/neterror"

	"golang.org/x/net/proxy"
)

// proxyPorts are the ports that a proxy's URL need not name.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// A Proxy is asked to connect to a server: by HTTP's method CONNECT (RFC 9110 section 9.3.6), or by SOCKS
// version 5 (RFC 1928).
type Proxy struct {
	scheme  string
	host    string
	address string
	user    *url.Userinfo
}

// ParseProxy reads the URL of a proxy: http, https or socks5://[user:password@]host[:port]. The proxy
// looks the server's name up, also under socks5. The error does not repeat the URL, which may hold a
// password.
func ParseProxy(raw string) (*Proxy, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("invalid proxy url")
	}
	port, known := proxyPorts[u.Scheme]
	if !known {
		return nil, errors.New("invalid proxy url: scheme is not http, https or socks5")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, errors.New("invalid proxy url: port is not between 1 and 65535")
	}
	if u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("invalid proxy url: it is not scheme://host:port")
	}
	return &Proxy{scheme: u.Scheme, host: u.Hostname(), address: net.JoinHostPort(u.Hostname(), port), user: u.User}, nil
}

// tunnel asks the proxy at the other end of nc for a connection to address, and returns it. An https proxy
// must have a certificate that config trusts.
func (p *Proxy) tunnel(ctx context.Context, nc net.Conn, config *tls.Config, address string) (net.Conn, error) {
	switch p.scheme {
	case "https":
		config = config.Clone()
		config.ServerName = p.host
		config.Certificates = nil // they are for the server
		secure := tls.Client(nc, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("tls handshake with proxy %s: %s", p.address, neterror.Reason(err))
		}
		return secure, p.connect(secure, address)
	case "http":
		return nc, p.connect(nc, address)
	}
	return nc, p.socks(ctx, nc, address)
}

// connect sends CONNECT.
func (p *Proxy) connect(nc net.Conn, address string) error {
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if p.user != nil {
		password, _ := p.user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(p.user.Username() + ":" + password))
		request += "Proxy-Authorization: Basic " + credentials + "\r\n"
	}
	if _, err := nc.Write([]byte(request + "\r\n")); err != nil {
		return p.failed(err)
	}
	response, reader, err := readResponse(nc, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return p.failed(err)
	case response.StatusCode/100 != 2:
		return fmt.Errorf("proxy %s refused: %d %s", p.address, response.StatusCode, http.StatusText(response.StatusCode))
	case reader.Buffered() > 0:
		return fmt.Errorf("proxy %s: the server spoke before it was asked", p.address)
	}
	return nil
}

// socks speaks SOCKS.
func (p *Proxy) socks(ctx context.Context, nc net.Conn, address string) error {
	var auth *proxy.Auth
	if p.user != nil {
		auth = &proxy.Auth{User: p.user.Username()}
		auth.Password, _ = p.user.Password()
	}
	dialer, err := proxy.SOCKS5("tcp", p.address, auth, opened{nc})
	if err == nil {
		_, err = dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return p.failed(err)
	}
	return nil
}

// failed names the proxy in an error.
func (p *Proxy) failed(err error) error {
	text := "proxy " + p.address + ": " + neterror.ResponseReason(err)
	// What the SOCKS library says before the reasons of RFC 1928, which are all known.
	return errors.New(strings.Replace(text, ": unknown error ", ": ", 1))
}

// opened is a proxy.Dialer whose connection is there already.
type opened struct{ nc net.Conn }

func (o opened) Dial(string, string) (net.Conn, error) { return o.nc, nil }

func (o opened) DialContext(context.Context, string, string) (net.Conn, error) { return o.nc, nil }

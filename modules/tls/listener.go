package tls

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/cipherlist"
	"silly/internal/errno"
	"silly/internal/streamconn"
	"silly/luahost"
	"silly/modules/internal/netlua"
	"silly/modules/internal/socket"
)

// defaultHandshakeTimeout is how long a client may take for the handshake.
const defaultHandshakeTimeout = 10 * time.Second

// A listener is what is behind the Lua object of one.
type listener struct {
	*socket.Listener
	binding      *binding
	accept       *lua.LFunction
	writeTimeout time.Duration
	config       atomic.Pointer[tls.Config] // of the next handshake
}

// tlsListen implements tls.listen(conf) -> listener | nil, err [, reason]. It suspends while the address is looked up.
func (b *binding) tlsListen(L *lua.LState) int {
	conf := luahost.CheckFields(L, 1)
	conf.Only("addr", "accept", "backlog", "write_timeout", "handshake_timeout",
		"certs", "ciphers", "alpnprotos", "client_ca", "client_auth")
	l := &listener{binding: b, accept: socket.Accept(conf)}
	l.writeTimeout = conf.Milliseconds("write_timeout", streamconn.DefaultWriteTimeout)
	handshakeTimeout := conf.Milliseconds("handshake_timeout", defaultHandshakeTimeout)
	backlog := conf.Integer("backlog", 0)
	if !conf.Has("certs") {
		conf.Wrong("certs", "list of {cert = PEM, key = PEM}")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := configure(conf, config); err != nil {
		return pushFailure(L, err)
	}
	l.config.Store(config)
	addr := socket.Addr(conf)
	accepting, err := socket.Listen(b.env, L, "tls.listen", addr, int(backlog))
	if err != nil {
		return socket.PushError(L, err)
	}
	current := func(*tls.ClientHelloInfo) (*tls.Config, error) { return l.config.Load(), nil }
	l.Listener = socket.Serve(b.env, accepting, socket.Service{
		What:             "tls listener",
		TLS:              &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: current},
		HandshakeTimeout: handshakeTimeout,
		HandshakeFailed: func(err error) {
			message := fmt.Sprintf("tls listener %s: handshake failed: %v", accepting.Addr(), err)
			b.env.Log().Write(slog.LevelDebug, 0, "", message)
		},
		Accepted: l.accepted,
	})
	object := b.listeners.New(L, l)
	object.RawSetString("addr", lua.LString(l.Addr()))
	L.Push(object)
	return 1
}

// configure reads the options that reload can change. What is not there stays.
func configure(conf luahost.Fields, config *tls.Config) (err error) {
	if conf.Has("certs") {
		if config.Certificates, err = netlua.Certificates(conf.Tables("certs")); err != nil {
			return err
		}
		if len(config.Certificates) == 0 {
			return fmt.Errorf("certs is empty: a list of {cert = PEM, key = PEM} expected")
		}
	}
	if conf.Has("ciphers") {
		if config.CipherSuites, err = cipherlist.Parse(conf.String("ciphers", "")); err != nil {
			return err
		}
	}
	if conf.Has("alpnprotos") {
		config.NextProtos = protocols(conf)
	}
	return configureClients(conf, config)
}

// configureClients reads the options about certificates of clients.
func configureClients(conf luahost.Fields, config *tls.Config) (err error) {
	if conf.Has("client_ca") {
		if config.ClientCAs, err = netlua.Authorities(conf, "client_ca"); err != nil {
			return err
		}
	}
	switch auth := conf.String("client_auth", ""); auth {
	case "":
		if conf.Has("client_ca") && config.ClientAuth == tls.NoClientCert {
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
	case "none":
		config.ClientAuth = tls.NoClientCert
	case "optional":
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case "required":
		config.ClientAuth = tls.RequireAndVerifyClientCert
	default:
		message := fmt.Sprintf("field 'client_auth': 'required', 'optional' or 'none' expected, got '%s'", auth)
		luahost.ArgumentError(conf.L, conf.Arg, message)
	}
	if config.ClientAuth != tls.NoClientCert && config.ClientCAs == nil {
		return fmt.Errorf("client_auth needs client_ca")
	}
	return nil
}

// listenerReload implements listener:reload([conf]) -> true | false, err [, reason]. Handshakes that begin from now on
// have the new configuration.
func (b *binding) listenerReload(L *lua.LState) int {
	l := b.listeners.Check(L, 1)
	conf := luahost.OptFields(L, 2)
	conf.Only("certs", "ciphers", "alpnprotos", "client_ca", "client_auth")
	if l.Closed() {
		return socket.PushOK(L, net.ErrClosed)
	}
	config := l.config.Load().Clone()
	if err := configure(conf, config); err != nil {
		return socket.PushOK(L, errno.AsTLS(err))
	}
	l.config.Store(config)
	L.Push(lua.LTrue)
	return 1
}

// listenerClose implements listener:close() -> true | false, err. It stops accepting; connections stay.
func (b *binding) listenerClose(L *lua.LState) int {
	return socket.PushOK(L, b.listeners.Check(L, 1).Close())
}

// pushFailure returns nil, errno.TLS and the reason to the script.
func pushFailure(L *lua.LState, err error) int { return socket.PushError(L, errno.AsTLS(err)) }

// certificateTable describes a certificate.
func certificateTable(L *lua.LState, c *x509.Certificate) *lua.LTable {
	t := L.CreateTable(0, 8)
	t.RawSetString("subject", lua.LString(c.Subject.String()))
	t.RawSetString("commonname", lua.LString(c.Subject.CommonName))
	t.RawSetString("issuer", lua.LString(c.Issuer.String()))
	t.RawSetString("serial", lua.LString(c.SerialNumber.Text(16)))
	t.RawSetString("notbefore", lua.LNumber(c.NotBefore.Unix()))
	t.RawSetString("notafter", lua.LNumber(c.NotAfter.Unix()))
	names := L.CreateTable(len(c.DNSNames), 0)
	for _, name := range c.DNSNames {
		names.Append(lua.LString(name))
	}
	t.RawSetString("dnsnames", names)
	sum := sha256.Sum256(c.Raw)
	t.RawSetString("sha256", lua.LString(hex.EncodeToString(sum[:])))
	t.RawSetString("pem", lua.LString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})))
	return t
}

package netlua

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"silly/internal/neterror"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// ClientTLS reads the option tls = {ca, cert, key, insecure, servername} of a client. The certificates
// are texts in PEM form; ca replaces the system's authorities.
func ClientTLS(opts luahost.Fields) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if !opts.Has("tls") {
		return config, nil
	}
	table, ok := opts.Get("tls").(*lua.LTable)
	if !ok {
		opts.Wrong("tls", "table")
	}
	fields := luahost.Fields{L: opts.L, Arg: opts.Arg, Table: table}
	fields.Only("ca", "cert", "key", "insecure", "servername")
	config.ServerName = fields.String("servername", "")
	if err := Trust(fields, config); err != nil {
		return nil, fmt.Errorf("option tls: %w", err)
	}
	return config, nil
}

// Trust reads the options ca, cert, key and insecure of a client: whom it trusts, and who it is.
func Trust(opts luahost.Fields, config *tls.Config) (err error) {
	config.InsecureSkipVerify = opts.Bool("insecure", false)
	if config.RootCAs, err = Authorities(opts, "ca"); err != nil {
		return err
	}
	cert, key := opts.String("cert", ""), opts.String("key", "")
	if cert != "" || key != "" {
		pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
		if err != nil {
			return fmt.Errorf("bad certificate: %s", neterror.Reason(err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return nil
}

// Authorities reads an option with certificates in PEM form, nil when absent.
func Authorities(opts luahost.Fields, name string) (*x509.CertPool, error) {
	text := opts.String(name, "")
	if text == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, errors.New(name + " has no certificate in PEM form")
	}
	return pool, nil
}

// Certificates reads a list of {cert, key} in PEM form, those of a server.
func Certificates(list []luahost.Fields) (certificates []tls.Certificate, err error) {
	for i, c := range list {
		c.Only("cert", "key")
		pair, err := tls.X509KeyPair([]byte(c.String("cert", "")), []byte(c.String("key", "")))
		if err != nil {
			return nil, fmt.Errorf("bad certificate %d: %s", i+1, neterror.Reason(err))
		}
		certificates = append(certificates, pair)
	}
	return certificates, nil
}

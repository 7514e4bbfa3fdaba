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
	config.InsecureSkipVerify = fields.Bool("insecure", false)
	config.ServerName = fields.String("servername", "")
	if ca := fields.String("ca", ""); ca != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("option tls: ca has no certificate in PEM form")
		}
	}
	cert, key := fields.String("cert", ""), fields.String("key", "")
	if cert != "" || key != "" {
		pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
		if err != nil {
			return nil, fmt.Errorf("option tls: bad certificate: %s", neterror.Reason(err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

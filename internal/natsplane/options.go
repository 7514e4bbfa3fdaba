package natsplane

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"time"

	"silly/internal/fileerror"
	"silly/internal/neterror"

	"github.com/nats-io/nats.go"
)

// maxServers is how many servers ParseServers takes.
const maxServers = 100

// ParseServers reads the URLs of servers with commas between them: nats://, tls://, ws:// or wss://, user and password
// or a token before an @ if the server wants them, a host, and a port, 4222 by default. Its errors do not repeat what is
// wrong, which may be a password.
func ParseServers(text string) (servers []string, err error) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part != "" && !strings.Contains(part, "://") {
			part = "nats://" + part
		}
		u, err := url.Parse(part)
		switch {
		case part == "":
			return nil, errors.New("the URL of a server is empty")
		case err != nil || u.Opaque != "":
			return nil, fmt.Errorf("URL %d cannot be read", len(servers)+1)
		case u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss":
			return nil, fmt.Errorf("URL %d: nats://, tls://, ws:// or wss:// expected", len(servers)+1)
		case u.Hostname() == "":
			return nil, fmt.Errorf("URL %d has no host", len(servers)+1)
		case u.Path != "" && u.Path != "/" && !strings.HasPrefix(u.Scheme, "ws"), u.RawQuery != "", u.Fragment != "":
			return nil, fmt.Errorf("URL %d has more than a host and a port", len(servers)+1)
		case len(servers) == maxServers:
			return nil, fmt.Errorf("more than %d URLs", maxServers)
		}
		if u.Port() == "" && !strings.HasPrefix(u.Scheme, "ws") {
			u.Host = strings.TrimSuffix(u.Host, ":") + ":4222"
		}
		servers = append(servers, u.String())
	}
	return servers, nil
}

// addresses are the hosts and ports of servers, for people.
func addresses(servers []string) string {
	var list []string
	for _, server := range servers {
		if u, err := url.Parse(server); err == nil {
			list = append(list, u.Host)
		}
	}
	return strings.Join(list, ", ")
}

// reason says in plain words why something with NATS did not work.
func reason(err error) string {
	switch {
	case errors.Is(err, nats.ErrNoServers):
		return "connection refused"
	case errors.Is(err, nats.ErrStaleConnection):
		return "the server does not answer"
	}
	return strings.TrimPrefix(neterror.Reason(err), "nats: ")
}

// checkReadable says which of some files cannot be read, and why; "" is none.
func checkReadable(files ...string) error {
	for _, file := range files {
		if file == "" {
			continue
		}
		if _, err := os.ReadFile(file); err != nil {
			return fmt.Errorf("cannot read %s: %s", file, fileerror.Reason(err))
		}
	}
	return nil
}

// options makes those of the connection.
func (p *Plane) options(o Options, more []nats.Option) (*nats.Options, error) {
	timeout := max(firstConnect/time.Duration(max(1, len(o.Servers))), time.Second/2)
	list := []nats.Option{
		nats.Name("silly"), nats.Timeout(timeout), nats.FlusherTimeout(stalled), nats.ReconnectOnFlusherError(),
		nats.MaxReconnects(-1), nats.CustomReconnectDelay(delay), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectBufSize(-1), // what cannot be sent now is not kept for later
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(p.isAway), nats.ReconnectErrHandler(p.stillAway), nats.ReconnectHandler(p.isBack),
		nats.ErrorHandler(p.isWrong), nats.NoCallbacksAfterClientClose(),
	}
	if err := checkReadable(o.Credentials, o.CA, o.Certificate, o.Key); err != nil {
		return nil, err
	}
	if o.Credentials != "" {
		list = append(list, nats.UserCredentials(o.Credentials))
	}
	if o.CA != "" {
		list = append(list, nats.RootCAs(o.CA))
	}
	if o.Certificate != "" {
		list = append(list, nats.ClientCert(o.Certificate, o.Key))
	}
	options := nats.GetDefaultOptions()
	options.Servers = o.Servers
	for _, option := range append(list, more...) {
		if err := option(&options); err != nil {
			return nil, errors.New(reason(err))
		}
	}
	return &options, nil
}

// delay is the pause after all servers were tried for the n-th time: random, so that not all clients come at once.
func delay(n int) time.Duration {
	pause := maxDelay
	if n < 6 {
		pause = firstDelay << max(n-1, 0)
	}
	return pause/2 + rand.N(pause/2)
}

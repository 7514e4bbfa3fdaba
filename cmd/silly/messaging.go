package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"silly/internal/natsplane"
	"silly/internal/visible"
	"silly/luahost/backplane"
	"silly/luahost/hostlog"
)

// messaging is what the command line says about the messages of silly.topic.
type messaging struct {
	given       bool   // nats is
	nats        string // URLs, which may have passwords in them
	credentials string
	ca          string
	certificate string
	key         string

	servers []string // of nats, after check

	cluster natsplane.ClusterOptions // no Address is no cluster, but Data may be given
}

// messagingFlags defines the flags for messages.
func messagingFlags(flags *flag.FlagSet) *messaging {
	m := new(messaging)
	flags.Func("nats", "", func(text string) error {
		m.given, m.nats = true, text
		return nil
	})
	flags.StringVar(&m.credentials, "nats-creds", "", "")
	flags.StringVar(&m.ca, "nats-ca", "", "")
	flags.StringVar(&m.certificate, "nats-cert", "", "")
	flags.StringVar(&m.key, "nats-key", "", "")
	flags.StringVar(&m.cluster.Address, "cluster", "", "")
	flags.Func("join", "", func(text string) error {
		m.cluster.Join = append(m.cluster.Join, text)
		return nil
	})
	flags.Func("data", "", func(text string) error {
		if m.cluster.Data = text; text == "" {
			return errors.New("a folder is expected")
		}
		return nil
	})
	flags.StringVar(&m.cluster.Secret, "cluster-secret", "", "")
	flags.StringVar(&m.cluster.CA, "cluster-ca", "", "")
	flags.StringVar(&m.cluster.Certificate, "cluster-cert", "", "")
	flags.StringVar(&m.cluster.Key, "cluster-key", "", "")
	return m
}

// check says what is wrong with the flags, without the URLs.
func (m *messaging) check() (err error) {
	c := &m.cluster
	switch {
	case c.Address != "" && m.given:
		return errors.New("--nats and --cluster exclude each other")
	case c.Data != "" && m.given:
		return errors.New("--nats and --data exclude each other: the NATS server keeps the messages")
	case c.Address != "":
	case len(c.Join) > 0:
		return errors.New("flag --join needs --cluster")
	case c.Secret+c.CA+c.Certificate+c.Key != "":
		return errors.New("flags --cluster-secret, --cluster-ca, --cluster-cert and --cluster-key need --cluster")
	}
	if !m.given {
		for _, f := range [...]struct{ name, value string }{
			{"nats-creds", m.credentials}, {"nats-ca", m.ca}, {"nats-cert", m.certificate}, {"nats-key", m.key},
		} {
			if f.value != "" {
				return fmt.Errorf("flag --%s needs --nats", f.name)
			}
		}
		return nil
	}
	if (m.certificate == "") != (m.key == "") {
		return errors.New("flags --nats-cert and --nats-key need each other")
	}
	if m.servers, err = natsplane.ParseServers(m.nats); err != nil {
		return fmt.Errorf("flag --nats: %w", err)
	}
	return nil
}

// openBackplane opens what carries the messages of all workers of a program, nil for one host alone, or returns the
// exit status after saying why not.
func openBackplane(p program, log *hostlog.Log, stderr io.Writer) (b backplane.Backplane, status int) {
	switch m := p.messaging; {
	case m.given:
		b, err := natsplane.Connect(natsplane.Options{
			Servers: m.servers, Credentials: m.credentials, CA: m.ca, Certificate: m.certificate, Key: m.key, Log: logTo(log),
		})
		return opened(b, err, stderr)
	case m.cluster.Address != "" || m.cluster.Data != "":
		m.cluster.Log = logTo(log)
		b, err := natsplane.StartNode(m.cluster)
		return opened(b, err, stderr)
	case p.workers > 0:
		return backplane.NewMemory(), exitOK
	}
	return nil, exitOK
}

// logTo returns what writes to a log.
func logTo(log *hostlog.Log) func(level slog.Level, text string) {
	return func(level slog.Level, text string) { log.Write(level, 0, "", text) }
}

// opened returns a backplane, or prints why there is none.
func opened(b backplane.Backplane, err error, stderr io.Writer) (backplane.Backplane, int) {
	if err != nil {
		fmt.Fprintf(stderr, "silly: %s\n", visible.Text(err.Error()))
		return nil, exitFailure
	}
	return b, exitOK
}

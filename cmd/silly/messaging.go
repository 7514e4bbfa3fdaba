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
	return m
}

// check says what is wrong with the flags, without the URLs.
func (m *messaging) check() (err error) {
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
		plane, err := natsplane.Connect(natsplane.Options{
			Servers: m.servers, Credentials: m.credentials, CA: m.ca, Certificate: m.certificate, Key: m.key,
			Log: func(level slog.Level, text string) { log.Write(level, 0, "", text) },
		})
		if err != nil {
			fmt.Fprintf(stderr, "silly: %s\n", visible.Text(err.Error()))
			return nil, exitFailure
		}
		return plane, exitOK
	case p.workers > 0:
		return backplane.NewMemory(), exitOK
	}
	return nil, exitOK
}

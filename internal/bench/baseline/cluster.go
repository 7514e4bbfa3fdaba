//go:build linux

package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// serveCluster is broadcast over several processes, each with a NATS server that listens for the others at an address, and
// a connection of nats.go to it. It prints its address when it sees another one that it has been told of.
func serveCluster(address string, others []string) error {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	options := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		Cluster: server.ClusterOpts{Name: "baseline", Host: host, Port: port},
	}
	for _, other := range others {
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: other})
	}
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("the NATS server does not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return err
	}
	h := newHub()
	if _, err := conn.Subscribe("room", func(m *nats.Msg) { h.lines <- m.Data }); err != nil {
		return err
	}
	for len(others) > 0 && s.NumRoutes() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.attend(w, r, func(line []byte) { _ = conn.Publish("room", line) })
	}))
}

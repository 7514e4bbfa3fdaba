package natsplane

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"silly/internal/fileerror"
	"silly/luahost/backplane"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// clusterName is the name of every cluster of silly, and the user of its nodes.
	clusterName = "silly"
	// maxSecret is how long a secret may be, and minSecret how short, in bytes.
	minSecret, maxSecret = 16, 4096
	// maxPayload is what a node takes: the largest message with the largest header.
	maxPayload = backplane.MaxData + maxOtherFields + 64<<10
	// startWithin is how long a node may take to start.
	startWithin = 10 * time.Second
	// freePorts is how many free ports are tried.
	freePorts = 5
	// syncEvery is how often what is kept on disk is on the disk for sure, also when the machine loses its power.
	syncEvery = time.Second
)

// errUnsafe says how to make what a cluster needs that others could reach.
var errUnsafe = errors.New("a cluster beyond this machine needs --cluster-secret, --cluster-cert, " + `--cluster-key and --cluster-ca.
The secret is any text that all nodes have in a file:
  openssl rand -hex 32 > secret
A certificate authority, once, and for each node a certificate for the name or address by which others join it:
  openssl req -x509 -newkey ed25519 -nodes -days 3650 -subj /CN=cluster -keyout ca.key -out ca.pem
  openssl req -x509 -newkey ed25519 -nodes -days 365 -subj /CN=node1 -CA ca.pem -CAkey ca.key \
    -addext subjectAltName=DNS:node1.example,IP:192.0.2.1 -addext basicConstraints=critical,CA:FALSE \
    -keyout node1.key -out node1.pem`)

// ClusterOptions say where a node listens for other nodes, and which it joins.
type ClusterOptions struct {
	Address     string   // host:port; port 0 is a free one
	Advertise   string   // host:port where nodes are told that this one is, "" for Address: it may be behind a proxy
	Join        []string // host:port of other nodes; they tell of the rest
	Secret      string   // a file with what all nodes know; on the loopback it and the three below may be ""
	Certificate string   // files in PEM: the certificate of the node, its key, and the authorities of all nodes
	Key         string
	CA          string
	// Data is a folder for the messages that are kept; with "" they are in the memory of the nodes.
	Data string
	// Log is told what goes wrong. Any goroutine calls it.
	Log func(level slog.Level, text string)
}

// A Node is a Plane with a NATS server of its own, which only other nodes can connect to. It implements
// backplane.Backplane and backplane.Store. Any goroutine may call its methods.
type Node struct {
	*Plane
	server *server.Server
	joins  bool // it has been told of other nodes
	data   *dataFolder
	once   sync.Once
}

var (
	_ backplane.Backplane = (*Node)(nil)
	_ backplane.Store     = (*Node)(nil)
)

// StartNode starts a node. It does not wait for other nodes: they may come later. With Data and no Address it is a server
// for this process alone.
func StartNode(o ClusterOptions) (n *Node, err error) {
	for range freePorts {
		n, err = tryNode(o)
		taken := err != nil && strings.HasSuffix(err.Error(), "address already in use")
		if !taken || !strings.HasSuffix(o.Address, ":0") {
			return n, err
		}
	}
	return nil, err
}

// tryNode is StartNode, which fails if somebody takes the free port.
func tryNode(o ClusterOptions) (*Node, error) {
	options, err := o.server()
	if err != nil {
		return nil, err
	}
	n := &Node{joins: len(o.Join) > 0}
	if n.data, err = openData(o.Data); err != nil {
		return nil, err
	}
	if err := n.start(o, options); err != nil {
		_ = n.Close()
		return nil, err
	}
	return n, nil
}

// start starts the server of a node, and connects to it.
func (n *Node) start(o ClusterOptions, options *server.Options) (err error) {
	options.JetStream, options.StoreDir = true, n.data.path
	if options.ServerName, err = n.data.name(o.Address, options.Cluster.Port); err != nil {
		return err
	}
	if n.server, err = server.NewServer(options); err != nil {
		return err
	}
	log := &serverLog{log: limitedLog{write: o.Log}, failed: make(chan string, 1)}
	n.server.SetLoggerV2(log, false, false, false)
	n.server.Start()
	if err := log.await(n.server); err != nil {
		if o.Address == "" {
			return fmt.Errorf("cannot keep messages in %s: %w", o.Data, err)
		}
		return fmt.Errorf("cannot listen for nodes on %s: %w", o.Address, err)
	}
	secret, _ := options.CustomClientAuthentication.(password)
	n.Plane, err = open(Options{Log: o.Log}, nats.InProcessServer(n.server), nats.UserInfo("", string(secret)))
	if err != nil {
		return err
	}
	n.keeping.replicas, n.keeping.storage = n.replicas, nats.FileStorage
	if o.Data == "" {
		n.keeping.storage = nats.MemoryStorage
	}
	if o.Log != nil && o.Address != "" {
		o.Log(slog.LevelInfo, "cluster: listens for nodes on "+n.server.ClusterAddr().String())
	}
	return nil
}

// replicas is on how many nodes messages are kept.
func (n *Node) replicas() (int, error) {
	if n.server.ClusterAddr() == nil {
		return 1, nil
	}
	nodes := 1 + len(n.others())
	switch {
	case nodes == 1 && !n.joins:
		return 0, errAlone
	case nodes == 1:
		return 0, errNoLeader
	}
	return min(nodes, maxReplicas), nil
}

// stop ends a server.
func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// Status implements backplane.Backplane. Servers are the other nodes.
func (n *Node) Status() backplane.Status {
	s := n.Plane.Status()
	s.Kind, s.Servers = "cluster", nil
	if n.server.ClusterAddr() == nil { // everybody there is is in this process
		s.Kind, s.Complete = "disk", true
		return s
	}
	s.Servers = slices.Sorted(maps.Values(n.others()))
	return s
}

// others returns the addresses of the nodes that there is a connection to, by their identity.
func (n *Node) others() map[string]string {
	routes, err := n.server.Routez(nil)
	if err != nil {
		return nil
	}
	others := make(map[string]string) // there are several routes to each node
	for _, route := range routes.Routes {
		others[route.RemoteID] = net.JoinHostPort(route.IP, strconv.Itoa(route.Port))
	}
	return others
}

// Close implements backplane.Backplane.
func (n *Node) Close() (err error) {
	n.once.Do(func() {
		if n.Plane != nil {
			err = n.Plane.Close()
		}
		if n.server != nil {
			stop(n.server)
		}
		n.data.close()
	})
	return err
}

// server makes the options of the server.
func (o ClusterOptions) server() (*server.Options, error) {
	options := &server.Options{
		// The server starts no routes without a port for clients (DontListen): this one lets in nobody but the plane.
		Host: "127.0.0.1", Port: server.RANDOM_PORT, CustomClientAuthentication: password(rand.Text()),
		NoSigs: true, NoLog: true, MaxPayload: maxPayload, MaxPending: 2 * maxWaiting, SyncInterval: syncEvery,
		// What the streams of all patterns may take is a limit of the server, which counts it when they are made.
		JetStreamMaxMemory: backplane.MaxKeptPatterns * maxMemoryBytes,
		JetStreamMaxStore:  backplane.MaxKeptPatterns * maxFileBytes,
	}
	if o.Address == "" {
		options.DontListen = true
		return options, nil
	}
	host, port, local, err := splitAddress(o.Address)
	if err != nil {
		return nil, fmt.Errorf("--cluster: %w", err)
	}
	if port == 0 {
		if port, err = freePort(host); err != nil {
			return nil, fmt.Errorf("cannot listen for nodes on %s: %s", o.Address, reason(err))
		}
	}
	options.Cluster = server.ClusterOpts{Name: clusterName, Host: host, Port: port, Advertise: o.Advertise}
	for _, address := range o.Join {
		host, port, isLocal, err := splitAddress(address)
		if err != nil {
			return nil, fmt.Errorf("--join: %w", err)
		}
		local = local && isLocal
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: net.JoinHostPort(host, strconv.Itoa(port))})
	}
	if len(options.Routes) == 0 { // JetStream wants one; the server sees that this is its own address
		self := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: self})
	}
	files := []string{o.Secret, o.Certificate, o.Key, o.CA}
	switch missing := slices.Contains(files, ""); {
	case missing && (!local || slices.ContainsFunc(files, func(f string) bool { return f != "" })):
		return nil, errUnsafe
	case missing:
		return options, nil
	}
	return options, o.protect(options)
}

// A password lets in clients that know it. It implements server.Authentication.
type password string

// Check implements server.Authentication.
func (p password) Check(c server.ClientAuthentication) bool {
	return subtle.ConstantTimeCompare([]byte(c.GetOpts().Password), []byte(p)) == 1
}

// freePort finds a port that is free now. The server must know it before it listens.
func freePort(host string) (port int, err error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// splitAddress reads host:port. local says that it is of the loopback.
func splitAddress(address string) (host string, port int, local bool, err error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return "", 0, false, fmt.Errorf("bad address %q: host:port expected", address)
	}
	port, err = strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, false, fmt.Errorf("bad address %q: port from 0 to 65535 expected", address)
	}
	ip := net.ParseIP(host)
	return host, port, host == "localhost" || ip.IsLoopback(), nil
}

// protect has the nodes show certificates and the secret to each other.
func (o ClusterOptions) protect(options *server.Options) error {
	if err := checkReadable(o.Certificate, o.Key, o.CA); err != nil {
		return err
	}
	secret, err := os.ReadFile(o.Secret)
	if err != nil {
		return fmt.Errorf("cannot read %s: %s", o.Secret, fileerror.Reason(err))
	}
	text := strings.TrimSpace(string(secret))
	if len(text) < minSecret || len(text) > maxSecret {
		return fmt.Errorf("%s: a secret of %d to %d bytes expected", o.Secret, minSecret, maxSecret)
	}
	certificates := server.TLSConfigOpts{CertFile: o.Certificate, KeyFile: o.Key, CaFile: o.CA, Verify: true}
	config, err := server.GenTLSConfig(&certificates)
	if err != nil {
		return errors.New(reason(err))
	}
	config.RootCAs = config.ClientCAs // those of the nodes that this one joins
	c := &options.Cluster
	c.Username, c.Password, c.TLSConfig, c.TLSTimeout = clusterName, text, config, 5
	for _, route := range options.Routes {
		route.User = url.UserPassword(clusterName, text)
	}
	return nil
}

// A serverLog gets the log of a server. It implements server.Logger. Any goroutine may call its methods.
type serverLog struct {
	log    limitedLog
	failed chan string // why the server has not started
}

// await waits until a server has started.
func (l *serverLog) await(s *server.Server) error {
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); {
		select {
		case why := <-l.failed:
			return errors.New(why)
		default:
		}
		if s.ReadyForConnections(50 * time.Millisecond) {
			return nil
		}
	}
	return errors.New("timeout")
}

// Fatalf implements server.Logger.
func (l *serverLog) Fatalf(format string, v ...any) {
	why := fmt.Sprintf(format, v...)
	for _, value := range v {
		if err, ok := value.(error); ok {
			why = reason(err)
		}
	}
	select {
	case l.failed <- why:
	default:
	}
}

// Errorf implements server.Logger.
func (l *serverLog) Errorf(format string, v ...any) {
	l.log.add(slog.LevelWarn, "cluster: "+fmt.Sprintf(format, v...))
}

// Warnf implements server.Logger.
func (l *serverLog) Warnf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	for _, usual := range []string{"Waiting for routing", "JetStream has not established contact", "Metalayer blocking snapshot"} {
		if strings.HasPrefix(text, usual) {
			return // a node may be the first one, and each one ends
		}
	}
	l.log.add(slog.LevelWarn, "cluster: "+text)
}

// Noticef implements server.Logger.
func (*serverLog) Noticef(string, ...any) {}

// Debugf implements server.Logger.
func (*serverLog) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (*serverLog) Tracef(string, ...any) {}

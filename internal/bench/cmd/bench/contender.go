//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names of the contenders.
const (
	silly    = "silly"
	plainGo  = "plain Go"
	external = "external"
)

// A workshop has the programs that a run needs, in a folder of its own.
type workshop struct {
	root      string // of the module
	dir       string
	cert, key string // files
	profiles  string // folder for profiles, or ""
}

// newWorkshop builds the programs.
func newWorkshop(ctx context.Context, profiles string) (*workshop, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	w := &workshop{root: filepath.Dir(strings.TrimSpace(string(mod)))}
	if _, err := os.Stat(filepath.Join(w.root, "internal", "bench", "scripts")); err != nil {
		return nil, fmt.Errorf("run it inside the repository of silly: %w", err)
	}
	if w.dir, err = os.MkdirTemp("", "silly-bench-"); err != nil {
		return nil, err
	}
	if err := w.fill(ctx, profiles); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *workshop) fill(ctx context.Context, profiles string) error {
	if profiles != "" {
		var err error
		if w.profiles, err = filepath.Abs(profiles); err != nil {
			return err
		}
		if err := os.MkdirAll(w.profiles, 0o777); err != nil {
			return err
		}
	}
	// -pgo=auto takes cmd/silly/default.pgo for silly. profiled is to be what silly is.
	programs := [][]string{{"silly", "./cmd/silly"}, {"baseline", "./internal/bench/baseline"}, {"empty", "./internal/bench/empty"}}
	if w.profiles != "" {
		profiled := []string{"profiled", "./internal/bench/profiled"}
		if pgo := filepath.Join(w.root, "cmd", "silly", "default.pgo"); exists(pgo) {
			profiled = append(profiled, "-pgo="+pgo)
		}
		programs = append(programs, profiled)
	}
	for _, p := range programs {
		args := append([]string{"build", "-o", filepath.Join(w.dir, p[0])}, p[2:]...)
		build := exec.CommandContext(ctx, "go", append(args, p[1])...)
		build.Dir = w.root
		if p[0] == "silly" {
			build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build does
		}
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", p[1], err, output)
		}
	}
	return w.certify()
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func (w *workshop) close() { os.RemoveAll(w.dir) }

func (w *workshop) program(name string) string { return filepath.Join(w.dir, name) }

// command is the server of a contender for a workload. prefix is "" or where its profiles go.
func (w *workshop) command(contender string, work workload, prefix string) []string {
	var command []string
	switch contender {
	case silly:
		script := filepath.Join(w.root, "internal", "bench", "scripts", work.serve+".lua")
		command = []string{w.program("silly")}
		if prefix != "" {
			command = []string{w.program("profiled"), prefix}
		} else if work.workers > 0 {
			command = append(command, fmt.Sprintf("--workers=%d", work.workers))
		}
		command = append(command, script)
	case plainGo:
		like := work.serve
		if work.like != "" {
			like = work.like
		}
		command = []string{w.program("baseline"), "-profile", prefix, like}
	}
	if work.scheme == "wss" {
		command = append(command, w.cert, w.key)
	}
	return command
}

// pair are the commands of the two processes of a contender: the second one finds the first one at node, an address that is
// free.
func (w *workshop) pair(contender string, work workload, node string) (first, second []string) {
	command := w.command(contender, work, "")
	if contender == plainGo {
		return append(command, node), append(slices.Clip(command), "127.0.0.1:0", node)
	}
	flags := []string{"--loglevel=warn", "--cluster=" + node}
	first = slices.Insert(slices.Clone(command), 1, flags...)
	second = slices.Insert(slices.Clone(command), 1, "--loglevel=warn", "--cluster=127.0.0.1:0", "--join="+node)
	return first, append(second, "second")
}

// freeAddress is one where nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// certify makes a certificate for wss.
func (w *workshop) certify() error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	w.cert, w.key = filepath.Join(w.dir, "cert.pem"), filepath.Join(w.dir, "key.pem")
	if err := os.WriteFile(w.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(w.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600)
}

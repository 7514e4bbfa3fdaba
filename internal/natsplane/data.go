package natsplane

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"silly/internal/fileerror"
)

// errInUse says that another process keeps messages in a folder.
var errInUse = errors.New("another process has it open")

// A dataFolder is where a server keeps its files: JetStream's own state, and messages if they are kept on disk.
type dataFolder struct {
	path string
	temp bool     // it goes when the server does
	lock *os.File // held while the folder is open
}

// openData opens a folder and makes it if necessary; "" is one that goes again.
func openData(path string) (*dataFolder, error) {
	if path == "" {
		path, err := os.MkdirTemp("", "silly-cluster-")
		if err != nil {
			return nil, errors.New(fileerror.Reason(err))
		}
		return &dataFolder{path: path, temp: true}, nil
	}
	d := &dataFolder{path: path}
	err := os.MkdirAll(path, 0o700)
	if err == nil {
		d.lock, err = os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err == nil {
		if err = lock(d.lock); err != nil {
			_ = d.lock.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot keep messages in %s: %s", path, fileerror.Reason(err))
	}
	return d, nil
}

// close closes the folder. No server uses it any more.
func (d *dataFolder) close() {
	if d.temp {
		_ = os.RemoveAll(d.path)
		return
	}
	_ = d.lock.Close()
}

// name is by which the other nodes know the server with this folder, also after it has started again: one that stands in the
// folder, or if that is new each time, that of the machine and the address.
func (d *dataFolder) name(address string, port int) (string, error) {
	if d.temp {
		machine, err := os.Hostname()
		if err != nil {
			return "", errors.New(fileerror.Reason(err))
		}
		host, _, _ := net.SplitHostPort(address)
		return strings.ReplaceAll(fmt.Sprintf("%s-%s-%s", machine, host, strconv.Itoa(port)), " ", "-"), nil
	}
	file := filepath.Join(d.path, "name")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		text = []byte("silly-" + rand.Text())
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("cannot keep messages in %s: %s", d.path, fileerror.Reason(err))
	}
	name := strings.TrimSpace(string(text))
	if name == "" || len(name) > 100 || strings.ContainsAny(name, " \t\r\n*>.") {
		return "", fmt.Errorf("cannot keep messages in %s: the file name there has no name of a node", d.path)
	}
	return name, nil
}

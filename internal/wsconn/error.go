package wsconn

import (
	"errors"
	"io"
	"net"
	"syscall"

	"silly/internal/netconn"
	"silly/internal/neterror"
)

// Errors that reading and writing return beside the network's own.
var (
	ErrClosed    = errors.New("socket closed")
	ErrTimeout   = netconn.ErrTimeout
	ErrBusy      = errors.New("another task reads this socket")
	ErrEndOfFile = errors.New("end of file")
	ErrNotUTF8   = errors.New("text is not valid utf-8")
	ErrIdle      = errors.New("idle timeout: the peer is silent")
)

// networkError names why a read failed for good.
func (c *Conn) networkError(err error) error {
	if c.nc.Err() == netconn.ErrSlowPeer {
		return netconn.ErrSlowPeer // which has closed the connection
	}
	return networkError(err)
}

// networkError names a network error.
func networkError(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return ErrEndOfFile
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errors.New("connection reset by peer")
	}
	return errors.New(neterror.Reason(err))
}

// writeError names why a write failed.
func writeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	case err == netconn.ErrSlowPeer:
		return err
	}
	return networkError(err)
}

package errno

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"silly/internal/netconn"
)

func TestText(t *testing.T) {
	t.Parallel()
	wrapped := func(err error) error {
		return fmt.Errorf("doing it: %w", &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)})
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{wrapped(syscall.ECONNREFUSED), "Connection refused (" + fmt.Sprint(int(syscall.ECONNREFUSED)) + ")"},
		{wrapped(syscall.EXDEV), syscall.EXDEV.Error() + " (" + fmt.Sprint(int(syscall.EXDEV)) + ")"},
		{wrapped(syscall.ETIMEDOUT), systemText(syscall.ETIMEDOUT)},
		{netconn.ErrTimeout, systemText(syscall.ETIMEDOUT)},
		{netconn.ErrSlowPeer, systemText(syscall.ETIMEDOUT)},
		{os.ErrDeadlineExceeded, systemText(syscall.ETIMEDOUT)},
		{context.DeadlineExceeded, systemText(syscall.ETIMEDOUT)},
		{io.EOF, EOF},
		{io.ErrUnexpectedEOF, EOF},
		{wrapped(net.ErrClosed), Closed},
		{netconn.ErrInterrupted, Closed},
		{ErrClosing, Closing},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "a", IsTimeout: true}}, Resolve},
		{&net.OpError{Op: "dial", Err: &net.AddrError{Err: "missing port in address", Addr: "a"}}, systemText(syscall.EINVAL)},
		{&tls.CertificateVerificationError{Err: errors.New("expired")}, TLS},
		{tls.RecordHeaderError{Msg: "no tls"}, TLS},
		{tls.AlertError(40), TLS},
		{netconn.ErrTruncated, TLS},
		{fmt.Errorf("doing it: %w", AsTLS(errors.New("bad certificate"))), TLS},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, TLS},
		{errors.New("tls: no supported versions"), TLS},
		{errors.New("something else"), "something else"},
	} {
		if got := Text(c.err); got != c.want {
			t.Errorf("%v: got %q, want %q", c.err, got, c.want)
		}
	}
}

func TestCodesDiffer(t *testing.T) {
	t.Parallel()
	names := make(map[string]string)
	for _, c := range Codes() {
		if other, ok := names[c.Text]; ok && other+c.Name != "AGAINWOULDBLOCK" {
			t.Errorf("%s and %s are both %q", other, c.Name, c.Text)
		}
		names[c.Text] = c.Name
	}
	if len(Codes()) != 40 {
		t.Errorf("%d codes, want the 40 of the reference page", len(Codes()))
	}
}

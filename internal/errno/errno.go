// Package errno names the reasons for which a connection fails, as the framework's silly.errno does: each is one string,
// the same wherever it comes from, so that scripts compare it.
package errno

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"silly/internal/netconn"
)

// Reasons that are not the system's. Their numbers are beyond those of any.
const (
	Resolve  = "DNS resolution failed (10001)"
	NoSocket = "No free socket available (10002)"
	Closing  = "Socket is closing (10003)"
	Closed   = "Socket is closed (10004)"
	EOF      = "End of file (10005)"
	TLS      = "TLS error (10006)"
)

// ErrClosing is the error of a read that would wait although the program is being stopped.
var ErrClosing = errors.New("the program is being stopped")

// AsTLS makes an error, such as that of a certificate which cannot be read, one of TLS.
func AsTLS(err error) error { return tlsError{err} }

type tlsError struct{ error }

func (e tlsError) Unwrap() error { return e.error }

// A Code is the name of a reason and its text.
type Code struct{ Name, Text string }

// own are the codes that are not the system's.
var own = [...]Code{
	{"RESOLVE", Resolve}, {"NOSOCKET", NoSocket}, {"CLOSING", Closing}, {"CLOSED", Closed}, {"EOF", EOF}, {"TLS", TLS},
}

// A number is an error number of the system.
type number struct {
	name  string
	errno syscall.Errno
	text  string
}

var numbers = [...]number{
	{"INTR", syscall.EINTR, "Interrupted system call"},
	{"ACCES", syscall.EACCES, "Permission denied"},
	{"BADF", syscall.EBADF, "Bad file descriptor"},
	{"FAULT", syscall.EFAULT, "Bad address"},
	{"INVAL", syscall.EINVAL, "Invalid argument"},
	{"MFILE", syscall.EMFILE, "Too many open files"},
	{"NFILE", syscall.ENFILE, "Too many open files in system"},
	{"NOMEM", syscall.ENOMEM, "Cannot allocate memory"},
	{"NOBUFS", syscall.ENOBUFS, "No buffer space available"},
	{"NOTSOCK", syscall.ENOTSOCK, "Socket operation on non-socket"},
	{"OPNOTSUPP", syscall.EOPNOTSUPP, "Operation not supported"},
	{"AFNOSUPPORT", syscall.EAFNOSUPPORT, "Address family not supported by protocol"},
	{"PROTONOSUPPORT", syscall.EPROTONOSUPPORT, "Protocol not supported"},
	{"ADDRINUSE", syscall.EADDRINUSE, "Address already in use"},
	{"ADDRNOTAVAIL", syscall.EADDRNOTAVAIL, "Cannot assign requested address"},
	{"NETDOWN", syscall.ENETDOWN, "Network is down"},
	{"NETUNREACH", syscall.ENETUNREACH, "Network is unreachable"},
	{"NETRESET", syscall.ENETRESET, "Network dropped connection on reset"},
	{"HOSTUNREACH", syscall.EHOSTUNREACH, "No route to host"},
	{"CONNABORTED", syscall.ECONNABORTED, "Software caused connection abort"},
	{"CONNRESET", syscall.ECONNRESET, "Connection reset by peer"},
	{"CONNREFUSED", syscall.ECONNREFUSED, "Connection refused"},
	{"TIMEDOUT", syscall.ETIMEDOUT, "Operation timed out"},
	{"ISCONN", syscall.EISCONN, "Transport endpoint is already connected"},
	{"NOTCONN", syscall.ENOTCONN, "Transport endpoint is not connected"},
	{"INPROGRESS", syscall.EINPROGRESS, "Operation now in progress"},
	{"ALREADY", syscall.EALREADY, "Operation already in progress"},
	{"AGAIN", syscall.EAGAIN, "Resource temporarily unavailable"},
	{"WOULDBLOCK", syscall.EWOULDBLOCK, "Operation would block"},
	{"PIPE", syscall.EPIPE, "Broken pipe"},
	{"DESTADDRREQ", syscall.EDESTADDRREQ, "Destination address required"},
	{"MSGSIZE", syscall.EMSGSIZE, "Message too long"},
	{"PROTOTYPE", syscall.EPROTOTYPE, "Protocol wrong type for socket"},
	{"NOPROTOOPT", syscall.ENOPROTOOPT, "Protocol not available"},
}

// Codes are all codes. Two have the same text where the system has one number for both.
func Codes() []Code {
	codes := make([]Code, 0, len(numbers)+len(own))
	for _, n := range numbers {
		codes = append(codes, Code{n.name, systemText(n.errno)})
	}
	return append(codes, own[:]...)
}

// Text is the code of why a connection, or what was done with one, has failed. What has no code keeps its own text.
func Text(err error) string {
	var number syscall.Errno
	var dns *net.DNSError
	var address *net.AddrError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, netconn.ErrTruncated):
		return TLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return EOF
	case errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, netconn.ErrInterrupted):
		return Closed
	case errors.Is(err, ErrClosing):
		return Closing
	case errors.As(err, &dns):
		return Resolve
	case errors.Is(err, netconn.ErrTimeout), errors.Is(err, netconn.ErrSlowPeer), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, context.DeadlineExceeded):
		return systemText(syscall.ETIMEDOUT)
	case errors.As(err, &number):
		return systemText(number)
	case errors.As(err, &address):
		return systemText(syscall.EINVAL)
	case isTLS(err):
		return TLS
	case errors.As(err, &timeout) && timeout.Timeout():
		return systemText(syscall.ETIMEDOUT)
	}
	return err.Error()
}

// isTLS reports whether crypto/tls has failed rather than the connection below.
func isTLS(err error) bool {
	var own tlsError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var op *net.OpError
	switch {
	case errors.As(err, &own), errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return true
	case errors.As(err, &op):
		return op.Op == "remote error" || op.Op == "local error"
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}

// systemText is the text of an error number.
func systemText(errno syscall.Errno) string {
	text := ""
	for _, n := range numbers {
		if n.errno == errno {
			text = n.text
			break
		}
	}
	if text == "" {
		text = errno.Error()
	}
	return text + " (" + strconv.Itoa(int(errno)) + ")"
}

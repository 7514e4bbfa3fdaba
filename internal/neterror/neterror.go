// Package neterror turns network errors into the texts that scripts see: lower case, naming what was
// done to what and why it failed, without Go's types and prefixes.
package neterror

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Text describes err, such as "connect 127.0.0.1:9: connection refused".
func Text(err error) string {
	if is[described](err) {
		return err.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" || errors.As(err, &op) && op.Op == "listen" {
		doing := op.Op
		if doing == "dial" {
			doing = "connect"
		}
		if op.Addr != nil {
			doing += " " + op.Addr.String()
		}
		return doing + ": " + Reason(op.Err)
	}
	return Reason(err)
}

// Failed is the error of an operation on an address, such as "listen :80: permission denied". The
// operation that package net names itself is left out.
func Failed(doing, address string, err error) error {
	if op, ok := err.(*net.OpError); ok {
		err = op.Err
	}
	return described{fmt.Sprintf("%s %s: %s", doing, address, Reason(err))}
}

// described is an error whose text is for scripts already.
type described struct{ text string }

func (d described) Error() string { return d.text }

// notTLS is the reason when a handshake is answered by something else.
const notTLS = "the peer does not speak tls"

// Reason describes why, without saying what was being done.
func Reason(err error) string {
	var errno syscall.Errno
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return ""
	case is[described](err):
		return err.Error()
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "end of file"
	case errors.As(err, &certificate):
		return "certificate of the server is not trusted: " + certificateReason(certificate.Err)
	case errors.As(err, &record):
		return notTLS
	case errors.As(err, &alert):
		return "the peer refused tls (" + trimPrefixes(alert.Error()) + ")"
	case errors.As(err, &dns):
		if dns.IsTimeout {
			return "lookup " + dns.Name + ": timeout"
		}
		if dns.IsNotFound {
			return "lookup " + dns.Name + ": no such host"
		}
		return "lookup " + dns.Name + ": " + dns.Err
	case errors.As(err, &errno):
		return errno.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) {
		switch op.Op {
		case "remote error":
			return "the peer refused tls (" + trimPrefixes(op.Err.Error()) + ")"
		case "local error":
			return "the peer breaks the rules of tls (" + trimPrefixes(op.Err.Error()) + ")"
		}
		return Reason(op.Err)
	}
	var address *net.AddrError
	if errors.As(err, &address) {
		return "address " + address.Addr + ": " + address.Err
	}
	text := err.Error()
	if strings.HasPrefix(text, "tls: ") && hasGoWords(trimPrefixes(text)) {
		return "the peer breaks the rules of tls"
	}
	return trimPrefixes(text)
}

func certificateReason(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "signed by unknown authority"
	}
	return trimPrefixes(err.Error())
}

// trimPrefixes removes the package names that Go's errors begin with.
func trimPrefixes(text string) string {
	for _, prefix := range []string{"tls: ", "x509: ", "http: ", "net/http: ", "net: ", "http2: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

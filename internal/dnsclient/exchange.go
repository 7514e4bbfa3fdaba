package dnsclient

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// ask asks one nameserver, over UDP, and over TCP when the answer is too long (RFC 7766 section 5). It fails at the
// deadline.
func (r *Resolver) ask(
	ctx context.Context, server netip.AddrPort, q dnsmessage.Question, due time.Time,
) (answer, error) {
	ctx, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	a, err := r.exchange(ctx, "udp", server, q, true)
	if code := (serverError{}); errors.As(err, &code) && code.code == dnsmessage.RCodeFormatError {
		a, err = r.exchange(ctx, "udp", server, q, false) // a server that does not know EDNS (RFC 6891 section 7)
	}
	if err == nil && a.truncated {
		a, err = r.exchange(ctx, "tcp", server, q, true)
		if err == nil && a.truncated {
			err = serverError{dnsmessage.RCodeServerFailure}
		}
	}
	return a, err
}

// exchange sends a query and waits for its answer, until the context ends.
func (r *Resolver) exchange(
	ctx context.Context, network string, server netip.AddrPort, q dnsmessage.Question, extended bool,
) (answer, error) {
	id := uint16(rand.Uint32())
	query, err := newQuery(id, q, extended)
	if err != nil {
		return answer{}, err
	}
	nc, err := r.dial(ctx, network, server.String())
	if err != nil {
		return answer{}, waitError(ctx, err)
	}
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })()
	var a answer
	if network == "tcp" {
		a, err = exchangeTCP(nc, query, id, q)
	} else {
		a, err = exchangeUDP(nc, query, id, q)
	}
	return a, waitError(ctx, err)
}

// waitError is why an exchange has failed: when the context has ended, because of that.
func waitError(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// exchangeUDP waits for the answer among whatever else is sent to the socket.
func exchangeUDP(nc net.Conn, query []byte, id uint16, q dnsmessage.Question) (answer, error) {
	if _, err := nc.Write(query); err != nil {
		return answer{}, err
	}
	buffer := make([]byte, 2*maxUDP) // some send more than they are asked to
	for {
		n, err := nc.Read(buffer)
		if err != nil {
			return answer{}, err
		}
		if a, err := parseAnswer(buffer[:n], id, q); err != errNotOurs {
			return a, err
		}
	}
}

// exchangeTCP sends and receives messages with their length in front (RFC 1035 section 4.2.2).
func exchangeTCP(nc net.Conn, query []byte, id uint16, q dnsmessage.Question) (answer, error) {
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(query)), uint16(len(query)))
	if _, err := nc.Write(append(framed, query...)); err != nil {
		return answer{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(nc, length[:]); err != nil {
		return answer{}, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(nc, message); err != nil {
		return answer{}, err
	}
	return parseAnswer(message, id, q)
}

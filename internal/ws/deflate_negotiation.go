package ws

import (
	"errors"
	"strconv"
)

// Names of the extension and its parameters (RFC 7692 section 7).
const (
	deflateName           = "permessage-deflate"
	paramServerNoTakeover = "server_no_context_takeover"
	paramClientNoTakeover = "client_no_context_takeover"
	paramServerWindowBits = "server_max_window_bits"
	paramClientWindowBits = "client_max_window_bits"
)

// The window of a sender is two to the power of its bits, in bytes (RFC 7692 section 7.1.2).
const (
	minWindowBits = 8
	maxWindowBits = 15
)

// Deflate is what two endpoints agree about permessage-deflate. The messages that this package writes
// never refer to earlier ones, whatever was agreed.
type Deflate struct {
	// ServerNoContextTakeover says that no message of the server refers to an earlier one.
	ServerNoContextTakeover bool
	// ClientNoContextTakeover says that no message of the client refers to an earlier one.
	ClientNoContextTakeover bool
	// ServerWindowBits and ClientWindowBits are the largest windows with which server and client may
	// compress. A decoder reads any window, so that only an encoder need care.
	ServerWindowBits, ClientWindowBits int
}

// PeerTakeover reports whether the peer of role may refer to earlier messages. It is the argument
// for EnableDeflate of a Decoder.
func (d Deflate) PeerTakeover(role Role) bool {
	if role == Server {
		return !d.ClientNoContextTakeover
	}
	return !d.ServerNoContextTakeover
}

// WindowBits returns the largest window with which role may compress.
func (d Deflate) WindowBits(role Role) int {
	if role == Server {
		return d.ServerWindowBits
	}
	return d.ClientWindowBits
}

// AnswerDeflate returns a server's answer to the lines of a Sec-WebSocket-Extensions field, and what
// is then agreed. It accepts the first valid offer of permessage-deflate; ok is false when there is
// none. With takeover the client may refer to earlier messages, which costs up to 32 KiB of memory per
// connection.
func AnswerDeflate(lines []string, takeover bool) (answer string, agreed Deflate, ok bool) {
	offers, _ := parseExtensions(lines)
	for _, offer := range offers {
		if offer.name != deflateName {
			continue
		}
		params, valid := parseDeflateParams(offer.params)
		if !valid || params.hasServerBits && params.ServerWindowBits == 0 {
			continue
		}

		agreed = Deflate{
			// The server may promise this without being asked (RFC 7692 section 7.1.1.1).
			ServerNoContextTakeover: true,
			// It may demand this without being offered it (section 7.1.1.2).
			ClientNoContextTakeover: !takeover || params.ClientNoContextTakeover,
			ServerWindowBits:        maxWindowBits,
			ClientWindowBits:        maxWindowBits,
		}
		answer = deflateName + "; " + paramServerNoTakeover
		if agreed.ClientNoContextTakeover {
			answer += "; " + paramClientNoTakeover
		}
		if params.hasServerBits {
			// An offer with this parameter is accepted by naming it (section 7.1.2.1). What
			// client_max_window_bits says need not be used.
			agreed.ServerWindowBits = params.ServerWindowBits
			answer += "; " + paramServerWindowBits + "=" + strconv.Itoa(agreed.ServerWindowBits)
		}
		return answer, agreed, true
	}
	return "", Deflate{}, false
}

// OfferDeflate returns a client's offer. Without takeover it asks the server not to refer to earlier
// messages, which saves up to 32 KiB of memory. client_max_window_bits lets the server choose the
// client's window.
func OfferDeflate(takeover bool) string {
	offer := deflateName + "; " + paramClientNoTakeover
	if !takeover {
		offer += "; " + paramServerNoTakeover
	}
	return offer + "; " + paramClientWindowBits
}

// acceptDeflate returns what a server's answer to OfferDeflate agrees to, or what is wrong with it
// (RFC 7692 section 7.1). It takes every answer that the RFC allows: the server need not confirm what
// the client promised or asked of it, and may name a window of its own accord.
func acceptDeflate(answer extension) (Deflate, error) {
	params, valid := parseDeflateParams(answer.params)
	switch {
	case !valid:
		return Deflate{}, errors.New("server answered " + deflateName + " with invalid parameters")
	case params.hasClientBits && params.ClientWindowBits == 0:
		return Deflate{}, errors.New("server answered " + paramClientWindowBits + " without a value")
	case params.hasServerBits && params.ServerWindowBits == 0:
		return Deflate{}, errors.New("server answered " + paramServerWindowBits + " without a value")
	}
	agreed := params.Deflate
	if !params.hasServerBits {
		agreed.ServerWindowBits = maxWindowBits
	}
	if !params.hasClientBits {
		agreed.ClientWindowBits = maxWindowBits
	}
	return agreed, nil
}

// deflateParams are the parameters of an offer or an answer. A window without a value is 0.
type deflateParams struct {
	Deflate
	hasServerBits, hasClientBits bool
}

// parseDeflateParams returns false when a parameter is unknown, comes twice or has a value that it
// cannot have. An offer is then declined, an answer fails the connection (RFC 7692 section 7.1).
func parseDeflateParams(list []extensionParam) (p deflateParams, ok bool) {
	seen := make(map[string]bool, len(list))
	for _, param := range list {
		if seen[param.name] {
			return p, false
		}
		seen[param.name] = true
		switch param.name {
		case paramServerNoTakeover:
			p.ServerNoContextTakeover, ok = true, !param.hasValue
		case paramClientNoTakeover:
			p.ClientNoContextTakeover, ok = true, !param.hasValue
		case paramServerWindowBits:
			p.hasServerBits = true
			p.ServerWindowBits, ok = windowBits(param)
		case paramClientWindowBits:
			p.hasClientBits = true
			p.ClientWindowBits, ok = windowBits(param)
		default:
			ok = false
		}
		if !ok {
			return p, false
		}
	}
	return p, true
}

// windowBits returns the value of a window parameter: a number from 8 to 15 without leading zeros
// (RFC 7692 section 7.1.2), or 0 when it has no value.
func windowBits(param extensionParam) (bits int, ok bool) {
	if !param.hasValue {
		return 0, true
	}
	switch param.value {
	case "8", "9", "10", "11", "12", "13", "14", "15":
		bits, _ = strconv.Atoi(param.value)
		return bits, true
	}
	return 0, false
}

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

// maxWindowBits is the base-2 logarithm of deflateWindow. It is the only window that compress/flate
// writes with; it reads any.
const maxWindowBits = 15

// Deflate is what two endpoints agree about permessage-deflate, as far as it matters to a decoder.
// The messages that this package writes never refer to earlier ones, whatever was agreed.
type Deflate struct {
	// ServerNoContextTakeover says that no message of the server refers to an earlier one.
	ServerNoContextTakeover bool
	// ClientNoContextTakeover says that no message of the client refers to an earlier one.
	ClientNoContextTakeover bool
}

// PeerTakeover reports whether the peer of role may refer to earlier messages. It is the argument
// for EnableDeflate of a Decoder.
func (d Deflate) PeerTakeover(role Role) bool {
	if role == Server {
		return !d.ClientNoContextTakeover
	}
	return !d.ServerNoContextTakeover
}

// AnswerDeflate returns a server's answer to the lines of a Sec-WebSocket-Extensions field, and what
// is then agreed. It accepts the first offer of permessage-deflate that it can serve; ok is false
// when there is none. ClientNoContextTakeover in want forbids the client to refer to earlier
// messages, which saves up to 32 KiB of memory per connection.
func AnswerDeflate(lines []string, want Deflate) (answer string, agreed Deflate, ok bool) {
	offers, _ := parseExtensions(lines)
	for _, offer := range offers {
		if offer.name != deflateName {
			continue
		}
		params, valid := parseDeflateParams(offer.params)
		if !valid || !params.acceptableOffer() {
			continue
		}

		agreed = Deflate{
			// The server may promise this without being asked (RFC 7692 section 7.1.1.1).
			ServerNoContextTakeover: true,
			// It may demand this without being offered it (section 7.1.1.2).
			ClientNoContextTakeover: want.ClientNoContextTakeover || params.ClientNoContextTakeover,
		}
		answer = deflateName + "; " + paramServerNoTakeover
		if agreed.ClientNoContextTakeover {
			answer += "; " + paramClientNoTakeover
		}
		if params.hasServerBits {
			// An offer with this parameter is accepted by naming it (section 7.1.2.1).
			answer += "; " + paramServerWindowBits + "=15"
		}
		return answer, agreed, true
	}
	return "", Deflate{}, false
}

// OfferDeflate returns a client's offer. With ServerNoContextTakeover it asks the server not to
// refer to earlier messages, which saves up to 32 KiB of memory. It never offers
// client_max_window_bits: the server could then demand a window that compress/flate cannot write.
func OfferDeflate(want Deflate) string {
	offer := deflateName + "; " + paramClientNoTakeover
	if want.ServerNoContextTakeover {
		offer += "; " + paramServerNoTakeover
	}
	return offer
}

// acceptDeflate returns what a server's answer to OfferDeflate agrees to, or what is wrong with it
// (RFC 7692 section 7.1).
func acceptDeflate(answer extension) (Deflate, error) {
	params, valid := parseDeflateParams(answer.params)
	switch {
	case !valid:
		return Deflate{}, errors.New("server answered " + deflateName + " with invalid parameters")
	case params.hasClientBits:
		return Deflate{}, errors.New("server answered " + paramClientWindowBits + ", which was not offered")
	case params.hasServerBits && params.serverBits == 0:
		return Deflate{}, errors.New("server answered " + paramServerWindowBits + " without a value")
	}
	return params.Deflate, nil
}

// deflateParams are the parameters of an offer or an answer.
type deflateParams struct {
	Deflate
	hasServerBits, hasClientBits bool
	serverBits                   int // 0 when the parameter has no value
}

// acceptableOffer reports whether a server can serve an offer with these parameters. What
// client_max_window_bits says need not be used: the decoder reads any window.
func (p deflateParams) acceptableOffer() bool {
	return !p.hasServerBits || p.serverBits == maxWindowBits
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
			p.serverBits, ok = windowBits(param)
		case paramClientWindowBits:
			p.hasClientBits = true
			_, ok = windowBits(param)
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

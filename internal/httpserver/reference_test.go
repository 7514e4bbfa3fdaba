package httpserver_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"silly/internal/httpserver"

	"golang.org/x/net/http/httpguts"
)

// A reference is a request as net/http's server takes it.
type reference struct {
	request
	raw    string               // the head
	url    *url.URL             // of the target
	fields textproto.MIMEHeader // with those that http.ReadRequest removes
	blank  int                  // bytes of empty lines before it
	waits  bool                 // the client waits to be asked for the body
}

// byNetHTTP returns the requests that net/http takes from raw, up to the first that it refuses or cannot read to the end.
// net/http's server would go on after a broken chunked body. That is a fault: nobody knows where the next request begins
// (RFC 9112 section 8).
func byNetHTTP(raw []byte) (requests []reference) {
	rest := bytes.NewReader(raw)
	reader := bufio.NewReader(rest)
	position := func() int { return len(raw) - rest.Len() - reader.Buffered() }
	for {
		// RFC 9112 section 2.2: a server should ignore empty lines before a request. net/http refuses them.
		begin := position()
		for skipEmptyLine(reader) {
		}
		r := reference{blank: position() - begin}
		begin = position()
		message, err := http.ReadRequest(reader)
		if err != nil {
			return requests
		}
		r.raw = string(raw[begin:position()])
		lines := textproto.NewReader(bufio.NewReader(strings.NewReader(r.raw)))
		_, _ = lines.ReadLine()
		r.fields, _ = lines.ReadMIMEHeader()
		if !serves(message, r.fields) {
			return requests
		}
		toContinue, _ := expectations(r.fields["Expect"])
		r.waits = toContinue && message.Body != http.NoBody && message.ProtoAtLeast(1, 1)
		body, err := io.ReadAll(message.Body)
		r.head = httpserver.Head{
			Method: message.Method, Target: message.RequestURI, Path: pathOf(message), RawQuery: message.URL.RawQuery,
			Version: message.Proto, Host: message.Host, Header: message.Header,
		}
		r.url = message.URL
		r.body, r.broken, r.trailer = string(body), err != nil, message.Trailer
		maps.DeleteFunc(r.trailer, onlyAnnounced)
		maps.DeleteFunc(r.trailer, func(name string, _ []string) bool { return !httpguts.ValidTrailerHeader(name) })
		r.keep = !message.Close && err == nil
		requests = append(requests, r)
		if !r.keep {
			return requests
		}
	}
}

// pathOf is the path of a request. net/http leaves that of a target in absolute form empty that has none; it means the same
// as with one (RFC 9110 section 4.2.3, RFC 9112 section 3.2.4).
func pathOf(r *http.Request) string {
	switch {
	case !r.URL.IsAbs() || r.URL.Path != "":
		return r.URL.Path
	case r.Method == http.MethodOptions && !strings.Contains(r.RequestURI, "?"):
		return "*"
	}
	return "/"
}

func skipEmptyLine(r *bufio.Reader) bool {
	for _, line := range []string{"\n", "\r\n"} {
		if next, _ := r.Peek(len(line)); string(next) == line {
			_, _ = r.Discard(len(line))
			return true
		}
	}
	return false
}

// onlyAnnounced reports whether a field of a trailer did not come.
func onlyAnnounced(_ string, values []string) bool { return len(values) == 0 }

// serves reports whether http.Server answers a request that http.ReadRequest has read with anything but an error. What it
// thinks of Expect is left out: it refuses lists with empty members, which RFC 9110 section 5.6.1.2 wants to be ignored.
func serves(r *http.Request, fields textproto.MIMEHeader) bool {
	hosts := fields["Host"]
	switch {
	case r.ProtoMajor != 1:
		return false
	case len(hosts) == 0 && r.ProtoAtLeast(1, 1) && r.Method != http.MethodConnect:
		return false
	case len(hosts) == 1 && !httpguts.ValidHostHeader(hosts[0]):
		return false
	}
	for name, values := range r.Header {
		for _, value := range values {
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
				return false
			}
		}
	}
	return true
}

// whyRefused says why this server refuses a request that net/http takes, or "" when it takes it as well.
func (r *reference) whyRefused() string {
	_, other := expectations(r.fields["Expect"])
	switch {
	case r.blank+len(r.raw) > maxHeader:
		return "longer than max_header: RFC 6585 section 5"
	case strings.Contains(strings.ReplaceAll(r.raw, "\r\n", "\n"), "\r"):
		return "bare CR: RFC 9112 section 2.2"
	case strings.Contains(r.raw, "\n "), strings.Contains(r.raw, "\n\t"):
		return "obs-fold: RFC 9112 section 5.2"
	case r.fields["Transfer-Encoding"] != nil && r.head.Version == "HTTP/1.0":
		return "a coding in HTTP/1.0: RFC 9112 section 6.1"
	case r.fields["Host"] == nil && r.head.Version != "HTTP/1.0":
		return "CONNECT without Host: RFC 9112 section 3.2"
	case r.fields["Host"] != nil && !isHost(r.fields.Get("Host")), r.head.Host != "" && !isHost(r.head.Host):
		return "a host that is none: RFC 9112 section 3.2, RFC 9110 section 4.2.1"
	case r.url.IsAbs() && r.url.Host == "":
		return "a target without a host: RFC 9110 section 4.2.1"
	case r.url.User != nil:
		return "a target with a user: RFC 9110 section 4.2.4"
	case other:
		return "an expectation besides 100-continue: RFC 9110 section 10.1.1"
	}
	return ""
}

var hostForm = regexp.MustCompile(`^(?:\[([0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9!$&'()*+,;=._~-]|%[0-9A-Fa-f]{2})+)(?::0*([0-9]*))?$`)

// isHost reports whether host is one, perhaps with a port (RFC 3986 section 3.2.2).
func isHost(host string) bool {
	parts := hostForm.FindStringSubmatch(host)
	if parts == nil || parts[1] != "" && (net.ParseIP(parts[1]) == nil || !strings.Contains(parts[1], ":")) {
		return false
	}
	port, err := strconv.Atoi("0" + parts[2])
	return err == nil && port < 1<<16
}

// expectations reports whether the list of a field Expect has 100-continue, and whether it has anything else.
func expectations(expect []string) (toContinue, other bool) {
	for member := range strings.SplitSeq(strings.ToLower(strings.Join(expect, ",")), ",") {
		member = strings.Trim(member, " \t")
		toContinue = toContinue || member == "100-continue"
		other = other || member != "100-continue" && member != ""
	}
	return toContinue, other
}

// whyEnds says why this server closes the connection after a request after which net/http waits for the next one, or "".
func (r *reference) whyEnds(got *request) string {
	switch {
	case r.fields["Transfer-Encoding"] != nil && r.fields["Content-Length"] != nil:
		return "two framings: RFC 9112 section 6.1"
	case !got.begun && r.waits:
		return "nobody has asked for the body: RFC 9110 section 10.1.1"
	case !got.read && len(r.body) > 256<<10:
		return "much of the body is left: RFC 9112 section 9.6"
	}
	return ""
}

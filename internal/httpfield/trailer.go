package httpfield

import (
	"net/http"

	"golang.org/x/net/http/httpguts"
)

// Trailer returns the fields of a trailer that may be there: not those that frame or route a message, say how it is to be
// processed, or authenticate (RFC 9110 section 6.5.1), nor those that were announced only. It may change the header.
func Trailer(header http.Header) http.Header {
	for name, values := range header {
		if len(values) == 0 || !httpguts.ValidTrailerHeader(name) {
			delete(header, name)
		}
	}
	return header
}

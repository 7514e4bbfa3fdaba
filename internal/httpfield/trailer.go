package httpfield

import (
	"net/http"

	"golang.org/x/net/http/httpguts"
)

// Trailer returns the fields of a trailer that may be there: not those that frame or route a message, say how it is to be
// processed, or authenticate (RFC 9110 section 6.5.1). It may change the header.
func Trailer(header http.Header) http.Header {
	for name := range header {
		if !httpguts.ValidTrailerHeader(name) {
			delete(header, name)
		}
	}
	return header
}

package base64

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// FuzzDecode: what encoding/base64 reads strictly, and what this package has written, is read the same.
func FuzzDecode(f *testing.F) {
	f.Add("SGVsbG8sIFdvcmxkIQ==")
	f.Add("_-A")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if want, err := encoding.DecodeString(text); err == nil && !bytes.Equal(decode(text), want) {
				t.Errorf("%q is %q, want %q", text, decode(text), want)
			}
			if got := decode(encoding.EncodeToString([]byte(text))); string(got) != text {
				t.Errorf("%q comes back as %q", text, got)
			}
		}
	})
}

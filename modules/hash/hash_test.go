package hash

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"silly/modules/internal/digest"
)

// TestDigestsAreThoseOfOpenSSL: another implementation computes the same.
func TestDigestsAreThoseOfOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	for _, name := range []string{
		"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224", "sha3-256", "sha3-384", "sha3-512",
		"blake2s256", "blake2b512",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			function, problem := digest.Find(name)
			if problem != "" {
				t.Fatal(problem)
			}
			for _, size := range []int{0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000} {
				data := make([]byte, size)
				for i := range data {
					data[i] = byte(rand.Uint32())
				}
				command := exec.Command(openssl, "dgst", "-r", "-"+name)
				command.Stdin = bytes.NewReader(data)
				out, err := command.Output()
				if err != nil {
					t.Fatal(err)
				}
				want, _, _ := strings.Cut(string(out), " ")
				h := function()
				_, _ = h.Write(data)
				if got := hex.EncodeToString(h.Sum(nil)); got != want {
					t.Errorf("%x: got %s, want %s", data, got, want)
				}
			}
		})
	}
}

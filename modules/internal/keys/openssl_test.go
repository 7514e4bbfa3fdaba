package keys

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"silly/modules/internal/digest"
)

// openssl runs the command with input.
func openssl(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	command, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	cmd := exec.Command(command, args...)
	cmd.Stdin = bytes.NewReader(input)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, &problems)
	}
	return out
}

// file writes a file for the command.
func file(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// parse is a key of a PEM text.
func parse(t *testing.T, text []byte, password string) *Key {
	t.Helper()
	block, err := Find(string(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	key, err := Parse(block, password)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return key
}

// kinds are keys of openssl.
var kinds = map[string][]string{
	"rsa1024":   {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"},
	"rsa2048":   {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
	"p224":      {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"},
	"p256":      {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
	"p384":      {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
	"p521":      {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
	"secp256k1": {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"},
}

// forms are how the command writes a private key.
var forms = map[string]struct {
	password string
	args     []string
}{
	"pkcs8":               {"", []string{"pkey"}},
	"traditional":         {"", []string{"pkey", "-traditional"}},
	"traditional aes256":  {"secret", []string{"pkey", "-traditional", "-aes256", "-passout", "pass:secret"}},
	"traditional des3":    {"secret", []string{"pkey", "-traditional", "-des3", "-passout", "pass:secret"}},
	"aes128":              {"secret", []string{"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-passout", "pass:secret"}},
	"aes192 sha1":         {"secret", []string{"pkcs8", "-topk8", "-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA1", "-passout", "pass:secret"}},
	"aes256 sha512":       {"secret", []string{"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-iter", "10000", "-passout", "pass:secret"}},
	"aes256 sha384":       {"secret", []string{"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA384", "-passout", "pass:secret"}},
	"des3 and words":      {"two words é", []string{"pkcs8", "-topk8", "-v2", "des3", "-passout", "pass:two words é"}},
	"scrypt":              {"secret", []string{"pkcs8", "-topk8", "-scrypt", "-passout", "pass:secret"}},
	"scrypt of low costs": {"secret", []string{"pkcs8", "-topk8", "-scrypt", "-scrypt_N", "2", "-scrypt_p", "3", "-passout", "pass:secret"}},
}

// TestKeysOfOpenSSL reads each kind in each form, and signs and verifies with the command.
func TestKeysOfOpenSSL(t *testing.T) {
	t.Parallel()
	message := []byte("the message")
	for kind, args := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			private := openssl(t, nil, append([]string{"genpkey"}, args...)...)
			public := openssl(t, private, "pkey", "-pubout")
			verifier := parse(t, public, "")
			if verifier.Private() {
				t.Error("a public key is private")
			}
			for form, f := range forms {
				text := openssl(t, private, f.args...)
				key := parse(t, append([]byte("\nsome text\n"), text...), f.password)
				if !key.Private() {
					t.Fatalf("%s: the key is not private", form)
				}
				digest := sum(t, "sha256", message)
				signature, err := key.Sign("sha256", digest)
				if err != nil || !verifier.Verify("sha256", digest, signature) {
					t.Errorf("%s: signature %x, %v", form, signature, err)
				}
				if f.password == "" {
					continue
				}
				block, err := Find(string(text))
				if err != nil {
					t.Fatal(err)
				}
				for wrong, want := range map[string]string{"": "a password is needed", "wrong": "wrong password"} {
					if _, err := Parse(block, wrong); err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s with password %q: %v", form, wrong, err)
					}
				}
			}
			signBothWays(t, private, public, message)
		})
	}
}

// sum is a digest.
func sum(t *testing.T, name string, message []byte) []byte {
	t.Helper()
	function, problem := digest.Find(name)
	if problem != "" {
		t.Fatal(problem)
	}
	h := function()
	_, _ = h.Write(message)
	return h.Sum(nil)
}

// signBothWays: what one signs, the other one verifies.
func signBothWays(t *testing.T, private, public, message []byte) {
	t.Helper()
	key, verifier := parse(t, private, ""), parse(t, public, "")
	for _, hash := range []string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-256", "sha3-256"} {
		digest := sum(t, hash, message)
		signature, err := key.Sign(hash, digest)
		if err != nil {
			t.Fatalf("%s: %v", hash, err)
		}
		openssl(t, message, "dgst", "-"+hash, "-verify", file(t, public), "-signature", file(t, signature))
		for range 4 { // s may be in either half of its range
			theirs := openssl(t, message, "dgst", "-"+hash, "-sign", file(t, private))
			if !verifier.Verify(hash, digest, theirs) || !key.Verify(hash, digest, theirs) {
				t.Errorf("%s: the signature of openssl is refused: %x", hash, theirs)
			}
			for _, i := range []int{0, len(theirs) / 2, len(theirs) - 1} {
				broken := bytes.Clone(theirs)
				broken[i] ^= 1
				if verifier.Verify(hash, digest, broken) {
					t.Errorf("%s: byte %d of the signature does not matter", hash, i)
				}
			}
		}
		if verifier.Verify(hash, sum(t, hash, []byte("another")), signature) || verifier.Verify(hash, digest, nil) {
			t.Errorf("%s: anything is verified", hash)
		}
	}
}

// TestEncryptionIsThatOfOpenSSL: what one encrypts, the other one decrypts.
func TestEncryptionIsThatOfOpenSSL(t *testing.T) {
	t.Parallel()
	private := openssl(t, nil, "genrsa", "2048")
	public := openssl(t, private, "rsa", "-pubout")
	rsaPublic := openssl(t, private, "rsa", "-RSAPublicKey_out")
	key := parse(t, private, "")
	for _, hash := range []string{"", "sha1", "sha256", "sha512"} {
		padding, args := PKCS1, []string{"-pkeyopt", "rsa_padding_mode:pkcs1"}
		if hash != "" {
			padding = OAEP
			args = []string{"-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:" + hash, "-pkeyopt", "rsa_mgf1_md:" + hash}
		}
		for _, text := range [][]byte{public, rsaPublic} {
			sealed, err := parse(t, text, "").Encrypt([]byte("plain"), padding, hash)
			if err != nil {
				t.Fatal(err)
			}
			got := openssl(t, sealed, append([]string{"pkeyutl", "-decrypt", "-inkey", file(t, private)}, args...)...)
			if string(got) != "plain" {
				t.Errorf("%s: openssl decrypts %q", hash, got)
			}
		}
		sealed := openssl(t, []byte("plain"), append([]string{"pkeyutl", "-encrypt", "-pubin", "-inkey", file(t, public)}, args...)...)
		if got, err := key.Decrypt(sealed, padding, hash); err != nil || string(got) != "plain" {
			t.Errorf("%s: %q, %v", hash, got, err)
		}
		sealed[10] ^= 1
		if got, err := key.Decrypt(sealed, padding, hash); err == nil || err.Error() != "decryption failed" {
			t.Errorf("%s: broken data give %q, %v", hash, got, err)
		}
		if _, err := key.Encrypt(make([]byte, 250), padding, hash); err == nil || !strings.Contains(err.Error(), "too long") {
			t.Errorf("%s: too long a message: %v", hash, err)
		}
	}
	cert := openssl(t, private, "req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=test", "-days", "1")
	if got := parse(t, cert, ""); got.RSA.N.Cmp(key.RSA.N) != 0 || got.Private() {
		t.Error("the key of a certificate is another one")
	}
}

package keys

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

// marshal is DER of a value.
func marshal(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// algorithm is an algorithm with parameters.
func algorithm(t testing.TB, id asn1.ObjectIdentifier, parameters any) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: id, Parameters: asn1.RawValue{FullBytes: marshal(t, parameters)}}
}

// sealedKey is an encrypted key of chosen costs.
func sealedKey(t testing.TB, derivation pkix.AlgorithmIdentifier) []byte {
	aes256 := algorithm(t, append(oidAES[:len(oidAES):len(oidAES)], 42), make([]byte, 16))
	return marshal(t, encryptedKey{algorithm(t, oidPBES2, pbes2Parameters{derivation, aes256}), make([]byte, 32)})
}

// TestPasswordsHaveBoundedCosts: a key cannot ask for more time or memory than a person would wait for.
func TestPasswordsHaveBoundedCosts(t *testing.T) {
	t.Parallel()
	salt := make([]byte, 8)
	for name, derivation := range map[string]pkix.AlgorithmIdentifier{
		"iterations": algorithm(t, oidPBKDF2, pbkdf2Parameters{Salt: salt, Iterations: 1 << 31}),
		"memory":     algorithm(t, oidScrypt, scryptParameters{Salt: salt, Cost: 1 << 40, BlockSize: 8, Parallel: 1}),
		"block size": algorithm(t, oidScrypt, scryptParameters{Salt: salt, Cost: 2, BlockSize: 1 << 40, Parallel: 1}),
		"parallel":   algorithm(t, oidScrypt, scryptParameters{Salt: salt, Cost: 1 << 14, BlockSize: 8, Parallel: 1 << 40}),
	} {
		begin := time.Now()
		_, err := Parse(&pem.Block{Type: typeEncrypted, Bytes: sealedKey(t, derivation)}, "password")
		if err == nil || !strings.Contains(err.Error(), "asks for") || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begin))
		}
	}
}

// TestTextsWithoutKey say what is wrong.
func TestTextsWithoutKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "there is no PEM text",
		"key":                         "there is no PEM text",
		strings.Repeat("x", maxPEM+1): "larger than 1 MiB",
		wrapped("EC PARAMETERS", "x"): `there is no key in the PEM text, but "EC PARAMETERS"`,
		wrapped(typePublic, "x"):      "the PUBLIC KEY is malformed, or of a kind that silly does not have",
		wrapped(typeSEC1, ""):         "the EC PRIVATE KEY is malformed",
		wrapped(typeEncrypted, "x"):   "a password is needed",
		wrapped(typePKCS8, strings.Repeat("x", maxDER+1)): "the key is too large",
	} {
		block, err := Find(text)
		if err == nil {
			_, err = Parse(block, "")
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	for _, name := range []string{"ed25519", "512"} {
		block, err := Find(strange[name])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(block, ""); err == nil || !strings.Contains(err.Error(), map[string]string{"ed25519": "neither RSA nor", "512": "512 bits is not secure"}[name]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wrapped is a PEM text.
func wrapped(kind, der string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(der)}))
}

// strange are keys that are refused.
var strange = map[string]string{
	"ed25519": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
	"512":     "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n-----END PUBLIC KEY-----\n",
}

// FuzzParse: no text of a key is a Go panic, and a key that is accepted can be used.
func FuzzParse(f *testing.F) {
	for _, text := range strange {
		block, _ := pem.Decode([]byte(text))
		f.Add(uint8(0), block.Bytes, "")
	}
	private := make([]byte, 32)
	private[31] = 1
	f.Add(uint8(2), marshal(f, sec1Key{Version: 1, Private: private, Curve: oidSecp256k1}), "")
	f.Add(uint8(1), marshal(f, pkcs8Key{Algorithm: algorithm(f, oidEC, oidSecp256k1), Private: marshal(f, sec1Key{Version: 1, Private: private})}), "")
	f.Add(uint8(3), sealedKey(f, algorithm(f, oidPBKDF2, pbkdf2Parameters{Salt: private, Iterations: 1})), "x")
	f.Add(uint8(3), sealedKey(f, algorithm(f, oidScrypt, scryptParameters{Salt: private, Cost: 2, BlockSize: 1, Parallel: 1})), "x")
	kinds := []string{typePublic, typePKCS8, typeSEC1, typeEncrypted, typePKCS1, typeRSAPublic, typeCert}
	f.Fuzz(func(t *testing.T, kind uint8, der []byte, password string) {
		key, err := Parse(&pem.Block{Type: kinds[int(kind)%len(kinds)], Bytes: der}, password)
		if err != nil {
			return
		}
		digest := make([]byte, 32)
		if key.Verify("sha256", digest, der) {
			t.Fatal("its own text is a signature")
		}
		if key.Private() {
			signature, err := key.Sign("sha256", digest)
			if err == nil && !key.Verify("sha256", digest, signature) {
				t.Fatal("a signature is not verified")
			}
		}
	})
}

package jwt

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/golang-jwt/jwt/v5"

	"silly/modules/internal/keys"
)

// A signer signs and verifies with one kind of key: a secret, RSA, or a curve.
type signer struct {
	methods []jwt.SigningMethod // that the key allows, and no others
	private any                 // nil when it can only verify
	public  any
}

// errSignature is why a token is refused whose signature is not that of the key.
var errSignature = errors.New("signature verification failed")

// secretSigner is that of a secret.
func secretSigner(secret string) signer {
	return signer{[]jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512}, []byte(secret), []byte(secret)}
}

// keySigner is that of a key. The hash of an algorithm for a curve is fixed by the curve (RFC 7518 section 3.4).
func keySigner(k *keys.Key) signer {
	s := signer{}
	switch {
	case k.RSA != nil:
		s.methods = []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512}
		s.public = k.RSA
		if k.RSAPriv != nil {
			s.private = k.RSAPriv
		}
		return s
	case k.K1 != nil:
		s.methods = []jwt.SigningMethod{k1Method{}}
		s.public = k.K1
		if k.K1Priv != nil {
			s.private = k.K1Priv
		}
		return s
	}
	switch k.Bits() {
	case 256:
		s.methods = []jwt.SigningMethod{jwt.SigningMethodES256}
	case 384:
		s.methods = []jwt.SigningMethod{jwt.SigningMethodES384}
	case 521:
		s.methods = []jwt.SigningMethod{jwt.SigningMethodES512}
	}
	s.public = k.ECDSA
	if k.ECDSAPriv != nil {
		s.private = k.ECDSAPriv
	}
	return s
}

// method is the method of an algorithm's name, if the key allows it.
func (s signer) method(name string) (jwt.SigningMethod, error) {
	for _, m := range s.methods {
		if m.Alg() == name {
			return m, nil
		}
	}
	problem := "unsupported algorithm: " + shorten(name)
	switch name {
	case "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512":
		problem += " with this key"
	}
	return nil, errors.New(problem)
}

// shorten is the beginning of a name that may be anything.
func shorten(name string) string {
	if len(name) > 40 {
		return name[:40] + "..."
	}
	return name
}

// sign makes the token of a payload.
func (s signer) sign(name, payload string) (string, error) {
	method, err := s.method(name)
	if err != nil {
		return "", err
	}
	if s.private == nil {
		return "", keys.ErrNoPrivate
	}
	signed := encode(`{"alg":"`+name+`","typ":"JWT"}`) + "." + encode(payload)
	signature, err := method.Sign(signed, s.private)
	if err != nil {
		return "", errors.New("the key does not sign with " + name)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A token is one that was taken apart. Nothing of it is known to be true.
type token struct {
	header, payload string // JSON
	signed          string
	signature       []byte
}

// parse takes a token apart (RFC 7515 section 7.1).
func parse(text string) (t token, err error) {
	header, rest, ok := strings.Cut(text, ".")
	payload, signature, also := strings.Cut(rest, ".")
	if !ok || !also || strings.Contains(signature, ".") {
		return t, errors.New("invalid token format")
	}
	t.signed = text[:len(header)+1+len(payload)]
	for _, part := range []struct {
		name, text string
		set        func([]byte)
	}{
		{"header", header, func(b []byte) { t.header = string(b) }},
		{"payload", payload, func(b []byte) { t.payload = string(b) }},
		{"signature", signature, func(b []byte) { t.signature = b }},
	} {
		// DecodeString skips ends of lines, and without Strict the last bits: a token could be written in many ways.
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part.text)
		if err != nil || strings.ContainsAny(part.text, "\r\n") {
			return t, errors.New("invalid " + part.name)
		}
		part.set(decoded)
	}
	return t, nil
}

// verify checks the signature of a token whose header names an algorithm.
func (s signer) verify(t token, name string) error {
	method, err := s.method(name)
	if err != nil {
		return err
	}
	if method.Verify(t.signed, t.signature, s.public) != nil {
		return errSignature
	}
	return nil
}

// k1Method is ES256 with a key on secp256k1. RFC 8812 calls that ES256K; the framework takes any curve of 256 bits.
type k1Method struct{}

// Alg implements jwt.SigningMethod.
func (k1Method) Alg() string { return "ES256" }

// Sign implements jwt.SigningMethod.
func (k1Method) Sign(signed string, key any) ([]byte, error) {
	digest := sha256.Sum256([]byte(signed))
	return keys.SignRaw(key.(*secp256k1.PrivateKey), digest[:]), nil
}

// Verify implements jwt.SigningMethod.
func (k1Method) Verify(signed string, signature []byte, key any) error {
	digest := sha256.Sum256([]byte(signed))
	if !keys.VerifyRaw(key.(*secp256k1.PublicKey), digest[:], signature) {
		return errSignature
	}
	return nil
}

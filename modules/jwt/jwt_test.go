package jwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"silly/modules/internal/keys"
)

// TestTokensAreThoseOfTheLibrary: its parser, with all its checks, takes our tokens, and we take its.
func TestTokensAreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve := func(c elliptic.Curve) *keys.Key {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return &keys.Key{ECDSA: &key.PublicKey, ECDSAPriv: key}
	}
	for name, s := range map[string]signer{
		"HS256": secretSigner("secret"), "HS384": secretSigner("secret"), "HS512": secretSigner("secret"),
		"RS256": keySigner(&keys.Key{RSA: &rsaKey.PublicKey, RSAPriv: rsaKey}), "RS512": keySigner(&keys.Key{RSA: &rsaKey.PublicKey, RSAPriv: rsaKey}),
		"ES256": keySigner(curve(elliptic.P256())), "ES384": keySigner(curve(elliptic.P384())), "ES512": keySigner(curve(elliptic.P521())),
	} {
		text, err := s.sign(name, `{"sub":"me"}`)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		parsed, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return s.public, nil }, jwt.WithValidMethods([]string{name}))
		if err != nil || parsed.Claims.(jwt.MapClaims)["sub"] != "me" || parsed.Header["typ"] != "JWT" {
			t.Errorf("%s: the library says %v", name, err)
		}
		theirs, err := jwt.NewWithClaims(jwt.GetSigningMethod(name), jwt.MapClaims{"sub": "you"}).SignedString(s.private)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := parse(theirs)
		if err == nil {
			err = s.verify(ours, name)
		}
		if err != nil || ours.payload != `{"sub":"you"}` {
			t.Errorf("%s: %s: %v, payload %s", name, theirs, err, ours.payload)
		}
	}
}

// FuzzParse: a token that is taken apart can be written in one way only.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"e30.e30.", "e30.e30.AA", "e30.e31.AA", "e30.e30.A\nA", "..", "a.b.c", "e30=.e30.", "____.----.++//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parse(text)
		if err != nil {
			return
		}
		if again := encode(got.header) + "." + encode(got.payload) + "." + base64.RawURLEncoding.EncodeToString(got.signature); again != text {
			t.Fatalf("%q is also %q", text, again)
		}
		if secretSigner("secret").verify(got, "HS256") == nil {
			t.Fatalf("%q is signed", text)
		}
	})
}

package cipher

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os/exec"
	"testing"
)

// random is n bytes of chance.
func random(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	return data
}

// run puts a message through a context in pieces of chance.
func run(x *context, data []byte) ([]byte, error) {
	var out []byte
	for len(data) > 0 && rand.IntN(10) > 0 {
		n := rand.IntN(min(len(data), 40) + 1)
		out = append(out, x.update(string(data[:n]))...)
		data = data[n:]
	}
	out = append(out, x.update(string(data))...)
	rest, err := x.final()
	return append(out, rest...), err
}

// made is a context that has begun a message.
func made(t *testing.T, name string, encrypts, padding bool, key, iv []byte) *context {
	t.Helper()
	a, problem := find(name)
	if problem != "" {
		t.Fatal(problem)
	}
	x := &context{algorithm: a, encrypts: encrypts, padding: padding}
	if _, problem := x.reset(key, iv); problem != "" {
		t.Fatal(problem)
	}
	return x
}

// TestCiphersAreThoseOfOpenSSL: another implementation encrypts the same, and decrypts it.
func TestCiphersAreThoseOfOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	for _, name := range names() {
		a, problem := find(name)
		if problem != "" {
			t.Fatal(problem)
		}
		if a.mode.aead() { // the command has none
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{0, 1, 7, 8, 15, 16, 17, 31, 32, 100, 1000} {
				for _, padding := range []bool{true, false} {
					if !padding && size%16 != 0 {
						continue
					}
					key, iv, data := random(a.keyLen), random(a.ivLen), random(size)
					args := []string{"enc", "-e", "-" + name, "-K", hex.EncodeToString(key), "-provider", "default", "-provider", "legacy"}
					if a.ivLen > 0 {
						args = append(args, "-iv", hex.EncodeToString(iv))
					}
					if !padding {
						args = append(args, "-nopad")
					}
					command := exec.Command(openssl, args...)
					command.Stdin = bytes.NewReader(data)
					want, err := command.Output()
					if err != nil {
						t.Skipf("openssl refuses: %v", err)
					}
					got, err := run(made(t, name, true, padding, key, iv), data)
					if err != nil || !bytes.Equal(got, want) {
						t.Fatalf("key %x iv %x data %x padding %v: got %x, %v, want %x", key, iv, data, padding, got, err, want)
					}
					back, err := run(made(t, name, false, padding, key, iv), want)
					if err != nil || !bytes.Equal(back, data) {
						t.Fatalf("key %x iv %x data %x padding %v: decrypted %x, %v", key, iv, data, padding, back, err)
					}
				}
			}
		})
	}
}

// TestChaCha20CounterOverflows: the counter of OpenSSL has 64 bits.
func TestChaCha20CounterOverflows(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	for _, counter := range []string{"ffffffff00000000", "feffffffffffffff", "fffffffffeffffff"} {
		iv, _ := hex.DecodeString(counter + "0102030405060708")
		key, data := random(32), random(1000)
		command := exec.Command(openssl, "enc", "-e", "-chacha20", "-K", hex.EncodeToString(key), "-iv", hex.EncodeToString(iv))
		command.Stdin = bytes.NewReader(data)
		want, err := command.Output()
		if err != nil {
			t.Skipf("openssl refuses: %v", err)
		}
		if got, err := run(made(t, "chacha20", true, true, key, iv), data); err != nil || !bytes.Equal(got, want) {
			t.Errorf("counter %s: got %x, %v, want %x", counter, got, err, want)
		}
	}
}

// TestAuthenticated has vectors of the GCM specification (test cases 2, 4 and 16) and RFC 8439 section 2.8.2.
func TestAuthenticated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, key, iv, aad, plain, sealed, tag string }{
		{"aes-128-gcm", "00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"},
		{"aes-128-gcm", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091", "5bc94fbc3221a5db94fae95ae7121a47"},
		{"aes-256-gcm", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662", "76fc6ece0f4e1768cddf8853bb2d551b"},
		{"chacha20-poly1305", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7", hex.EncodeToString([]byte("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")), "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116", "1ae10b594f09e26a7e902ecbd0600691"},
	} {
		bytesOf := func(text string) []byte { b, _ := hex.DecodeString(text); return b }
		enc := made(t, c.name, true, true, bytesOf(c.key), bytesOf(c.iv))
		enc.aad = bytesOf(c.aad)
		got, err := run(enc, bytesOf(c.plain))
		if err != nil || hex.EncodeToString(got) != c.sealed || hex.EncodeToString(enc.tag) != c.tag {
			t.Errorf("%s: got %x, tag %x, %v", c.name, got, enc.tag, err)
		}
		for _, tamper := range []string{"", "tag", "aad", "data", "no tag"} {
			dec := made(t, c.name, false, true, bytesOf(c.key), bytesOf(c.iv))
			sealed := bytesOf(c.sealed)
			dec.aad, dec.tag = bytesOf(c.aad), bytesOf(c.tag)
			switch tamper {
			case "tag":
				dec.tag[15] ^= 1
			case "aad":
				dec.aad = append(dec.aad, 0)
			case "data":
				sealed[0] ^= 0x80
			case "no tag":
				dec.tag = nil
			}
			got, err := run(dec, sealed)
			if good := tamper == ""; good != (err == nil) || good && hex.EncodeToString(got) != c.plain || !good && got != nil {
				t.Errorf("%s with another %q: got %x, %v", c.name, tamper, got, err)
			}
		}
	}
}

// TestUnpadTakesOnlyPadding of every kind of block.
func TestUnpadTakesOnlyPadding(t *testing.T) {
	t.Parallel()
	for last := range 256 {
		for wrong := range 17 { // so many bytes from the end on, one has another value
			block := bytes.Repeat([]byte{byte(last)}, 16)
			if wrong > 0 {
				block[16-wrong] ^= 0x40
			}
			n := int(block[15])
			want := n >= 1 && n <= 16
			for i := range n {
				want = want && block[15-i] == byte(n)
			}
			got, err := unpad(bytes.Clone(block), 16)
			if want != (err == nil) || want && len(got) != 16-n {
				t.Fatalf("%x: got %x, %v", block, got, err)
			}
		}
	}
	if _, err := unpad(nil, 16); err == nil {
		t.Error("nothing has padding")
	}
}

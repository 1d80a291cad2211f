// Package seal signs short strings that leave through a client and come back.
// Whoever carries a seal can neither make one, nor change it, nor use it for
// anything but what it was made for, nor use it twice.
package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Purpose is what a seal is for. A seal made for one purpose never opens for
// another.
type Purpose string

// Length is how many characters every seal has: letters a to z in lower case
// and digits 2 to 7.
const Length = 64

// MinSecret is the length, in bytes, from which a given secret is accepted.
const MinSecret = 16

// Why a seal does not open. Which argument or organization differs is not told:
// all of it is in one signature.
var (
	ErrForeign = errors.New("this is no seal for this call: it was altered or cut in copying, or made for another tool, other arguments, another organization or key, or by a server that has ended; ask for a new one")
	ErrExpired = errors.New("this seal has expired; ask for a new one")
	ErrUsed    = errors.New("this seal was used already, and counts once; look at what was done, and ask for a new one if it is to be done again")
	ErrChanged = errors.New("what was shown is no longer what would be done; ask for a new seal and look at what it shows")
)

// Sealer makes seals and opens them. It is safe for concurrent use.
type Sealer struct {
	// keys are derived when they are first needed: most runs need none.
	keys func() keys
	used used
}

// keys are what the one secret is stretched to, each for its own use.
type keys struct{ signing, fingerprinting []byte }

func deriveKeys(secret []byte) keys {
	derive := func(label string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(label))
		return mac.Sum(nil)
	}
	return keys{signing: derive("seal 1: signing"), fingerprinting: derive("seal 1: fingerprints")}
}

// New returns a sealer. Sealers with the same secret open each other's seals,
// and each of them opens a seal once. Without a secret, a random one is taken
// and nobody else opens these seals. A secret of less than MinSecret bytes is
// an error.
func New(secret []byte) (*Sealer, error) {
	switch {
	case len(secret) == 0:
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // never fails: it ends the program instead
	case len(secret) < MinSecret:
		return nil, fmt.Errorf("the signing secret has %d bytes; give it %d or more, as from: openssl rand -base64 32", len(secret), MinSecret)
	}
	kept := bytes.Clone(secret)
	return &Sealer{keys: sync.OnceValue(func() keys { return deriveKeys(kept) })}, nil
}

// Seal returns a seal of Length characters for what is bound to it, which Open
// must be given again. The seal carries the first bytes of mark, the hash of
// what would be done, and opens for the length of life, rounded up to a full
// second.
func (s *Sealer) Seal(purpose Purpose, bound []string, mark [32]byte, life time.Duration) string {
	var c content
	_, _ = rand.Read(c.nonce[:])
	copy(c.mark[:], mark[:])
	c.expiry = inSeconds(time.Now().Add(life))
	carried := c.append(make([]byte, 0, sealSize))
	return alphabet.EncodeToString(append(carried, s.sign(purpose, bound, carried)...))
}

// Open says whether a seal is good: made with this secret for this purpose and
// all that is bound, in time, never opened here before, and for this mark. It
// uses the seal up in saying so. Its errors are ErrForeign, which leaves the
// seal as it was, ErrExpired, ErrUsed, and ErrChanged for a seal that is good in
// all but its mark; that one is used up too.
func (s *Sealer) Open(purpose Purpose, bound []string, mark [32]byte, sealed string) error {
	if len(sealed) != Length {
		return ErrForeign
	}
	raw, err := alphabet.DecodeString(sealed)
	// The decoder skips line breaks, so the length is checked on both sides.
	if err != nil || len(raw) != sealSize {
		return ErrForeign
	}
	carried, signature := raw[:contentSize], raw[contentSize:]
	if !hmac.Equal(signature, s.sign(purpose, bound, carried)) {
		return ErrForeign
	}
	c := readContent(carried)
	if err := s.used.add(c.nonce, c.expiry); err != nil {
		return err
	}
	if !hmac.Equal(c.mark[:], mark[:markSize]) {
		return ErrChanged
	}
	return nil
}

// Fingerprint returns a short hash of a secret, 24 characters, with which the
// secret can be bound to a seal and not be held. Sealers with the same secret of
// their own agree on it; without that secret nobody can try out candidates.
func (s *Sealer) Fingerprint(secret string) string {
	mac := hmac.New(sha256.New, s.keys().fingerprinting)
	mac.Write([]byte(secret))
	return alphabet.EncodeToString(mac.Sum(nil)[:fingerprintSize])
}

// A model copies a seal token by token. Lower-case base32 leaves it no choice
// of case and no pairs such as 0 and o or 1 and l, and nothing in it reads as an
// option or as markup.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// The parts of a seal, in bytes. Their sum is a multiple of five, so that no bit
// of a character is left over and each character counts.
const (
	nonceSize       = 8
	expirySize      = 4
	markSize        = 12
	contentSize     = nonceSize + expirySize + markSize
	signatureSize   = 16
	sealSize        = contentSize + signatureSize
	fingerprintSize = 15
)

// content is what a seal carries under its signature.
type content struct {
	nonce  nonce
	expiry uint32 // Unix time; the seal is good before it
	mark   [markSize]byte
}

func (c content) append(to []byte) []byte {
	to = append(to, c.nonce[:]...)
	to = binary.BigEndian.AppendUint32(to, c.expiry)
	return append(to, c.mark[:]...)
}

func readContent(from []byte) content {
	var c content
	copy(c.nonce[:], from)
	c.expiry = binary.BigEndian.Uint32(from[nonceSize:])
	copy(c.mark[:], from[nonceSize+expirySize:])
	return c
}

// sign returns the signature over purpose, bound values and content. Each string
// comes after its length and the list after its own, so that no two lists read
// the same.
func (s *Sealer) sign(purpose Purpose, bound []string, carried []byte) []byte {
	text := binary.BigEndian.AppendUint64(nil, uint64(len(purpose)))
	text = append(text, purpose...)
	text = binary.BigEndian.AppendUint64(text, uint64(len(bound)))
	for _, value := range bound {
		text = binary.BigEndian.AppendUint64(text, uint64(len(value)))
		text = append(text, value...)
	}
	mac := hmac.New(sha256.New, s.keys().signing)
	mac.Write(text)
	mac.Write(carried)
	return mac.Sum(nil)[:signatureSize]
}

package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// instant is a time as the database keeps it: microseconds since 1970, UTC.
// In JSON it is RFC 3339 with all six digits.
type instant int64

const instantLayout = "2006-01-02T15:04:05.000000Z"

func instantOf(t time.Time) instant { return instant(t.UnixMicro()) }

func (i instant) time() time.Time { return time.UnixMicro(int64(i)).UTC() }

func (i instant) ago(d time.Duration) instant { return i - instant(d.Microseconds()) }

// MarshalJSON writes the time as the API writes it.
func (i instant) MarshalJSON() ([]byte, error) {
	return []byte(`"` + i.time().Format(instantLayout) + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *instant) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return fmt.Errorf("reading a time: %w", err)
	}
	*i = instantOf(t)
	return nil
}

// parseUUID returns a UUID in its usual form: 36 characters, lower case. The
// form without hyphens is read too, as the API's framework does.
func parseUUID(s string) (string, bool) {
	digits := s
	if len(s) == 36 {
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return "", false
		}
		digits = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != 16 {
		return "", false
	}
	return formatUUID([16]byte(raw)), true
}

// newUUID returns a random UUID (version 4).
func newUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: see the package's documentation
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	return formatUUID(raw)
}

func formatUUID(raw [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

// fold maps texts that differ only in case to one text: the API's database
// compares them with each letter in upper case, so that the Turkish ı is an I
// there, and the ß is no SS. SQLite knows the case of ASCII letters alone, which
// is why what must be unique or found without regard to case is stored folded.
func fold(s string) string { return strings.ToUpper(s) }

// trim cuts off outer white space: Unicode's, and the separators 1c to 1f that
// the API's language counts among it.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
	})
}

// cut shortens a text to so many characters.
func cut(s string, characters int) string {
	seen := 0
	for i := range s {
		if seen == characters {
			return s[:i]
		}
		seen++
	}
	return s
}

// encodeJSON is the one way in which answers become bytes.
func encodeJSON(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encoding an answer: %w", err)
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

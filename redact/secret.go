package redact

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Secret holds a key or token. However it is printed, formatted, logged or
// marshalled it shows its mask; only Reveal gives the value away.
type Secret struct {
	value string
}

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value itself. Call it only where the secret is used.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// Equal reports whether both hold the same value.
func (s Secret) Equal(other Secret) bool { return s.value == other.value }

// String returns the mask.
func (s Secret) String() string { return Mask(s.value) }

// GoString returns the mask, for %#v.
func (s Secret) GoString() string { return fmt.Sprintf("redact.Secret(%q)", Mask(s.value)) }

// Format writes the mask whatever the verb: without it, %x would print the value.
func (s Secret) Format(state fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && state.Flag('#') {
		text = s.GoString()
	}
	if verb == 'q' {
		text = fmt.Sprintf("%q", text)
	}
	_, _ = state.Write([]byte(text))
}

// LogValue returns the mask, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns the mask, so that no encoder can write the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalJSON reads a JSON string; null leaves the secret empty.
func (s *Secret) UnmarshalJSON(data []byte) error {
	var value *string
	if err := json.Unmarshal(data, &value); err != nil {
		// The data is not quoted back: it may be the secret itself.
		return fmt.Errorf("a secret must be a JSON string")
	}
	if value != nil {
		s.value = *value
	}
	return nil
}

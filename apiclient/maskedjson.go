package apiclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"posthog-org-mcp/redact"
)

// MaskedJSON is a JSON value of open shape that may hold secrets. However it is
// printed or marshalled, texts under a name with token, secret, key or password
// in it show their mask. Reveal gives the value as it came.
type MaskedJSON struct {
	raw json.RawMessage
}

// Reveal returns the value as it came; nil when there is none.
func (m MaskedJSON) Reveal() json.RawMessage { return m.raw }

// UnmarshalJSON keeps any JSON value.
func (m *MaskedJSON) UnmarshalJSON(data []byte) error {
	m.raw = bytes.Clone(data)
	return nil
}

// MarshalJSON writes the value with its secrets masked; null when there is none.
func (m MaskedJSON) MarshalJSON() ([]byte, error) {
	if len(m.raw) == 0 {
		return []byte("null"), nil
	}
	decoder := json.NewDecoder(bytes.NewReader(m.raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New("a masked value is not JSON")
	}
	return json.Marshal(masked(value, false))
}

// String returns the masked JSON.
func (m MaskedJSON) String() string {
	data, err := m.MarshalJSON()
	if err != nil {
		return "…"
	}
	return string(data)
}

// GoString returns the masked JSON, for %#v.
func (m MaskedJSON) GoString() string { return m.String() }

// LogValue returns the masked JSON, for slog.
func (m MaskedJSON) LogValue() slog.Value { return slog.StringValue(m.String()) }

// masked copies a decoded value. Below a secret name every text and number is
// masked, however deep it lies.
func masked(value any, secret bool) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for name, member := range value {
			copied[name] = masked(member, secret || isSecretName(name))
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, member := range value {
			copied[i] = masked(member, secret)
		}
		return copied
	case string:
		if secret {
			return redact.Mask(value)
		}
		return redact.New().Text(value)
	case json.Number:
		if secret {
			return redact.Mask(value.String())
		}
	}
	return value
}

func isSecretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"token", "secret", "key", "password"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

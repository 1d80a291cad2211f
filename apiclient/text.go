package apiclient

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"posthog-org-mcp/redact"
	"posthog-org-mcp/visible"
)

// How many characters of foreign text an error shows.
const (
	maxServerText   = 300
	maxArgumentText = 60
	maxRequestID    = 100
)

// foreign makes text that came from outside fit for a message or a log line:
// secrets masked, cut to limit characters, and whatever is hidden as an escape.
// Masking goes first, for a cut token would no longer be recognised.
func foreign(redactor *redact.Redactor, text string, limit int) string {
	text = strings.TrimSpace(redactor.Text(text))
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit]) + "…"
	}
	return visible.Line(text)
}

// quoteCut quotes what a caller wrote.
func quoteCut(redactor *redact.Redactor, value string) string {
	value = redactor.Text(value)
	if utf8.RuneCountInString(value) > maxArgumentText {
		value = string([]rune(value)[:maxArgumentText]) + "…"
	}
	return visible.Line(strconv.Quote(value))
}

// quote is quoteCut where no key is known.
func quote(value string) string { return quoteCut(nil, value) }

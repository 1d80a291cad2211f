package apiclient

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthog-org-mcp/redact"
)

// How many characters of foreign text an error shows.
const (
	maxServerText   = 300
	maxArgumentText = 60
	maxRequestID    = 100
)

// foreign makes text that came from outside fit for a message or a log line:
// secrets masked, cut to limit characters, and whatever does not print escaped.
// Masking goes first, for a cut token would no longer be recognised.
func foreign(redactor *redact.Redactor, text string, limit int) string {
	text = redactor.Text(text)
	var out strings.Builder
	count := 0
	for _, r := range strings.TrimSpace(text) {
		if count == limit {
			out.WriteString("…")
			break
		}
		count++
		if unicode.IsPrint(r) {
			out.WriteRune(r)
			continue
		}
		escaped := strconv.QuoteRune(r)
		out.WriteString(escaped[1 : len(escaped)-1])
	}
	return out.String()
}

// quoteCut quotes what a caller wrote.
func quoteCut(redactor *redact.Redactor, value string) string {
	value = redactor.Text(value)
	if utf8.RuneCountInString(value) > maxArgumentText {
		value = string([]rune(value)[:maxArgumentText]) + "…"
	}
	return strconv.Quote(value)
}

// quote is quoteCut where no key is known.
func quote(value string) string { return quoteCut(nil, value) }

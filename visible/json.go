package visible

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns valid JSON text with the hidden characters of its strings as
// escapes. A parser reads the same from both. Blanks between values stay.
func JSON(text []byte) []byte {
	first := bytes.IndexFunc(text, isHiddenInJSON)
	if first < 0 {
		return text
	}
	seen := bytes.NewBuffer(make([]byte, 0, len(text)+64))
	for _, r := range string(text[first:]) {
		switch {
		case !isHiddenInJSON(r):
			seen.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(seen, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(seen, `\u%04x`, r)
		}
	}
	return append(text[:first:first], seen.Bytes()...)
}

// isHiddenInJSON leaves out what strings of JSON never hold unescaped.
func isHiddenInJSON(r rune) bool { return r >= 0x7f && IsHidden(r) }

// NewJSONWriter returns a writer that passes JSON texts on, each written at
// once, as JSON makes them.
func NewJSONWriter(to io.Writer) io.Writer { return jsonWriter{to} }

type jsonWriter struct{ to io.Writer }

func (w jsonWriter) Write(text []byte) (int, error) {
	if _, err := w.to.Write(JSON(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// NewWriter returns a writer that passes lines of text on, with hidden
// characters as escapes. Tabs and ends of lines stay. A character must not be
// split between two writes.
func NewWriter(to io.Writer) io.Writer { return writer{to} }

type writer struct{ to io.Writer }

func (w writer) Write(text []byte) (int, error) {
	isObeyed := func(r rune) bool { return r != '\n' && r != '\t' && IsHidden(r) }
	shown := text
	if bytes.ContainsFunc(text, isObeyed) || !utf8.Valid(text) {
		var seen bytes.Buffer
		for rest := text; len(rest) > 0; {
			r, size := utf8.DecodeRune(rest)
			if isObeyed(r) || r == utf8.RuneError && size == 1 {
				seen.WriteString(escape(string(rest[:size])))
			} else {
				seen.Write(rest[:size])
			}
			rest = rest[size:]
		}
		shown = seen.Bytes()
	}
	if _, err := w.to.Write(shown); err != nil {
		return 0, err
	}
	return len(text), nil
}

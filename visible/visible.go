// Package visible shows text that others wrote so that all of it is seen.
// Characters that show nothing, that reorder what stands around them, or that a
// terminal obeys become escapes; everything else stays as it is.
package visible

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsHidden reports whether a reader would not see a character, or would see
// others in another order because of it: control and format characters
// (bidirectional overrides, zero-width ones, tags), separators of lines and
// paragraphs, variation selectors, fillers, and whatever has no agreed look.
func IsHidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	if !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) {
		return true
	}
	return r == brailleBlank || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// brailleBlank counts as a symbol, and shows none.
const brailleBlank = '\u2800'

// Quote repeats other people's text inside of a sentence of ours: in quotation
// marks, on one line, cut to most characters, hidden ones as escapes of Go.
func Quote(text string, most int) string { return quote(Cut(text, most)) }

// QuoteShort is Quote cut to most bytes.
func QuoteShort(text string, most int) string { return quote(CutShort(text, most)) }

func quote(text string) string { return Line(strconv.Quote(text)) }

// Line is text on one line, hidden characters as escapes of Go.
func Line(text string) string {
	if !strings.ContainsFunc(text, IsHidden) && utf8.ValidString(text) {
		return text
	}
	var seen strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			seen.WriteString(escape(text[:1]))
		case IsHidden(r):
			seen.WriteString(escape(text[:size]))
		default:
			seen.WriteString(text[:size])
		}
		text = text[size:]
	}
	return seen.String()
}

// escape is one character as Go writes it where it cannot be printed.
func escape(char string) string {
	quoted := strconv.QuoteToASCII(char)
	return quoted[1 : len(quoted)-1]
}

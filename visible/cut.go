package visible

import (
	"unicode"
	"unicode/utf8"
)

// Cut cuts text to most characters, and says so by an ellipsis. An escape
// counts as what it takes, so that no cut text is much longer than others. A long
// row of letters and digits is left out rather than cut: it may be a key, and
// nobody knows one by its half.
func Cut(text string, most int) string { return cut(text, most, inCharacters) }

// CutShort is Cut to most bytes, which is nearer to what a text costs a model.
func CutShort(text string, most int) string { return cut(text, most, inBytes) }

func cut(text string, most int, width func(rune) int) string {
	taken, word := 0, 0 // word is where the row of letters and digits began
	for i, r := range text {
		if !isOfKey(r) {
			word = i + utf8.RuneLen(r)
		}
		if taken += width(r); taken <= most {
			continue
		}
		if i-word >= longWord {
			i = word
		}
		return text[:i] + "…"
	}
	return text
}

func inCharacters(r rune) int {
	switch {
	case r > 0xffff && IsHidden(r):
		return len(`\U000e0041`)
	case IsHidden(r):
		return len(`\u202e`)
	}
	return 1
}

// inBytes counts signs that need escapes, once in a quotation and once more in
// JSON, and marks upon letters, which cost more than they are long.
func inBytes(r rune) int {
	switch {
	case IsHidden(r):
		return inCharacters(r) + 2
	case r == '"', r == '\\', unicode.Is(unicode.Mn, r):
		return 4
	}
	return max(1, utf8.RuneLen(r))
}

// longWord is how long a row of letters and digits is that may be a key.
const longWord = 16

func isOfKey(r rune) bool {
	return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

package changes

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"posthog-org-mcp/apiclient"
)

// longestQuote is how many characters of other people's text a sentence repeats.
const longestQuote = 120

// quote repeats other people's text inside of a sentence of ours: in quotation
// marks, cut, on one line, with everything as an escape that a reader would not
// see. Blanks in a row are one, so that none push the end out of sight.
func quote(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\u00a0' }), " ")
	if runes := []rune(text); len(runes) > longestQuote {
		text = string(runes[:longestQuote]) + "…"
	}
	var seen strings.Builder
	for _, r := range strconv.Quote(text) {
		if isUnseen(r) {
			fmt.Fprintf(&seen, `\u%04x`, r)
			continue
		}
		seen.WriteRune(r)
	}
	return seen.String()
}

// isUnseen reports whether a character that counts as printable shows nothing:
// fillers, the Braille blank, variation selectors.
func isUnseen(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r)
}

// isPlain reports whether a text is made of letters, digits and the given signs
// alone, and short: then nothing in it can pose as a word of ours.
func isPlain(text, signs string) bool {
	return text != "" && len(text) <= longestQuote && !strings.ContainsFunc(text, func(r rune) bool {
		isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !isLetter && !strings.ContainsRune(signs, r)
	})
}

// person names somebody. Name and address stay apart, so that neither can pose
// as the other, and the address is never cut off by the name.
func person(user apiclient.UserBasic) string {
	address := user.Email
	if !isPlain(address, "._%+'-@") {
		address = quote(address)
	}
	return quote(user.FullName()) + " <" + address + ">"
}

// group names a group of another system.
func group(reference apiclient.Reference) string {
	return fmt.Sprintf("%s group %s of %s", quote(reference.Provider), quote(reference.ProviderRoleName), quote(reference.ProviderOrganizationID))
}

// id repeats an id of the API's.
func id[ID ~string](value ID) string {
	if !isPlain(string(value), "-") {
		return quote(string(value))
	}
	return string(value)
}

package changes

import (
	"fmt"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/visible"
)

// longestQuote is how many characters of other people's text a sentence repeats.
const longestQuote = 120

// quote repeats other people's text inside of a sentence of ours. Blanks in a
// row are one, so that none push the end out of sight.
func quote(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\u00a0' }), " ")
	return visible.Quote(text, longestQuote)
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

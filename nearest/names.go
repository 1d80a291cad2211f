package nearest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// Names is Words for names of several words, such as those of tools and
// arguments. Order, style (role-list, list_roles, rolesList) and number do not
// count, and words of one meaning are as good as the same: for delete-user there
// is member-remove, for role_id there is role.
func Names(name string, names []string, limit int) []string {
	type scored struct {
		name  string
		score float64
	}
	wanted := wordsOf(name)
	var near []scored
	for _, candidate := range names {
		if score := wanted.likeness(wordsOf(candidate)); score >= alike {
			near = append(near, scored{candidate, score})
		}
	}
	if len(near) == 0 && wanted.weight() >= 1 {
		return Words(name, names, limit)
	}
	slices.SortStableFunc(near, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var result []string
	for _, item := range near[:min(len(near), limit)] {
		result = append(result, item.name)
	}
	return result
}

// alike is the least part of two names that has to agree.
const alike = 0.59

// A term is one word of a name.
type term struct {
	text   string // in the singular
	plural bool
}

type terms []term

// wordsOf takes a name apart at everything that is no letter, and where small
// letters change to capitals.
func wordsOf(name string) terms {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, plain(string(word)))
			word = nil
		}
	}
	isSmall := false
	for _, r := range cut(name) {
		if !unicode.IsLetter(r) || isSmall && unicode.IsUpper(r) {
			end()
		}
		if unicode.IsLetter(r) {
			word = append(word, r)
		}
		isSmall = unicode.IsLower(r)
	}
	end()
	var result terms
	for _, word := range words {
		if slices.Contains(strings.Fields(fillers), word) {
			continue
		}
		single := singular(word)
		of := term{single, single != word}
		if of.weight() < 1 && of.plural && len(result) > 0 {
			result[len(result)-1].plural = true // user_ids are those of users
		}
		isSaid := func(said term) bool { return sameMeaning(said.text, of.text) }
		if !slices.ContainsFunc(result, isSaid) { // an audit log is one thing
			result = append(result, of)
		}
	}
	return result
}

// fillers are words of names that say nothing.
const fillers = "a an the of in from to for by new my mcp posthog tool"

// meanings are words of one meaning, a line each.
const meanings = `list show all index
get read fetch show retrieve describe
create add new make insert post
add put assign grant invite
update rename edit change modify patch
delete remove drop destroy revoke unassign
rotate reset regenerate renew roll
lookup find search resolve
undo revert rollback restore
journal history audit log
member membership user person email mail
organization organisation org
reference mapping link
confirmation confirm
search query filter q
limit max count size
offset skip start`

// singular is enough for the words of an API.
func singular(word string) string {
	switch {
	case word == "people":
		return "person"
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return strings.TrimSuffix(word, "ies") + "y"
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && len(word) > 2:
		return strings.TrimSuffix(word, "s")
	}
	return word
}

// likeness is 1 for names of the same words and 0 for those that share none.
func (wanted terms) likeness(candidate terms) float64 {
	if len(wanted) == 0 || len(candidate) == 0 {
		return 0
	}
	left := slices.Clone(candidate)
	shared, whole := 0.0, wanted.weight()+candidate.weight()
	for _, word := range wanted {
		best, at := 0.0, -1
		for i, other := range left {
			if score := word.likeness(other); score > best {
				best, at = score, i
			}
		}
		if at >= 0 {
			shared += best * (word.weight() + left[at].weight())
			left = slices.Delete(left, at, at+1)
		}
	}
	return shared / whole
}

func (wanted terms) weight() float64 {
	sum := 0.0
	for _, word := range wanted {
		sum += word.weight()
	}
	return sum
}

// weight is small for words that say how something is named, not what.
func (t term) weight() float64 {
	switch t.text {
	case "id", "uuid", "name", "key", "value", "current":
		return 0.3
	}
	return 1
}

// likeness is 1 for the same word. Another number, meaning or spelling counts a
// little less, so that the same goes first.
func (t term) likeness(other term) float64 {
	switch distance := levenshtein.ComputeDistance(t.text, other.text); {
	case t == other:
		return 1
	case t.text == other.text:
		return 0.95
	case sameMeaning(t.text, other.text) && t.plural == other.plural:
		return 0.9
	case sameMeaning(t.text, other.text):
		return 0.85
	case len(t.text) > 2 && (distance*5 <= 2*max(len(t.text), len(other.text)) || sameLetters(t.text, other.text)):
		return 0.8
	}
	return 0
}

// sameLetters finds words with letters in the wrong order.
func sameLetters(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values([]rune(a))), slices.Sorted(slices.Values([]rune(b))))
}

func sameMeaning(a, b string) bool {
	for line := range strings.Lines(meanings) {
		if words := strings.Fields(line); slices.Contains(words, a) && slices.Contains(words, b) {
			return true
		}
	}
	return false
}

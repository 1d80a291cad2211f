// Package nearest finds what somebody may have meant: the candidates that are
// spelled most like a word.
package nearest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Candidates returns at most limit of the candidates with a label that
// resembles word, best first. Case and accents are ignored. A label resembles a
// word when one holds the other, or when at most two fifths of its letters would
// have to change; two neighbours that changed places are one.
func Candidates[T any](word string, candidates []T, labels func(T) []string, limit int) []T {
	type scored struct {
		candidate T
		distance  int
	}
	wanted := plain(word)
	var near []scored
	for _, candidate := range candidates {
		best := -1
		for _, label := range labels(candidate) {
			text := plain(label)
			distance := changed(wanted, text)
			if (holds(text, wanted) || holds(wanted, text) || distance*5 <= 2*longer(wanted, text)) && (best < 0 || distance < best) {
				best = distance
			}
		}
		if best >= 0 {
			near = append(near, scored{candidate, best})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
	if len(near) > limit {
		near = near[:limit]
	}
	result := make([]T, len(near))
	for i, item := range near {
		result[i] = item.candidate
	}
	return result
}

// changed is how many letters differ.
func changed(a, b string) int {
	distance := levenshtein.ComputeDistance(a, b)
	if distance == 2 && areSwapped([]rune(a), []rune(b)) {
		return 1
	}
	return distance
}

// areSwapped reports whether two neighbours are all that differs, and that in order.
func areSwapped(a, b []rune) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
		}
	}
	return false
}

// Words is Candidates over plain words.
func Words(word string, words []string, limit int) []string {
	return Candidates(word, words, func(w string) []string { return []string{w} }, limit)
}

// holds reports whether part stands in text; a single letter stands everywhere.
func holds(text, part string) bool { return len(part) >= 2 && strings.Contains(text, part) }

func longer(a, b string) int {
	return max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
}

// plain is a word without what people leave out or get wrong: case, accents,
// blanks around it.
func plain(word string) string {
	word = norm.NFD.String(cases.Fold().String(cut(strings.TrimSpace(word))))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, word)
}

// longestCompared bounds the work on a word that somebody made huge.
const longestCompared = 256

func cut(s string) string {
	runes := []rune(s)
	if len(runes) > longestCompared {
		return string(runes[:longestCompared])
	}
	return s
}

package sandbox

import "strings"

// How a row met a search.
const (
	matchExact   = "exact"   // holds every word
	matchSimilar = "similar" // has words that resemble those it does not hold
)

// matches tells how somebody's names and address meet a search: by holding
// each of its words, by words that resemble them, or not at all (empty). Case
// never counts. Only names and the part before the @ resemble anything, as one
// company's addresses all look alike behind it.
func matches(search, first, last, email string) string {
	local, _, _ := strings.Cut(email, "@")
	text := fold(first + " " + last + " " + email)
	words := strings.FieldsFunc(fold(first+" "+last+" "+local), func(r rune) bool {
		return strings.ContainsRune(" .-_+'’", r)
	})
	how := matchExact
	for _, wanted := range strings.Fields(fold(search)) {
		if strings.Contains(text, wanted) {
			continue
		}
		how = matchSimilar
		if !resemblesAny([]rune(wanted), words) {
			return ""
		}
	}
	return how
}

// resemblesAny allows one slip in a word of three letters, two from six on.
func resemblesAny(wanted []rune, words []string) bool {
	slips := min(len(wanted)/3, 2)
	for _, word := range words {
		if distance(wanted, []rune(word)) <= slips {
			return true
		}
	}
	return false
}

// distance is how many slips turn one word into another: a letter left out,
// put in, or replaced, or two neighbours swapped.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

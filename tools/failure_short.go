package tools

import (
	"regexp"
	"strings"
	"unicode"

	"posthog-org-mcp/schemas"
)

// maxCost is how much an answer about a failure may take, by rough count, which
// is a little above the right one. What became of each change of a call comes
// on top: none of it can be spared.
const maxCost = 155

// short leaves out what an answer can do without, the most dispensable first,
// until it is short. Names and addresses in it are as long as others made them.
func short(failure schemas.Failure) schemas.Failure {
	candidates := func(most int) func(*schemas.Failure) {
		return func(f *schemas.Failure) { f.Candidates = f.Candidates[:min(len(f.Candidates), most)] }
	}
	for _, leaveOut := range []func(*schemas.Failure){
		candidates(2), candidates(1),
		func(f *schemas.Failure) { f.RequestID = "" },
		func(f *schemas.Failure) { f.Type = "" },
		func(f *schemas.Failure) {
			if !strings.Contains(f.Error+f.NextStep, "detail") {
				f.Detail = ""
			}
		},
		func(f *schemas.Failure) { f.Detail = wholeSentences(f.Detail, maxDetail/2) },
		candidates(0),
	} {
		if roughCost(failure) <= maxCost {
			break
		}
		leaveOut(&failure)
	}
	return failure
}

// roughCost guesses how many tokens a model takes for an answer.
func roughCost(failure schemas.Failure) int {
	failure.Changes, failure.Undo = nil, nil
	data, err := schemas.Marshal(failure)
	if err != nil {
		return 0 // It will not be answered either.
	}
	return roughTokens(string(data))
}

// roughTokens counts words, groups of three digits, signs and foreign letters.
// Long words and rows of signs make up for what it counts too much.
func roughTokens(text string) int {
	ids := uuid.FindAllStringIndex(text, -1)
	text = uuid.ReplaceAllString(text, "")
	cost, length := idTokens*len(ids), 0
	var kindBefore, before rune
	for _, r := range text {
		kind := kindOf(r)
		if kind != kindBefore {
			length = 0
		}
		length++
		switch {
		case kind == rare:
			cost += 3
		case before == '\\' && r == 'u':
			cost += 3 // of an escape
		case kind == foreign, kind == letter && length%12 == 1, kind == digit && length%3 == 1, kind == sign && length%2 == 1:
			cost++
		}
		kindBefore, before = kind, r
	}
	return cost
}

// idTokens is what a UUID costs; a guess from its letters would differ from one
// to the next, and so would the answers.
const idTokens = 27

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// The kinds of character that roughTokens tells apart.
const (
	letter  = 'a'
	digit   = '0'
	sign    = '.'
	blank   = ' '
	foreign = 'ä'
	rare    = '😀'
)

func kindOf(r rune) rune {
	switch {
	case r > 0xffff, unicode.Is(unicode.Mn, r):
		return rare
	case r > unicode.MaxASCII:
		return foreign
	case unicode.IsLetter(r):
		return letter
	case unicode.IsDigit(r):
		return digit
	case r == ' ':
		return blank
	}
	return sign
}

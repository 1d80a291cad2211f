package config

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"posthog-org-mcp/redact"
	"posthog-org-mcp/visible"
)

// Error says why the program cannot start: one or more settings that are
// missing or cannot be used. Its text is meant to be printed as it is.
type Error struct {
	Problems []Problem
}

// Problem is one such setting. The three parts read as one paragraph.
type Problem struct {
	Where string // the flag or variable, as the user wrote it; "" when none was given
	What  string // what is wrong with it
	Next  string // what to do
}

// Error lists the problems, one paragraph each, with a blank line between.
func (e *Error) Error() string {
	paragraphs := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		paragraphs[i] = problem.String()
	}
	return strings.Join(paragraphs, "\n\n")
}

// String gives the fault on one line and the advice on the next.
func (p Problem) String() string {
	return strings.TrimSpace(p.Where+" "+p.What) + "\n" + p.Next
}

// quoted is how much of a value a message repeats, in characters.
const quoted = 60

// Quote repeats a value in a message: escaped, cut to 60 characters, and with
// whatever looks like a key masked, older keys without a prefix too. People
// paste keys into the wrong place.
func Quote(text string) string { return strconv.Quote(cut(text)) }

// quotePath is Quote for a path, which is whole and can be copied on Windows too.
func quotePath(path string) string { return visible.Path(maskAll(path)) }

func cut(text string) string {
	text = maskAll(text)
	if runes := []rune(text); len(runes) > quoted {
		text = string(runes[:quoted]) + "…"
	}
	return text
}

// QuoteWhole is Quote without the cut, for what another program said of a path:
// half of one helps nobody.
func QuoteWhole(text string) string { return strconv.Quote(maskAll(text)) }

func maskAll(text string) string {
	return bareKey().ReplaceAllStringFunc(new(redact.Redactor).Text(text), redact.Mask)
}

// bareKey is the shape of an older personal API key, which has no prefix.
// It is compiled when the first message needs it: most starts have none.
var bareKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9]{32,}`) })

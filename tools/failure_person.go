package tools

import (
	"regexp"
	"slices"
	"strings"

	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

// ForPerson is a failure in words for somebody at a terminal: nobody is told to
// tell the user, tools are commands, and arguments flags. All else stays.
func ForPerson(failure schemas.Failure) schemas.Failure {
	failure.Error = addressed(failure.Error,
		"The user declined.", "You declined.", "The user dismissed", "You dismissed",
		"while the user was asked", "while you were asked", "; detail says why", "", "see changes", "see above")
	// No name is quoted in what to do next, so that every tool in it is meant.
	failure.NextStep = addressed(named.ReplaceAllStringFunc(failure.NextStep, command),
		"Tell the user what detail says.", "PostHog says: "+directory.Quoted(failure.Detail)+".",
		"Correct what detail names", "Correct what is named ("+directory.Quoted(failure.Detail)+")",
		"Do not call again unless the user asks for it.", "Run it again if it is wanted after all.",
		", and show that to the user", "", ", and tell the user.", ".", "; if it came from PostHog, tell the user.", ".",
		"Tell the user: ", "", "Tell the user. ", "", "Ask the user to ", "", "ask the user to ", "",
		"Call again", "Run it again", "call again", "run it again",
		"Pass the id of one of the candidates as organization_id", "Pass the id of one of them as --organization",
		"Pass an organization_id from", "Pass an --organization from", "heck organization_id", "heck --organization",
		", or to make", ", or make", ", or to sign in", ", or sign in", ", call `", ", run `", "with limit", "with --limit", "without confirmation for", "for", "the candidate's id", "its id",
	)
	failure.NextStep = sentenceStart.ReplaceAllStringFunc(failure.NextStep, strings.ToUpper)
	return failure
}

// addressed replaces texts of ours, pair by pair. What stands in quotation marks
// is not ours.
func addressed(text string, pairs ...string) string {
	replacer := strings.NewReplacer(pairs...)
	var whole strings.Builder
	for len(text) > 0 {
		quoted := quotedShape.FindStringIndex(text)
		if quoted == nil {
			quoted = []int{len(text), len(text)}
		}
		whole.WriteString(replacer.Replace(text[:quoted[0]]))
		whole.WriteString(text[quoted[0]:quoted[1]])
		text = text[quoted[1]:]
	}
	return strings.TrimSpace(whole.String())
}

var (
	quotedShape   = regexp.MustCompile(`"(\\.|[^"\\])*"`)
	sentenceStart = regexp.MustCompile(`(^|\. )[a-z]`)
	named         = regexp.MustCompile(`[a-z]+(-[a-z]+)+`)
)

// command is what is typed in place of a tool's name; other words stay.
func command(word string) string {
	isTool := slices.ContainsFunc(Catalog(), func(tool Tool) bool { return tool.Name == word })
	switch {
	case word == "journal-list":
		return "`posthog-org-mcp journal`"
	case isTool:
		return "`posthog-org-mcp call " + word + "`"
	}
	return word
}

package cli

import (
	"encoding/json"
	"runtime"
	"strings"

	"posthog-org-mcp/visible"
)

// commandLine is a call of a tool as it is typed into a shell of this system.
// Arguments that are not an object of them make a call without any.
func commandLine(tool string, arguments json.RawMessage) string {
	return commandLineOn(runtime.GOOS, tool, arguments)
}

func commandLineOn(system, tool string, arguments json.RawMessage) string {
	words := []string{Name, "call", tool}
	members, err := membersOf(arguments)
	if err != nil {
		members = nil
	}
	for _, member := range members {
		flag := "--" + flagName(member.name)
		switch member.value[0] {
		case '[':
			var elements []json.RawMessage
			if json.Unmarshal(member.value, &elements) != nil {
				continue
			}
			for _, element := range elements {
				words = append(words, flagWords(system, flag, typed(element))...)
			}
		case 't', 'f':
			words = append(words, flag+"="+string(member.value))
		default:
			words = append(words, flagWords(system, flag, typed(member.value))...)
		}
	}
	return strings.Join(words, " ")
}

// flagWords are a flag and its value. One that begins with a dash looks like
// another flag, unless it is joined to its own.
func flagWords(system, flag, value string) []string {
	if strings.HasPrefix(value, "-") {
		return []string{flag + "=" + shellWordOn(system, value)}
	}
	return []string{flag, shellWordOn(system, value)}
}

// typed is a JSON value as a flag takes it.
func typed(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// shellWord is a word as it is typed into a shell of this system.
func shellWord(word string) string { return shellWordOn(runtime.GOOS, word) }

// Characters that a shell takes as they are.
const (
	letters   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	safe      = letters + "@%+=:,./_-"
	safeThere = letters + `@+=:./\_-` // on Windows; a comma makes a list in PowerShell
)

// shellWordOn quotes what a shell would not take as one word.
func shellWordOn(system, word string) string {
	switch {
	case system == "windows":
		return windowsWord(word)
	case word != "" && strings.Trim(word, safe) == "":
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// windowsWord quotes a word so that neither PowerShell nor the command prompt runs
// anything that stands in it, and so that both read it where that can be done.
//
// Within double quotes PowerShell expands $ and backticks, and the command prompt
// what stands between two %. Single quotes mean nothing to the prompt. A quote
// within quotes is written differently in each, and opens what stands behind it to
// the other one. What remains is left out, for the user to fill in.
func windowsWord(word string) string {
	const (
		expanded = "$`\u201c\u201d\u201e" // PowerShell takes these quotes for its own
		obeyed   = `&|<>^%"`
		ofJSON   = letters + `{}[]":,._-/ `
	)
	isPlain := !strings.ContainsAny(word, expanded+`"`) && strings.Count(word, "%") < 2
	switch {
	case strings.ContainsFunc(word, visible.IsHidden):
		return `"…"`
	case word != "" && word[0] != '@' && strings.Trim(word, safeThere) == "":
		return word
	case isPlain:
		return `"` + word + word[len(strings.TrimRight(word, `\`)):] + `"`
	case strings.Trim(word, ofJSON) == "":
		return `"` + strings.ReplaceAll(word, `"`, `\"`) + `"` // for the prompt
	case !strings.ContainsAny(word, obeyed):
		return "'" + strings.NewReplacer("'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019").Replace(word) + "'" // for PowerShell
	}
	return `"…"`
}

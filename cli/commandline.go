package cli

import (
	"encoding/json"
	"strings"
)

// commandLine is a call of a tool as it is typed into a shell. Arguments that are
// not an object of them make a call without any.
func commandLine(tool string, arguments json.RawMessage) string {
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
				words = append(words, flagWords(flag, typed(element))...)
			}
		case 't', 'f':
			words = append(words, flag+"="+string(member.value))
		default:
			words = append(words, flagWords(flag, typed(member.value))...)
		}
	}
	return strings.Join(words, " ")
}

// flagWords are a flag and its value. One that begins with a dash looks like
// another flag, unless it is joined to its own.
func flagWords(flag, value string) []string {
	if strings.HasPrefix(value, "-") {
		return []string{flag + "=" + shellWord(value)}
	}
	return []string{flag, shellWord(value)}
}

// typed is a JSON value as a flag takes it.
func typed(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// shellWord quotes what a shell would not take as one word, for all but the
// command prompt of Windows.
func shellWord(word string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"
	if word != "" && strings.Trim(word, safe) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

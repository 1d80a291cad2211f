package assistants

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/aymanbagabas/go-udiff"
)

// longestLine is how long a line of a difference may be. A file on one line is
// shown by its entry instead.
const longestLine = 400

// Diff shows a change as a unified difference, empty where there is none. Of
// what belongs to other entries it shows the names and no values, which may be
// keys; mask takes care of ours.
func (c Change) Diff(mask func(string) string) string {
	before, after := display(c.before), display(c.after)
	difference := udiff.Unified(c.File, c.File, before, after)
	for line := range strings.Lines(difference) {
		if len(line) > longestLine {
			difference = udiff.Unified(c.File, c.File, c.shown(c.old), c.shown(c.new))
			break
		}
	}
	known := map[string]bool{}
	for _, entry := range []content{c.old, c.new} {
		if entry != nil {
			c.Client.showable(entry, known)
		}
	}
	var out strings.Builder
	for line := range strings.Lines(difference) {
		if !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "+++") && !strings.HasPrefix(line, "@@") {
			line = hidden(line, known)
		}
		out.WriteString(mask(line))
	}
	return out.String()
}

// display is a text as its lines are compared for people.
func display(data []byte) string {
	return strings.ReplaceAll(strings.TrimPrefix(string(data), utf8Mark), "\r\n", "\n")
}

// shown is an entry on lines of its own.
func (c Change) shown(entry content) string {
	whole, isObject := entry.(object)
	if !isObject {
		return ""
	}
	lines := []string{quoteJSON(c.Name) + ": {"}
	for _, field := range whole {
		lines = append(lines, "  "+quoteJSON(field.key)+": "+field.value.json()+",")
	}
	return strings.Join(append(lines, "}"), "\n") + "\n"
}

// showable collects what may be shown of an entry: all but the values of
// variables that are secret or not ours.
func (c Client) showable(entry content, known map[string]bool) {
	switch entry := entry.(type) {
	case text:
		known[string(entry)] = true
	case list:
		for _, word := range entry {
			known[word] = true
		}
	case object:
		for _, field := range entry {
			variables, isEnvironment := field.value.(object)
			if field.key != c.shape.env || !isEnvironment {
				c.showable(field.value, known)
				continue
			}
			for _, variable := range variables {
				if OwnVariable(variable.key) && variable.key != keyVariable {
					c.showable(variable.value, known)
				}
			}
		}
	}
}

// keyVariable holds the key itself.
const keyVariable = "POSTHOG_PERSONAL_API_KEY"

// hidden replaces the strings of a line that are not known by an ellipsis. Names
// of fields stay.
func hidden(line string, known map[string]bool) string {
	var out strings.Builder
	rest := 0
	for _, at := range quotedWord().FindAllStringIndex(line, -1) {
		out.WriteString(longWord().ReplaceAllString(line[rest:at[0]], "…"))
		word := line[at[0]:at[1]]
		var meant string
		if word[0] == '\'' || json.Unmarshal([]byte(word), &meant) != nil {
			meant = strings.Trim(word, `'"`)
		}
		isName := strings.IndexAny(strings.TrimLeft(line[at[1]:], " \t"), ":=") == 0
		if !isName && meant != "" && !known[meant] {
			word = word[:1] + "…" + word[:1]
		}
		out.WriteString(word)
		rest = at[1]
	}
	out.WriteString(longWord().ReplaceAllString(line[rest:], "…"))
	return out.String()
}

// Both are compiled when a difference is shown: a server starts without them.
var (
	quotedWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`) })
	longWord   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[A-Za-z0-9_+/\-]*[0-9][A-Za-z0-9_+/\-]{19,}`)
	})
)

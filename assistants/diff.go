package assistants

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// longestLine is how long a line of a difference may be. A file on one line is
// shown by its entry instead.
const longestLine = 400

// Diff shows a change as a unified difference, empty where there is none. Of
// what is not ours it shows the names and no values, numbers or comments, any of
// which may be a key; mask takes care of ours.
func (c Change) Diff(mask func(string) string) string {
	before, after := display(string(c.before)), display(string(c.after))
	difference := udiff.Unified(c.File, c.File, before, after)
	shown := [2]string{display(c.Client.hidden(c.before, c.Name)), display(c.Client.hidden(c.after, c.Name))}
	for line := range strings.Lines(difference) {
		if len(line) > longestLine {
			difference = udiff.Unified(c.File, c.File, c.alone(c.old, everything), c.alone(c.new, everything))
			shown = [2]string{c.alone(c.old, c.Client.shape.shows), c.alone(c.new, c.Client.shape.shows)}
			break
		}
	}
	return mask(inPlace(difference, shown[0], shown[1]))
}

// inPlace is a difference with the lines of other texts, which have as many lines
// as those that were compared.
func inPlace(difference, before, after string) string {
	old, new := strings.Split(before, "\n"), strings.Split(after, "\n")
	left, right := -1, -1 // the next line of each, from 0
	var out strings.Builder
	for line := range strings.Lines(difference) {
		kind := line[0]
		switch {
		case kind == '@':
			left, right = hunkStart(line, "-"), hunkStart(line, "+")
		case left < 0, kind == '\\': // the heading, or no line of either text
		case kind == '-':
			line = "-" + old[left] + "\n"
			left++
		default:
			line = string(kind) + new[right] + "\n"
			right++
			if kind == ' ' {
				left++
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// hunkStart is the first line of one side of a hunk, from 0, as in "@@ -1,2 +1 @@".
func hunkStart(line, side string) int {
	first := 0
	_, after, _ := strings.Cut(line, " "+side)
	if _, err := fmt.Sscanf(after, "%d", &first); err != nil {
		return 0
	}
	return max(first-1, 0)
}

// display is a text as its lines are compared for people.
func display(data string) string {
	return strings.ReplaceAll(strings.TrimPrefix(data, utf8Mark), "\r\n", "\n")
}

// alone is an entry on lines of its own.
func (c Change) alone(entry content, shows func(field []string) bool) string {
	whole, isObject := entry.(object)
	if !isObject {
		return ""
	}
	lines := []string{quoteJSON(c.Name) + ": {"}
	for _, field := range whole {
		lines = append(lines, "  "+quoteJSON(field.key)+": "+hiddenContent(field.value, []string{field.key}, shows).json()+",")
	}
	return strings.Join(append(lines, "}"), "\n") + "\n"
}

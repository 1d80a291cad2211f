package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A step is one thing that the admin asks for: the call that answers it, what
// of the answer is shown, and what must be true afterwards.
type step struct {
	// chapter opens a new part of the day.
	chapter string
	// name lets later steps use the answer.
	name string
	// asked is what the admin says.
	asked string
	tool  string
	// with are the arguments as JSON. <name.path> stands for a value of an
	// earlier step's answer.
	with string
	// after names a step that this one makes no sense without.
	after string
	// scene is what a reader must know before the step.
	scene string

	show []view

	// asks is the whole question that the admin must get before anything
	// happens: a sentence for each thing that would be done, and, after a dash,
	// for each that would be lost by it. Without a dialog it is all that happens:
	// the deed is the next step, which brings the confirmation.
	asks []string
	// dialog is the admin's word, given in a client that shows such a question
	// itself. A step without one is played in a client that cannot.
	dialog word
	// refused says that the answer must be an error.
	refused bool
	// answer is what the answer must say.
	answer []fact
	// agrees are the parts of the answer that the API must say as well.
	agrees []agreement
	// changes are all the differences that the step makes to the organization,
	// in the words of snapshot.diff. Most steps make none.
	changes []string
}

// A word is an answer to a question: yes, no, or none.
type word string

// The words.
const (
	yes word = "yes"
	no  word = "no"
)

// A view is a table: its rows are what stands at a path of the answer, an
// object or a list of them, and its columns are paths in a row. A column's
// header is the last word of its path, unless it says path:header.
type view struct {
	rows    string
	columns []string
}

// A fact is a value that the answer must have at a path.
type fact struct{ path, want string }

// An agreement is a part of the answer that the API itself must say too.
type agreement struct {
	// what the compared values are, for the story.
	what string
	// path in the answer.
	path string
	// get is the API's address, below the organization unless it begins with a
	// slash; <answer.path> stands for a value of the answer.
	get string
	// at is the path in what the API says.
	at string
	// masked compares with the masked form of what the API says.
	masked bool
	// file compares with what is in the file that the answer names.
	file bool
}

// heard is what the steps so far were answered, by the step's name.
type heard map[string]any

var placeholder = regexp.MustCompile(`<([a-z-]+)\.([a-z0-9_.]+)>`)

// fill completes a step's arguments. Its error says which earlier step is
// missing.
func (h heard) fill(step step) (json.RawMessage, error) {
	if step.after != "" {
		if _, ok := h[step.after]; !ok {
			return nil, fmt.Errorf("it builds on a step that went wrong (%s)", step.after)
		}
	}
	text, err := h.replace(step.with)
	if err != nil {
		return nil, err
	}
	if text == "" {
		text = "{}"
	}
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("its arguments are not JSON: %s", text)
	}
	return json.RawMessage(text), nil
}

// replace puts values into the places kept for them. A string loses its
// quotes: the place stands in quotes already.
func (h heard) replace(text string) (string, error) {
	var missing error
	filled := placeholder.ReplaceAllStringFunc(text, func(place string) string {
		parts := placeholder.FindStringSubmatch(place)
		from, ok := h[parts[1]]
		if !ok {
			missing = errors.Join(missing, fmt.Errorf("it builds on a step that went wrong (%s)", parts[1]))
			return ""
		}
		value, ok := at(from, parts[2])
		if !ok {
			missing = errors.Join(missing, fmt.Errorf("the answer of %s has no %s", parts[1], parts[2]))
			return ""
		}
		raw, err := json.Marshal(value)
		missing = errors.Join(missing, err)
		return strings.Trim(string(raw), `"`)
	})
	return filled, missing
}

package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"posthog-org-mcp/schemas"
)

// tidied makes up for what clients and models do to arguments that are meant
// well. Whatever else is wrong with them, the schema says.
//
// An argument that is null is left out: many clients send one for whatever the
// model did not give. An empty string is left out as well where nothing is at
// stake; where something is written, or where it would name somebody or
// something, it may be a value that somebody forgot to fill in: whoever asks for
// the roles of nobody must not be told all roles. An id that is a number gets its quotes: a model passes it on as it
// came.
func tidied(arguments json.RawMessage, isRead bool) json.RawMessage {
	arguments = bytes.TrimSpace(arguments)
	if len(arguments) == 0 || string(arguments) == "null" {
		return json.RawMessage(`{}`)
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(arguments, &given) != nil {
		return arguments
	}
	changed := false
	for name, value := range given {
		switch {
		case string(value) == "null", isRead && string(value) == `""` && !isName(name):
			delete(given, name)
		case isNumericID(name) && isDigits(value):
			given[name] = json.RawMessage(`"` + string(value) + `"`)
		default:
			continue
		}
		changed = true
	}
	if !changed {
		return arguments
	}
	tidy, err := json.Marshal(given)
	if err != nil {
		return arguments
	}
	return tidy
}

// isName names the arguments that say whom or what a call is about.
func isName(name string) bool {
	return slices.Contains([]string{"member", "role", "project", "provider"}, name)
}

// isNumericID names the arguments whose values are numbers in the system that
// they come from. Their schemas say string all the same: a choice of types is
// more than some clients take.
func isNumericID(name string) bool { return name == "project" || name == "provider_role_id" }

func isDigits(value json.RawMessage) bool {
	return len(value) > 0 && strings.Trim(string(value), "0123456789") == ""
}

// canonical is the same for all ways to write the same arguments, and recorded
// is that for the journal: of an object only the names of its fields, for a
// project's settings can hold what is nobody else's business. The confirmation
// is taken out of both.
func canonical(arguments json.RawMessage) (canonical, recorded json.RawMessage, confirmation string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(arguments))
	decoder.UseNumber()
	var given map[string]any
	if err := decoder.Decode(&given); err != nil {
		return nil, nil, "", decodeError(err)
	}
	confirmation, _ = given["confirmation"].(string)
	delete(given, "confirmation")
	if canonical, err = json.Marshal(given); err != nil {
		return nil, nil, "", err
	}
	for name, value := range given {
		if fields, isObject := value.(map[string]any); isObject {
			given[name] = slices.Sorted(maps.Keys(fields))
		}
	}
	recorded, err = json.Marshal(given)
	return canonical, recorded, strings.TrimSpace(confirmation), err
}

// decodeError words what the schema let pass and Go does not read, such as the
// number 1e2 for an integer.
func decodeError(err error) error {
	var argument *schemas.ArgumentError
	if errors.As(err, &argument) {
		return err
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		// The field comes with the structs around it, which no caller knows.
		name := mismatch.Field[strings.LastIndex(mismatch.Field, ".")+1:]
		return &schemas.ArgumentError{Problems: []string{
			fmt.Sprintf("Argument %q cannot be read from a %s.", name, mismatch.Value),
		}}
	}
	return &schemas.ArgumentError{Problems: []string{"The arguments cannot be read: " + err.Error() + "."}}
}

package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// decode reads JSON without knowing its shape; numbers stay as they were written.
func decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return value, nil
}

// at returns what stands at a path such as role.members.email, and whether
// there is such a place. A list on the way gives a list: what stands at the
// rest of the path in each of its elements; or, at a number, one element.
func at(value any, path string) (any, bool) {
	if path == "" {
		return value, true
	}
	switch value := value.(type) {
	case map[string]any:
		name, rest, _ := strings.Cut(path, ".")
		inner, ok := value[name]
		if !ok {
			return nil, false
		}
		return at(inner, rest)
	case []any:
		name, rest, _ := strings.Cut(path, ".")
		if i, err := strconv.Atoi(name); err == nil {
			if i < 0 || i >= len(value) {
				return nil, false
			}
			return at(value[i], rest)
		}
		found := make([]any, 0, len(value))
		for _, element := range value {
			inner, ok := at(element, path)
			if !ok {
				return nil, false
			}
			found = append(found, inner)
		}
		return found, true
	default:
		return nil, false
	}
}

// say words a value so that two can be compared and shown.
func say(value any) string {
	switch value := value.(type) {
	case nil:
		return "none"
	case string:
		return value
	case bool:
		return fmt.Sprint(value)
	case json.Number:
		return value.String()
	case []any:
		if len(value) == 0 {
			return "none"
		}
		words := make([]string, len(value))
		for i, element := range value {
			words[i] = say(element)
		}
		return strings.Join(words, ", ")
	default:
		raw, err := json.Marshal(value)
		if err != nil {
			return fmt.Sprint(value)
		}
		return string(raw)
	}
}

// cell words a value for a table: times are cut to the day, and of a file's path
// its name is left.
func cell(value any) string {
	switch value := value.(type) {
	case nil:
		return "-"
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case string:
		if instant, err := time.Parse(time.RFC3339, value); err == nil {
			return instant.Format(time.DateOnly)
		}
		if filepath.IsAbs(value) {
			value = "…/" + filepath.Base(value) // in the demo's own folder
		}
		return printable(value)
	}
	return printable(say(value))
}

// printable keeps what the API says from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

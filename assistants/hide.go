package assistants

import (
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// The ellipses that stand for what is not shown.
const (
	hiddenValue = "…"
	hiddenText  = `"…"`
)

// hidden is a file of the client as it may be shown: with every name, and with
// the values that the entry has from us. It has as many lines as the file.
func (c Client) hidden(data []byte, name string) string {
	shown, fault := c.form.hidden(data, func(path []string) bool {
		return len(path) > 2 && path[0] == c.container && path[1] == name && c.shape.shows(path[2:])
	})
	if lines := strings.Count(string(data), "\n"); fault != nil || strings.Count(shown, "\n") != lines {
		return strings.Repeat(hiddenValue+"\n", lines) + hiddenValue // nothing is known about what is where
	}
	return shown
}

// shows reports whether a value of an entry of ours may be shown, by the names
// that lead to it: what the entry starts, and those variables that are settings of
// ours. Others may hold the keys of others.
func (s shape) shows(field []string) bool {
	if field[0] == s.env {
		return len(field) == 2 && OwnVariable(field[1]) && field[1] != keyVariable
	}
	return len(field) == 1 && (slices.Contains([]string{"type", s.command, s.args}, field[0]) || object(s.extra).get(field[0]) != nil)
}

// keyVariable holds the key itself.
const keyVariable = "POSTHOG_PERSONAL_API_KEY"

func everything([]string) bool { return true }

// hiddenContent is a value without what may not be shown of it.
func hiddenContent(value content, path []string, shows func([]string) bool) content {
	switch value := value.(type) {
	case flag:
		return value
	case object:
		shown := make(object, len(value))
		for i, member := range value {
			shown[i] = field{member.key, hiddenContent(member.value, append(slices.Clone(path), member.key), shows)}
		}
		return shown
	case text:
		if !shows(path) {
			return other(hiddenText)
		}
	default:
		if !shows(path) {
			return other(hiddenValue)
		}
	}
	return value
}

func (f jsonForm) hidden(data []byte, shows func(path []string) bool) (string, *Fault) {
	if strings.Trim(string(data), blanks) == "" {
		return string(data), nil
	}
	d, fault := f.parse(data)
	if fault != nil {
		return "", fault
	}
	var out strings.Builder
	rest := 0
	between := func(until int) {
		out.WriteString(withoutComments(string(d.text[rest:until]), jsonMarks()[1:]))
		rest = until
	}
	literal := func(value hujson.Value, show bool) {
		between(value.StartOffset)
		kind := value.Value.Kind()
		switch {
		case show || kind == 't' || kind == 'f' || kind == 'n':
			out.Write(d.text[value.StartOffset:value.EndOffset])
		case kind == '"':
			out.WriteString(hiddenText)
		default:
			out.WriteString(hiddenValue)
		}
		rest = value.EndOffset
	}
	var walk func(value hujson.Value, path []string)
	walk = func(value hujson.Value, path []string) {
		switch inner := value.Value.(type) {
		case *hujson.Object:
			for _, member := range inner.Members {
				literal(member.Name, true)
				walk(member.Value, append(slices.Clone(path), member.Name.Value.(hujson.Literal).String()))
			}
		case *hujson.Array:
			for _, element := range inner.Elements {
				walk(element, path)
			}
		default:
			literal(value, shows(path))
		}
	}
	walk(d.root, nil)
	between(len(d.text))
	return out.String(), nil
}

func (f tomlForm) hidden(data []byte, shows func(path []string) bool) (string, *Fault) {
	d, fault := f.parse(data)
	if fault != nil {
		return "", fault
	}
	var out strings.Builder
	rest := 0
	for _, e := range d.expressions {
		out.WriteString(withoutComments(string(d.text[rest:e.start]), tomlComments()))
		if rest = e.end; e.heading {
			out.Write(d.text[e.start:e.end])
			continue
		}
		out.Write(d.text[e.start:e.valueStart])
		raw := string(d.text[e.valueStart:e.end])
		lines := strings.Count(raw, "\n")
		switch {
		case lines > 0: // of a long text each line is one of it
			out.WriteString(hiddenValue + strings.Repeat("\n"+hiddenValue, lines))
		case shows(e.path):
			out.WriteString(raw)
		default:
			out.WriteString(tomlValue(hiddenContent(e.value, e.path, shows)))
		}
	}
	out.WriteString(withoutComments(string(d.text[rest:]), tomlComments()))
	return out.String(), nil
}

func tomlComments() marks { return marks{{"#", "\n", false}} }

// withoutComments hides the comments of a text that has no strings. Its lines stay.
func withoutComments(between string, comments marks) string {
	var out strings.Builder
	for i := 0; i < len(between); {
		length := comments.length([]byte(between[i:]))
		if length == 0 {
			out.WriteByte(between[i])
			i++
			continue
		}
		comment := between[i : i+length]
		begin, end := comment[:1], ""
		if begin == "/" {
			begin = comment[:2]
		}
		switch {
		case begin == "/*":
			end = " */"
		case strings.HasSuffix(comment, "\r\n"):
			end = "\r\n"
		case strings.HasSuffix(comment, "\n"):
			end = "\n"
		}
		inner := strings.Count(comment, "\n") - strings.Count(end, "\n")
		out.WriteString(begin + " " + hiddenValue + strings.Repeat("\n"+hiddenValue, inner) + end)
		i += length
	}
	return out.String()
}

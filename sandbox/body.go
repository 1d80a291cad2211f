package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxBody is how much of a request's body is read.
const maxBody = 20 << 20

// errBodyTooLong is what readBody says of a body beyond maxBody.
var errBodyTooLong = errors.New("the request body is longer than 20 MiB")

// readBody reads a request's body whole, so that the deed never waits for the
// network and the log can show what was sent. Another error than errBodyTooLong
// means that the client left while it was sending.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errBodyTooLong
	}
	return body, err
}

// fields is a JSON object whose values are not read yet.
type fields map[string]json.RawMessage

// fields reads the body. No body at all is an object without fields.
func (c *call) fields() (fields, error) {
	if len(c.body) == 0 {
		return fields{}, nil
	}
	contentType := c.request.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		return nil, unsupportedMedia.says(contentType)
	}
	if !utf8.Valid(c.body) {
		return nil, parseError.says(whereNotUTF8(c.body))
	}
	var found fields
	err := json.Unmarshal(c.body, &found)
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return nil, parseError.says(whereNotJSON(c.body, syntax.Offset))
	case errors.As(err, &shape):
		return nil, notObject.says(pythonType(bytes.TrimSpace(c.body)))
	case err != nil:
		return nil, parseError.says(err.Error())
	case found == nil: // the body was null
		return nil, noData
	}
	return found, nil
}

// whereNotJSON names the place of a syntax error as the API's parser does.
func whereNotJSON(body []byte, offset int64) string {
	at := int(offset) - 1 // the offset counts the offending byte too
	if rest := bytes.TrimSpace(body); len(rest) == 0 || at < 0 {
		at = 0
	}
	before := string(body[:min(at, len(body))])
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
	return fmt.Sprintf("Expecting value: line %d column %d (char %d)", line, column, utf8.RuneCountInString(before))
}

func whereNotUTF8(body []byte) string {
	at := 0
	for at < len(body) {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return fmt.Sprintf("'utf-8' codec can't decode byte 0x%02x in position %d: invalid start byte", body[at], at)
}

// pythonType names a JSON value's type in the words of the API's language.
func pythonType(value json.RawMessage) string {
	switch {
	case len(value) == 0 || value[0] == 'n':
		return "NoneType"
	case value[0] == '{':
		return "dict"
	case value[0] == '[':
		return "list"
	case value[0] == '"':
		return "str"
	case value[0] == 't' || value[0] == 'f':
		return "bool"
	case bytes.ContainsAny(value, ".eE"):
		return "float"
	}
	return "int"
}

// textRule says what a field of text may be.
type textRule struct {
	name      string
	most      int  // characters
	optional  bool // may be left out
	nullable  bool
	blankable bool
}

// textField is a field's trimmed value: not given at all, null, or a text.
type textField struct {
	given bool
	value *string
}

// text reads one field by its rule.
func (f fields) text(rule textRule) (textField, error) {
	raw, given := f[rule.name]
	if !given {
		if rule.optional {
			return textField{}, nil
		}
		return textField{}, required.at(rule.name)
	}
	value, err := scalar(raw)
	if err != nil {
		return textField{}, notText.at(rule.name)
	}
	if value == nil {
		if rule.nullable {
			return textField{given: true}, nil
		}
		return textField{}, null.at(rule.name)
	}
	trimmed := trim(*value)
	switch {
	case trimmed == "" && !rule.blankable:
		return textField{}, blank.at(rule.name)
	case utf8.RuneCountInString(trimmed) > rule.most:
		return textField{}, tooLong.says(rule.most).at(rule.name)
	case strings.ContainsRune(trimmed, 0):
		return textField{}, nulCharacter.at(rule.name)
	}
	return textField{given: true, value: &trimmed}, nil
}

// uuid reads a required field that must hold a UUID.
func (f fields) uuid(name string) (string, error) {
	raw, given := f[name]
	if !given {
		return "", required.at(name)
	}
	if pythonType(raw) == "NoneType" {
		return "", null.at(name)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return "", notUUID.at(name)
	}
	id, ok := parseUUID(text)
	if !ok {
		return "", notUUID.at(name)
	}
	return id, nil
}

// scalar reads a text. A number counts as the text it was written as, and null
// is nil; nothing else is text.
func scalar(raw json.RawMessage) (*string, error) {
	switch pythonType(raw) {
	case "NoneType":
		return nil, nil
	case "int", "float":
		text := string(raw)
		return &text, nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, err
	}
	return &text, nil
}

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// record is what one line says: an intent, an outcome, or both.
type record struct {
	Version int      `json:"v"`
	Session string   `json:"session"`
	Intent  *Intent  `json:"intent,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
}

const (
	version = 1
	// maxLine bounds what a reader keeps in memory, so no writer goes beyond it.
	maxLine = 4 << 20
)

// encode returns the line for a record, without secrets and with its end. What
// it returns can surely be read again.
func encode(r record, redact func(string) string) ([]byte, error) {
	now := time.Now()
	r.Version = version
	if r.Intent != nil {
		r.Intent.Time = utc(r.Intent.Time, now)
	}
	if r.Outcome != nil {
		r.Outcome.Time = utc(r.Outcome.Time, now)
		if !r.Outcome.State.known() {
			return nil, fmt.Errorf("%w: state %q", errInvalid, r.Outcome.State)
		}
	}
	line, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	line = plain(line)
	if redact != nil {
		line = []byte(redact(string(line)))
	}
	if len(line) >= maxLine {
		return nil, errTooLong
	}
	read, err := decode(line)
	if err == nil && (bytes.IndexByte(line, '\n') >= 0 || read.Session != r.Session || read.id() != r.id()) {
		err = errors.New("what masks secrets has changed more than a text")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	return append(line, '\n'), nil
}

// decode reads a line. The error says why it is not one of ours.
func decode(line []byte) (record, error) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return record{}, err
	}
	switch {
	case r.Version != version:
		return record{}, fmt.Errorf("version %d", r.Version)
	case !validID(r.Session):
		// It becomes the name of a file, so nothing else may pass.
		return record{}, errors.New("no session")
	case r.Intent == nil && r.Outcome == nil:
		return record{}, errors.New("neither intent nor outcome")
	case r.Intent != nil && r.Intent.ID == "", r.Outcome != nil && r.Outcome.ID == "":
		return record{}, errors.New("no id")
	case r.Outcome != nil && r.Outcome.State == "":
		return record{}, errors.New("no state")
	case r.Intent != nil && r.Outcome != nil && r.Intent.ID != r.Outcome.ID:
		return record{}, errors.New("two ids")
	}
	return r, nil
}

func readable(line []byte) bool {
	_, err := decode(line)
	return err == nil
}

func (r record) id() string {
	if r.Intent != nil {
		return r.Intent.ID
	}
	return r.Outcome.ID
}

// gist is what the beginning of a line tells.
type gist struct {
	id, session  string
	begins, ends bool // neither: the line says nothing
}

// skim tells what a line is about several times as fast as decode. An
// outcome is a whole line; an intent may turn out to be torn.
func skim(line []byte) gist {
	const head, id = `{"v":1,"session":"`, `":{"id":"`
	rest, ok := bytes.CutPrefix(line, []byte(head))
	if ok && len(rest) > idLength {
		session := rest[:idLength]
		kind, rest, _ := bytes.Cut(rest[idLength:], []byte(id))
		id, rest, ok := bytes.Cut(rest, []byte(`"`))
		plain := ok && len(id) > 0 && bytes.IndexByte(id, '\\') < 0 && validID(string(session))
		switch {
		case !plain:
		case string(kind) == `","intent` && !bytes.Contains(rest, []byte(`"outcome":`)):
			return gist{id: string(id), session: string(session), begins: true}
		case string(kind) == `","outcome` && json.Valid(line):
			return gist{id: string(id), session: string(session), ends: true}
		}
	}
	read, err := decode(line)
	if err != nil {
		return gist{}
	}
	return gist{id: read.id(), session: read.Session, begins: read.Intent != nil, ends: read.Outcome != nil}
}

func validID(id string) bool {
	return len(id) == idLength && strings.Trim(id, idAlphabet) == ""
}

func utc(given, now time.Time) time.Time {
	if given.IsZero() {
		given = now
	}
	return given.UTC()
}

// plain writes every text of a JSON document as json.Marshal would. Payloads
// come as others have written them, and a secret must not pass the masking
// behind needless escapes ("\u0070hx_…").
func plain(document []byte) []byte {
	if bytes.IndexByte(document, '\\') < 0 {
		return document
	}
	result := make([]byte, 0, len(document))
	for len(document) > 0 {
		start := bytes.IndexByte(document, '"')
		if start < 0 {
			return append(result, document...)
		}
		end := start + 1
		for end < len(document) && document[end] != '"' {
			if document[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(document))
		quoted := document[start:end]
		var text string
		if bytes.IndexByte(quoted, '\\') >= 0 && json.Unmarshal(quoted, &text) == nil {
			if again, err := json.Marshal(text); err == nil {
				quoted = again
			}
		}
		result = append(append(result, document[:start]...), quoted...)
		document = document[end:]
	}
	return result
}

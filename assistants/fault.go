package assistants

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"posthog-org-mcp/visible"
)

// Fault says why a client's file cannot be used as it is, and where in it. The
// file is left alone.
type Fault struct {
	File   string
	Line   int // from 1; 0 where the fault is not in one place
	Column int // in characters, from 1
	What   string
	Next   string // what to do, as a sentence
}

// Error names the file, the place and the fault, and on a second line what to do.
func (f *Fault) Error() string {
	place := visible.Path(f.File)
	if f.Line > 0 {
		place += fmt.Sprintf(", line %d, column %d,", f.Line, f.Column)
	}
	return place + " " + f.What + "\n" + f.Next
}

// misplaced is a fault at an offset of a text.
func misplaced(data []byte, offset int, what, next string) *Fault {
	offset = min(max(offset, 0), len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return &Fault{
		Line: 1 + bytes.Count(data[:offset], []byte("\n")), Column: 1 + utf8.RuneCount(data[start:offset]),
		What: what, Next: next,
	}
}

const mendFirst = "Mend the file first; it was left as it is."

// utf8Mark begins files that some editors of Windows write.
const utf8Mark = "\uFEFF"

// unmarked is a text without its mark, which is returned beside it.
func unmarked(data []byte) (mark, rest []byte, fault *Fault) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, nil, &Fault{What: "is UTF-16, which the client does not read.", Next: "Save it as UTF-8; it was left as it is."}
	}
	if rest, marked := bytes.CutPrefix(data, []byte(utf8Mark)); marked {
		return []byte(utf8Mark), rest, nil
	}
	return nil, data, nil
}

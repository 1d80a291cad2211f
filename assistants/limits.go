package assistants

import (
	"bytes"
	"fmt"
)

const (
	// largestFile is how many bytes of a client's file are read. Claude Code's
	// own may have several million.
	largestFile = 16 << 20
	// deepest is how deep a file may be nested: a parser calls itself for each
	// level, and a program whose stack is full cannot be saved.
	deepest = 200
)

// marks are what begins and ends what is no structure: strings and comments.
type marks []mark

type mark struct {
	begin, end string
	escapes    bool // a backslash takes the next character with it
}

func (m mark) isLong() bool { return len(m.begin) == len(`"""`) }

func jsonMarks() marks {
	return marks{{`"`, `"`, true}, {"//", "\n", false}, {"/*", "*/", false}}
}

func tomlMarks() marks {
	return marks{{`"""`, `"""`, true}, {`'''`, `'''`, false}, {`"`, `"`, true}, {"'", "'", false}, {"#", "\n", false}}
}

// tooDeep is the fault of a text that is nested too deep, nil for any other. It
// looks at the text before a parser does, without calling itself. As long as the
// text is valid, it takes for structure what the parser does.
func tooDeep(data []byte, of func() marks) *Fault {
	known := of()
	depth, dots := 0, 0
	for i := 0; i < len(data); i++ {
		if skipped := known.length(data[i:]); skipped > 0 {
			i += skipped - 1
			continue
		}
		switch data[i] {
		case '{', '[':
			depth, dots = depth+1, 0
		case '}', ']':
			depth = max(depth-1, 0)
		case '.': // in TOML each makes a level
			dots++
		case ',', '=', '\n':
			dots = 0
		}
		if depth > deepest || dots > deepest {
			return misplaced(data, i, fmt.Sprintf("is nested more than %d deep.", deepest), mendFirst)
		}
	}
	return nil
}

// length is that of the string or comment that a text begins with; 0 for none.
func (m marks) length(data []byte) int {
	for _, mark := range m {
		if !bytes.HasPrefix(data, []byte(mark.begin)) {
			continue
		}
		for i := len(mark.begin); i < len(data); i++ {
			switch {
			case mark.escapes && data[i] == '\\':
				i++
			case bytes.HasPrefix(data[i:], []byte(mark.end)):
				end := i + len(mark.end)
				// A long string of TOML may end in quotes of its own before the three.
				for extra := 0; extra < 2 && mark.isLong() && end < len(data) && data[end] == mark.end[0]; extra++ {
					end++
				}
				return end
			}
		}
		return len(data)
	}
	return 0
}

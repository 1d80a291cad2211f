package journal

import (
	"bytes"
	"slices"
	"time"
)

// MaxLine is how long a line may be.
const MaxLine = maxLine

// SetWait changes how long an append waits for other processes.
func (j *Journal) SetWait(wait time.Duration) { j.wait = wait }

// LinesFromTheEnd returns the lines of a file in its order, as Entries reads
// them, and LinesFromTheStart as Follow does.
func LinesFromTheEnd(content []byte) [][]byte {
	lines := backwardLines{file: bytes.NewReader(content), rest: int64(len(content))}
	var found [][]byte
	for line, err := lines.next(); err == nil; line, err = lines.next() {
		found = append(found, line)
	}
	slices.Reverse(found)
	return found
}

// LinesFromTheStart is told of at LinesFromTheEnd.
func LinesFromTheStart(content []byte) [][]byte {
	lines := newForwardLines(bytes.NewReader(content), 0, int64(len(content)))
	var found [][]byte
	for {
		line, err := lines.next()
		found = append(found, line)
		if err != nil {
			return found
		}
	}
}

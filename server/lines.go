package server

import (
	"bufio"
	"errors"
	"io"
)

// maxLine is the largest message that is taken, in bytes. Arguments of tools
// are a few kilobytes at most.
const maxLine = 1 << 20

// errLineTooLong is answered by next for a line that was dropped.
var errLineTooLong = errors.New("line too long")

// lineReader reads lines in bounded memory, however long they are.
type lineReader struct {
	in  *bufio.Reader
	max int
}

func newLineReader(in io.Reader, longest int) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, 16<<10), max: longest}
}

// next returns the next line, without its newline, in memory of its own. A last
// line needs no newline. A line that is too long is read to its end, dropped
// and answered with errLineTooLong; the next call returns the line after it.
// At the end it returns io.EOF.
func (r *lineReader) next() ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.in.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > r.max+1; tooLong {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case tooLong:
			return nil, errLineTooLong
		case err == nil:
			return line[:len(line)-1], nil
		case len(line) == 0:
			return nil, io.EOF
		}
		return line, nil
	}
}

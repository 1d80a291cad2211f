package journal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const chunk = 64 << 10

// backwardLines reads the lines of a file from its end.
type backwardLines struct {
	file    io.ReaderAt
	rest    int64  // bytes before those in held
	held    []byte // read, not yet returned; nil before the first and after the last
	tooLong bool   // the end of this line has been thrown away
}

// next returns a line without its end, nil for one that is too long, and io.EOF
// before the first. The line is valid until the next call.
func (b *backwardLines) next() ([]byte, error) {
	for {
		if end := bytes.LastIndexByte(b.held, '\n'); end >= 0 {
			line := b.held[end+1:]
			b.held = b.held[:end]
			return b.finish(line), nil
		}
		if b.rest == 0 {
			if b.held == nil {
				return nil, io.EOF
			}
			line := b.held
			b.held = nil
			return b.finish(line), nil
		}
		if len(b.held) > maxLine {
			b.tooLong = true
			b.held = b.held[:0]
		}
		if err := b.fill(); err != nil {
			return nil, err
		}
	}
}

func (b *backwardLines) finish(line []byte) []byte {
	if b.tooLong || len(line) > maxLine {
		b.tooLong = false
		return nil
	}
	return line
}

// fill puts the bytes before held in front of it: as many as it has, so that a
// long line is not copied again for each chunk.
func (b *backwardLines) fill() error {
	size := min(b.rest, int64(max(chunk, len(b.held))))
	more := make([]byte, size, int(size)+len(b.held))
	n, err := b.file.ReadAt(more, b.rest-size)
	b.rest -= size
	if int64(n) < size {
		if !errors.Is(err, io.EOF) {
			return err
		}
		// An append that failed was cut off meanwhile, so nothing comes after.
		b.held = more[:n]
		return nil
	}
	b.held = append(more, b.held...)
	return nil
}

// forwardLines reads the lines of a file from a place on.
type forwardLines struct {
	reader *bufio.Reader
	offset int64 // in the file, behind the last line that was returned
}

func newForwardLines(file io.ReaderAt, offset, size int64) *forwardLines {
	return &forwardLines{reader: bufio.NewReaderSize(io.NewSectionReader(file, offset, max(0, size-offset)), chunk), offset: offset}
}

// next returns a line without its end, nil for one that is too long, and io.EOF
// behind the last that has an end. With it comes what stands there without one.
func (f *forwardLines) next() ([]byte, error) {
	line, length := []byte{}, int64(0)
	for {
		piece, err := f.reader.ReadSlice('\n')
		length += int64(len(piece))
		if line != nil {
			line = append(line, bytes.TrimSuffix(piece, []byte{'\n'})...)
		}
		if len(line) > maxLine {
			line = nil
		}
		switch {
		case err == nil:
			f.offset += length
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

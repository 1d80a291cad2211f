package server

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"
)

func TestLinesAreReadWholeWhateverTheirLengthAndThePiecesTheyComeIn(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, test := range []struct {
		name, input string
		want        []string // "!" is a line that was too long
	}{
		{"nothing", "", nil},
		{"a last line without newline", "a\nb", []string{"a", "b"}},
		{"empty lines", "\n\na\n", []string{"", "", "a"}},
		{"longer than the buffer", long + "\nb\n", []string{long, "b"}},
		{"just short enough", long + strings.Repeat("y", 100_000) + "\nb\n", []string{long + strings.Repeat("y", 100_000), "b"}},
		{"one byte too long", long + long + "z\nb\n", []string{"!", "b"}},
		{"far too long, twice", strings.Repeat(long, 10) + "\n" + strings.Repeat(long, 10) + "\nb", []string{"!", "!", "b"}},
		{"too long and without newline", strings.Repeat(long, 10), []string{"!"}},
	} {
		for piece, reader := range map[string]io.Reader{
			"at once":        strings.NewReader(test.input),
			"byte by byte":   iotest.OneByteReader(strings.NewReader(test.input)),
			"with the error": iotest.DataErrReader(strings.NewReader(test.input)),
		} {
			t.Run(test.name+" "+piece, func(t *testing.T) {
				lines := newLineReader(reader, 200_000)
				var got []string
				for {
					line, err := lines.next()
					if errors.Is(err, io.EOF) {
						break
					}
					if errors.Is(err, errLineTooLong) {
						line = []byte("!")
					} else if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(line))
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%.500s", diff)
				}
			})
		}
	}
}

// endless is a line of n bytes that exists nowhere at once.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	e.n -= n
	for i := range n {
		p[i] = 'x'
	}
	return n, nil
}

func TestALineMayBeFarLargerThanTheMemoryItTakes(t *testing.T) {
	lines := newLineReader(io.MultiReader(&endless{32 << 20}, strings.NewReader("\nb")), 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := lines.next(); !errors.Is(err, errLineTooLong) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 8<<20 {
		t.Errorf("took %d bytes", taken)
	}
	if line, err := lines.next(); string(line) != "b" || err != nil {
		t.Errorf("then came %q, %v", line, err)
	}
}

func TestWhatACallAnnouncedOrWithdrewGoesOutBeforeItsAnswer(t *testing.T) {
	for range 100 {
		var out bytes.Buffer
		notifications, questions := make(chan mcp.JSONRPCNotification, 1), make(chan []byte, 1)
		o := newOutbox(&out, notifications, questions, newSubscriptions(nil))
		questions <- []byte("withdrawn\n")
		notifications <- mcp.JSONRPCNotification{JSONRPC: "2.0", Notification: mcp.Notification{Method: "notifications/progress"}}
		written := make(chan struct{})
		o.send([]byte("answer\n"), func() { close(written) })
		<-written
		close(o.stop)
		<-o.stopped
		progress, withdrawn := strings.Index(out.String(), "progress"), strings.Index(out.String(), "withdrawn")
		if answer := strings.Index(out.String(), "answer"); progress < 0 || withdrawn < 0 || progress > answer || withdrawn > answer {
			t.Fatalf("written: %s", out.String())
		}
	}
}

// halting writes some bytes of the first line and then nothing.
type halting struct{ bytes.Buffer }

func (h *halting) Write(p []byte) (int, error) {
	n, _ := h.Buffer.Write(p[:3])
	return n, io.ErrClosedPipe
}

func TestAfterACutLineNothingMoreIsWritten(t *testing.T) {
	var out halting
	o := newOutbox(&out, nil, nil, newSubscriptions(nil))
	for range 3 {
		written := make(chan struct{})
		o.send([]byte("answer\n"), func() { close(written) })
		<-written
	}
	close(o.stop)
	<-o.stopped
	if out.String() != "ans" || o.failure() != nil {
		t.Errorf("written: %q, %v", out.String(), o.failure())
	}
}

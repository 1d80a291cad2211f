package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestColourIsForTerminalsThatWantIt(t *testing.T) {
	for _, test := range []struct {
		environ []string
		want    bool
	}{
		{nil, true}, // Windows sets no TERM
		{[]string{"TERM=xterm-256color"}, true},
		{[]string{"TERM=dumb"}, false},
		{[]string{"TERM=xterm", "NO_COLOR=1"}, false},
		{[]string{"TERM=xterm", "NO_COLOR=0"}, false},
		{[]string{"TERM=xterm", "NO_COLOR="}, true},
	} {
		if got := wantsColour(test.environ); got != test.want {
			t.Errorf("%q: got %v", test.environ, got)
		}
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "story"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, stream := range []any{file, &bytes.Buffer{}} {
		if terminal, width := terminalOf(stream); terminal || width != 0 {
			t.Errorf("%T is taken for a terminal", stream)
		}
	}
}

package cli_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/sandbox"
)

const addThree = `{"name":"membership-add","arguments":{"role":"Support","members":["` + sandbox.RajEmail + `","` + sandbox.NewcomerEmail + `","wei.zhang@example.com"]}}`

// screen plays what was written to a terminal, and returns the lines that stay
// on it and every line that was ever shown.
func screen(written string) (stays, shown []string) {
	var line []rune
	column := 0
	for _, r := range written {
		switch r {
		case '\r':
			shown = append(shown, strings.TrimRight(string(line), " "))
			column = 0
		case '\n':
			stays = append(stays, strings.TrimRight(string(line), " "))
			line, column = nil, 0
		default:
			for len(line) <= column {
				line = append(line, ' ')
			}
			line[column] = r
			column++
		}
	}
	if rest := strings.TrimRight(string(line), " "); rest != "" {
		stays = append(stays, rest)
	}
	return stays, shown
}

func TestUndoOfABatchShowsOnATerminalHowFarItIsInOneLineThatGoes(t *testing.T) {
	undo := func(streams cli.Streams) (stdout, stderr string) {
		t.Helper()
		k := newKept(t)
		k.serve(t, addThree)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		args := []string{"undo", "--sandbox", "--sandbox-data", k.data, "--yes", k.entries(t)[0].Call}
		code, stdout, stderr := runAs(ctx, cli.Build{}, streams, args...)
		if code != 0 || strings.Count(stdout, "done ") != 3 {
			t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
		}
		return stdout, stderr
	}
	_, elsewhere := undo(cli.Streams{In: strings.NewReader("")})
	_, dumb := undo(cli.Streams{In: strings.NewReader(""), ErrTerminal: true, Environ: []string{"TERM=dumb"}})
	if strings.Contains(elsewhere+dumb, "\r") || strings.Contains(elsewhere+dumb, "of 3 changes") {
		t.Errorf("where it cannot be taken away, stderr has %q and %q", elsewhere, dumb)
	}
	_, written := undo(cli.Streams{In: strings.NewReader(""), ErrTerminal: true})
	stays, shown := screen(written)
	for _, want := range []string{"1 of 3 changes: Take ", "2 of 3 changes: Take ", "3 of 3 changes: Take "} {
		if !strings.Contains(strings.Join(shown, "\n"), want) {
			t.Errorf("%q was not shown: %q", want, shown)
		}
	}
	if strings.Join(stays, "\n")+"\n" != elsewhere {
		t.Errorf("what stays is %q, want %q", stays, elsewhere)
	}
	for _, line := range shown {
		if text.StringWidthWithoutEscSequences(line) >= 80 {
			t.Errorf("%q is wider than the terminal", line)
		}
	}
}

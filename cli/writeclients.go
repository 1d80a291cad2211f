package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/visible"
)

// answers are the lines that a person types. There is one for a run: a reader
// takes more than a line from the stream.
type answers struct {
	in       *bufio.Reader
	terminal bool
}

func newAnswers(streams Streams) *answers {
	in := streams.In
	if in == nil {
		in = strings.NewReader("")
	}
	return &answers{in: bufio.NewReader(in), terminal: streams.InTerminal}
}

// next waits for a line. An interruption ends the wait with errInterrupted.
func (a *answers) next(ctx context.Context) (string, error) {
	typed := make(chan string, 1)
	go func() {
		line, _ := a.in.ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case line := <-typed:
		return line, nil
	case <-ctx.Done():
		return "", errInterrupted
	}
}

// planned plans a change for each client. What goes wrong with one does not stop
// the others; it is told, and the error at the end says so.
func (a *app) planned(clients []assistants.Client, plan func(assistants.Client) (assistants.Change, error)) ([]assistants.Change, error) {
	var changes []assistants.Change
	var failed []error
	for _, client := range clients {
		change, err := plan(client)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", client.Title, err))
			continue
		}
		changes = append(changes, change)
	}
	return changes, errors.Join(failed...)
}

// carryOut shows the changes, asks, writes, and says what to do next.
func (a *app) carryOut(ctx context.Context, changes []assistants.Change, told installing, input *answers) error {
	var open []assistants.Change
	for _, change := range changes {
		if change.Nothing() {
			a.say("%s: nothing to do in %s.", change.Client.Title, visible.Path(change.File))
			continue
		}
		if err := a.show(change); err != nil {
			return err
		}
		open = append(open, change)
	}
	if told.print || len(open) == 0 {
		return nil
	}
	if !told.yes {
		if !input.terminal {
			return errors.New("nothing was written; run it on a terminal, or with --yes")
		}
		a.say(`Type "yes" to write %s:`, countFiles(len(open)))
		answer, err := input.next(ctx)
		if err != nil {
			return err
		}
		if !strings.EqualFold(answer, "yes") && !strings.EqualFold(answer, "y") {
			return errors.New("nothing was written")
		}
	}
	var failed []error
	for _, change := range open {
		if err := a.write(change, told); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", change.Client.Title, err))
		}
	}
	return errors.Join(failed...)
}

func countFiles(count int) string {
	if count == 1 {
		return "the file"
	}
	return fmt.Sprintf("the %d files", count)
}

// show prints the difference that a change makes.
func (a *app) show(change assistants.Change) error {
	terminal, _ := terminalOf(a.streams.Out)
	colour := terminal && wantsColour(a.streams.Environ)
	var out strings.Builder
	var safe bytes.Buffer
	_, _ = visible.NewWriter(&safe).Write([]byte(change.Diff(a.redactor.Text))) // a buffer takes everything
	for line := range strings.Lines(safe.String()) {
		out.WriteString(coloured(line, colour))
	}
	if change.RemovesFile() {
		out.WriteString("The file goes, because it holds nothing else.\n")
	}
	_, err := io.WriteString(a.streams.Out, out.String())
	return err
}

// coloured is a line of a difference as terminals show it.
func coloured(line string, colour bool) string {
	if !colour {
		return line
	}
	for _, look := range []struct {
		prefix string
		colour text.Color
	}{{"---", text.Bold}, {"+++", text.Bold}, {"@@", text.FgCyan}, {"+", text.FgGreen}, {"-", text.FgRed}} {
		if strings.HasPrefix(line, look.prefix) {
			return look.colour.Sprint(strings.TrimSuffix(line, "\n")) + "\n"
		}
	}
	return line
}

// write carries a change out and says what came of it.
func (a *app) write(change assistants.Change, told installing) error {
	written, err := change.Write(time.Now())
	if err != nil {
		return err
	}
	file := visible.Path(change.File)
	switch {
	case change.RemovesFile():
		a.say("%s: took out the entry, and the file with it, which held nothing else: %s", change.Client.Title, file)
	case change.Removes():
		a.say("%s: took the entry out of %s", change.Client.Title, file)
	default:
		a.say("%s: wrote the entry to %s", change.Client.Title, file)
	}
	if written.Moved {
		a.say("The file had changed since it was shown; what changed is still there.")
	}
	if written.Backup != "" {
		a.say("The file as it was is %s", visible.Path(written.Backup))
		a.warnOfKey(written.Backup)
	}
	if told.keyInConfig && change.ReadableByOthers() {
		a.say("Others on this machine can read the key now: chmod 600 %s", shellWord(change.File))
	}
	switch running := change.Client.IsRunning(); {
	case change.Removes() && running:
		a.say("%s is running; restart it, and the server is gone.", change.Client.Title)
	case change.Removes():
		a.say("Where %s is running, restart it.", change.Client.Title)
	case running:
		a.say("%s is running. %s", change.Client.Title, change.Client.Next)
	default:
		a.say("%s", change.Client.Next)
	}
	return nil
}

// warnOfKey says of a backup that a key of ours is in it.
func (a *app) warnOfKey(backup string) {
	kept, err := os.ReadFile(backup)
	if err == nil && a.redactor.Text(string(kept)) != string(kept) {
		a.say("It holds a key; delete it once you no longer need it.")
	}
}

package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/config"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
	"posthog-org-mcp/visible"
)

// order is one call of a tool for the person who typed a command.
type order struct {
	cmd       *cobra.Command
	tool      tools.Tool
	arguments json.RawMessage
	yes       bool // they need not be asked
	json      bool // they want the answer as the tool gave it
	// tell prints an answer that is no failure, for people.
	tell func(tools.Answer) error
}

// loadForPerson reads the settings of a command that calls a tool by itself.
func (a *app) loadForPerson(ctx context.Context, flags settingFlags) (config.Config, error) {
	settings, err := a.load(ctx, flags)
	if settings.Confirm == config.ConfirmPreview {
		// That is how a model is told; here a person can be asked.
		settings.Confirm = config.ConfirmAsk
	}
	return settings, err
}

// askAndCall calls a tool as the server does, asks on the terminal where the
// server would ask through its client, and prints what came of it. It returns an
// error unless the tool did what was wanted.
func (a *app) askAndCall(ctx context.Context, joined parts, order order) error {
	shown, stop := a.withProgress(ctx)
	answer := order.tool.Call(shown, joined.environment, tools.Request{
		Arguments: order.arguments, Consent: changes.Consent{Ask: a.asker(order.yes)},
	})
	stop()
	pending := answer.Pending
	if pending != nil && !pending.DryRun {
		for _, line := range slices.Concat(pending.Question.Changes, pending.Question.Lost) {
			a.say("%s", onOneLine(line))
		}
		return errors.New("nothing was done; run it on a terminal, or with --yes")
	}
	var printed error
	if order.json {
		_, printed = fmt.Fprintln(a.streams.Out, plainJSON(answer.JSON))
	}
	switch {
	case answer.IsError:
		return errors.Join(printed, a.failed(order, answer))
	case order.json:
		return printed
	case pending != nil:
		for _, line := range slices.Concat(pending.Question.Changes, pending.Question.Lost) {
			a.say("%s", onOneLine(line))
		}
		a.say("Nothing was done: this is a dry run.")
		return nil
	default:
		return order.tell(answer)
	}
}

// failed is what a person is told of a call that failed. What became of its
// changes is printed, as that of one that did not fail is.
func (a *app) failed(order order, answer tools.Answer) error {
	var failure schemas.Failure
	if err := json.Unmarshal(answer.JSON, &failure); err != nil {
		return err
	}
	var wrong *schemas.ArgumentError
	if errors.As(answer.Cause, &wrong) {
		return &usageError{order.cmd, onOneLine(failure.Error)}
	}
	failure = tools.ForPerson(failure)
	lines := []string{failure.Error, failure.NextStep}
	if failure.Detail != "" {
		lines = append(lines, fmt.Sprintf("PostHog says: %s", strconv.Quote(failure.Detail)))
	}
	for _, candidate := range failure.Candidates {
		lines = append(lines, fmt.Sprintf("- %s (%s)", visible.Quote(candidate.Name, 200), cmp.Or(candidate.ID, candidate.Email)))
	}
	if id := undoID(failure.Undo); id != "" {
		if command := undoingOf(order.cmd)(id); command != "" {
			lines = append(lines, command+" takes back what was done.")
		}
	}
	for i, line := range lines {
		lines[i] = onOneLine(line)
	}
	var told error
	if !order.json {
		told = a.tellChanges(failure.Changes)
	}
	return errors.Join(told, errors.New(strings.Join(lines, "\n")))
}

// undoingOf writes the command that takes back what a command has written. It has
// the same flags that say where; what a sandbox in memory held is gone by then.
func undoingOf(cmd *cobra.Command) undoing {
	where := ""
	for _, name := range []string{"sandbox", "sandbox-data", "profile", "host", "key-file", "key-command", "journal"} {
		flag := cmd.Flag(name)
		switch {
		case flag == nil || !flag.Changed:
		case flag.Value.Type() == "bool":
			where += " --" + name
		default:
			where += " --" + name + " " + shellWord(flag.Value.String())
		}
	}
	return func(id string) string {
		if where == " --sandbox" {
			return ""
		}
		return Name + " undo " + shellWord(id) + where
	}
}

// undoID is the write that undo would take back; empty for another call, or none.
func undoID(undo *schemas.Undo) string {
	if undo == nil || undo.Tool != "undo" {
		return ""
	}
	return undo.Arguments["id"]
}

// tellChanges prints what became of each change.
func (a *app) tellChanges(states []schemas.ChangeState) error {
	for _, state := range states {
		if _, err := fmt.Fprintf(a.streams.Out, "%-9s  %s\n", state.State, onOneLine(state.Change)); err != nil {
			return err
		}
	}
	return nil
}

// printLaidOut prints an answer for people, as wide as their terminal.
func (a *app) printLaidOut(answer tools.Answer, undoing undoing) error {
	_, width := terminalOf(a.streams.Out)
	laidOut, err := layOut(answer.JSON, width, undoing)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.streams.Out, laidOut)
	return err
}

// outTerminal reports whether a person reads what is printed.
func (a *app) outTerminal() bool {
	terminal, _ := terminalOf(a.streams.Out)
	return terminal
}

// asker puts questions to whoever sits at the terminal. Without a terminal
// nobody can be asked.
func (a *app) asker(yes bool) func(context.Context, changes.Question) changes.Answer {
	return func(ctx context.Context, question changes.Question) changes.Answer {
		if !a.streams.InTerminal && !yes {
			return changes.CannotAsk
		}
		for line := range strings.Lines(question.String()) {
			a.say("%s", onOneLine(strings.TrimSuffix(line, "\n")))
		}
		if yes {
			return changes.Yes
		}
		a.say(`Type "yes" to do it:`)
		answered := make(chan string, 1)
		go func() {
			line, _ := bufio.NewReader(a.streams.In).ReadString('\n')
			answered <- strings.TrimSpace(line)
		}()
		select {
		case line := <-answered:
			if strings.EqualFold(line, "yes") {
				return changes.Yes
			}
			return changes.No
		case <-ctx.Done():
			return changes.Dismissed
		}
	}
}

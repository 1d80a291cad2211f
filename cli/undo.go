package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/config"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

func (a *app) undo() *cobra.Command {
	var yes, asJSON bool
	cmd := withSettings(&cobra.Command{
		Use:   "undo ID",
		Short: "Take back a write of this server",
		Long: `Takes back a write by its id, as the journal shows it; without the part after
the dot, all writes of that call. What removes something is shown first, and
done after a yes. A role that was deleted is made again under a new id, without
its access rules; a rotation cannot be taken back.`,
		Example: `  posthog-org-mcp undo k3f9q2m7ab
  posthog-org-mcp undo k3f9q2m7ab.2 --yes`,
		Args: oneArgument("the ID of a write, which posthog-org-mcp journal shows"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			settings, err := a.load(ctx, cmd.Flags())
			if err != nil {
				return err
			}
			if settings.Confirm == config.ConfirmPreview {
				// That is how a model is told; here a person can be asked.
				settings.Confirm = config.ConfirmAsk
			}
			return a.joined(ctx, settings, func(joined parts) error {
				return a.runUndo(ctx, joined, args[0], yes, asJSON)
			})
		},
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) runUndo(ctx context.Context, joined parts, id string, yes, asJSON bool) error {
	arguments, err := json.Marshal(schemas.UndoCall{ID: id})
	if err != nil {
		return err
	}
	catalog := tools.Catalog()
	undo := slices.IndexFunc(catalog, func(tool tools.Tool) bool { return tool.Name == "undo" })
	ctx, stop := a.withProgress(ctx)
	answer := catalog[undo].Call(ctx, joined.environment, tools.Request{
		Arguments: arguments, Consent: changes.Consent{Ask: a.asker(yes)},
	})
	stop()
	if answer.IsError {
		var failure schemas.Failure
		if err := json.Unmarshal(answer.JSON, &failure); err != nil {
			return err
		}
		return errors.Join(a.tellChanges(failure.Changes), fmt.Errorf("%s\n%s", onOneLine(failure.Error), onOneLine(failure.NextStep)))
	}
	var result schemas.Undone
	if err := json.Unmarshal(answer.JSON, &result); err != nil {
		return err
	}
	preview := result.Preview
	isDry := preview != nil && preview.Confirmation == "" // There is nothing to confirm in a dry run.
	if asJSON && (preview == nil || isDry) {
		_, err := fmt.Fprintln(a.streams.Out, string(answer.JSON))
		return err
	}
	if preview != nil {
		for _, line := range slices.Concat(preview.WouldDo, preview.WouldLose) {
			a.say("%s", onOneLine(line))
		}
		if isDry {
			a.say("Nothing was done: this is a dry run.")
			return nil
		}
		return errors.New("nothing was done; run it on a terminal, or with --yes")
	}
	if err := a.tellChanges(result.Changes); err != nil {
		return err
	}
	if result.Note != "" {
		a.say("%s", onOneLine(result.Note))
	}
	if !result.Changed {
		a.say("Nothing was changed: it is taken back already.")
	}
	return nil
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

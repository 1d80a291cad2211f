package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

func (a *app) undo() *cobra.Command {
	var yes, asJSON bool
	cmd := &cobra.Command{
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
			arguments, err := json.Marshal(schemas.UndoCall{ID: args[0]})
			if err != nil {
				return err
			}
			tool, found := toolNamed("undo")
			if !found {
				return fmt.Errorf("the tool %q is missing", "undo")
			}
			settings, err := a.loadForPerson(ctx, cmd.Flags())
			if err != nil {
				return err
			}
			return a.joined(ctx, settings, func(joined parts) error {
				return a.askAndCall(ctx, joined, order{cmd: cmd, tool: tool, arguments: arguments, yes: yes, json: asJSON, tell: a.tellUndone})
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return withSettings(cmd)
}

// tellUndone prints what was done, a line a change.
func (a *app) tellUndone(answer tools.Answer) error {
	var result schemas.Undone
	if err := json.Unmarshal(answer.JSON, &result); err != nil {
		return err
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

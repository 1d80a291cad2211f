package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
)

func (a *app) uninstall() *cobra.Command {
	var told installing
	cmd := &cobra.Command{
		Use:   "uninstall [client...]",
		Short: "Take this server out of the clients' files again",
		Long: `Takes out of a client's configuration file exactly what install put in. Without
a name it does so for every client that has the entry. The change is shown first,
and made after a yes; the file as it was is kept beside it. Keys, the journal
and what login stored stay where they are.`,
		Example: `  posthog-org-mcp uninstall
  posthog-org-mcp uninstall cursor --yes
  posthog-org-mcp uninstall claude-desktop --print`,
		ValidArgsFunction: completeClients,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			return a.runUninstall(ctx, cmd, args, told)
		},
	}
	told.register(cmd)
	return cmd
}

func (a *app) runUninstall(ctx context.Context, cmd *cobra.Command, args []string, told installing) error {
	if err := told.check(cmd); err != nil {
		return err
	}
	machine := assistants.ThisMachine(a.streams.Environ)
	command, _, err := a.command()
	if err != nil {
		return err
	}
	if len(args) == 1 && strings.EqualFold(args[0], everyClient) {
		args = nil
	}
	clients, err := namedClients(cmd, args)
	if err != nil {
		return err
	}
	var faults []error
	if len(args) == 0 {
		for _, entry := range assistants.Entries(machine) {
			switch {
			case entry.Err != nil:
				faults = append(faults, fmt.Errorf("%s: %w", entry.Client.Title, entry.Err))
			case entry.Server.Name == told.name:
				clients = append(clients, entry.Client)
			}
		}
		if len(clients) == 0 {
			a.say("No client has an entry %s.", config.Quote(told.name))
		}
	}
	changes, err := a.planned(clients, func(client assistants.Client) (assistants.Change, error) {
		return client.Uninstall(machine, told.name, command)
	})
	return errors.Join(errors.Join(faults...), err, a.carryOut(ctx, changes, told, newAnswers(a.streams)))
}

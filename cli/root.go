package cli

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
)

// settingFlags are flags that config.Register made.
type settingFlags = *pflag.FlagSet

// Commands returns the command line with all that is in it, for what is made of
// it without running it, such as manual pages.
func Commands() *cobra.Command { return newApp(Build{}, Streams{}).root([]string{"call"}) }

// root is the command line. Without a command it serves. What only some commands
// need is made when args name one of them: a server starts without it.
func (a *app) root(args []string) *cobra.Command {
	root := a.serve()
	root.Use = Name
	root.Short = "MCP server for a PostHog organization's roles, members and access"
	root.Long = `An MCP server that lets an AI assistant run the people-and-access side of a
PostHog organization: roles, who is in them, how they map to groups in other
systems, a project's secret token, and the welcome page.

Without a command it serves MCP on standard input and output, which is how
Claude Desktop, Claude Code, Cursor and VS Code start it.`
	root.Example = `  posthog-org-mcp demo
  posthog-org-mcp login
  posthog-org-mcp install claude-desktop
  posthog-org-mcp doctor
  posthog-org-mcp call roles-list --sandbox
  POSTHOG_HOST=eu POSTHOG_PERSONAL_API_KEY_FILE=~/.posthog-key posthog-org-mcp`
	// The library's own wording: a template of ours would link text/template,
	// and with it every method of every type, a sixth of the program's size.
	root.Version = a.build.Version
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(explainFlag)
	root.SetHelpCommand(a.help())
	root.AddCommand(
		a.serve(),
		a.tools(),
		a.call(slices.Contains(args, "call")),
		a.journal(),
		a.undo(),
		a.login(),
		a.logout(),
		a.profiles(),
		a.install(),
		a.uninstall(),
		a.doctor(),
		a.demo(),
		a.sandbox(),
		a.version(),
	)
	if isCompletion(args) {
		withCompletion(root)
	}
	return root
}

// help replaces cobra's, which takes an unknown command for the root.
func (a *app) help() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Show what a command does and takes",
		Example: "  posthog-org-mcp help sandbox",

		ValidArgsFunction: completeCommands,
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(topic, rest[0])
			}
			topic.InitDefaultHelpFlag()
			topic.InitDefaultVersionFlag()
			return topic.Help()
		},
	}
}

// withSettings gives a command the flags of every setting. Its own come first in
// help, where they were registered before.
func withSettings(cmd *cobra.Command) *cobra.Command {
	config.Register(cmd.Flags())
	return cmd
}

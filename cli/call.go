package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/config"
	"posthog-org-mcp/nearest"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// callFlags is what every call takes, besides the tool's arguments and the settings.
type callFlags struct {
	arguments        string
	yes, json, table bool
}

func (a *app) call(isCalled bool) *cobra.Command {
	var given callFlags
	cmd := &cobra.Command{
		Use:   "call NAME",
		Short: "Call one tool, and print what it answers",
		Long: `Calls one tool as the server does for an assistant, under the same settings, and
prints what it answers: for people on a terminal or with --table, as one line of
JSON elsewhere or with --json.

Each argument of the tool is a flag: provider_role_id is --provider-role-id, or
--provider_role_id. One that takes several values is given several times, or once
as a JSON array; commas do not part values. --arguments takes all of them as one
JSON object, from standard input with -; what a flag says besides counts more.
--organization-id is the tool's own argument, and goes before the setting
--organization.

What destroys something is shown first, and done after a yes; --yes answers it
beforehand. Without a terminal and without --yes nothing is done.

It ends with 0, with 1 when the call failed or was not confirmed, and with 2 when
tool, arguments or settings are wrong. A failed call prints what the tool answered
too, where it prints JSON.`,
		Example: `  posthog-org-mcp call roles-list --sandbox
  posthog-org-mcp call membership-add --role Support --members ana.kovac@example.com --members raj.patel@example.com
  posthog-org-mcp call roles-delete --role Support --yes --json
  posthog-org-mcp call roles-get --arguments '{"role":"Support"}'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{cmd, `"call" needs the NAME of a tool.`}
			}
			return unknownTool(cmd, args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // a name is always refused above
		// A wrong name matters more than the flags that come after it.
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
	}
	cmd.Flags().SortFlags = false
	flags := cmd.PersistentFlags()
	flags.StringVar(&given.arguments, "arguments", "", "all arguments as one `JSON` object, or - to read it from standard input")
	flags.BoolVar(&given.yes, "yes", false, "do what destroys something without asking")
	flags.BoolVar(&given.json, "json", false, "print JSON, on a terminal too")
	flags.BoolVar(&given.table, "table", false, "print for people, into a file or pipe too")
	config.Register(flags)
	if !isCalled {
		return cmd
	}
	cmd.SetGlobalNormalizationFunc(underscores)
	for _, tool := range tools.Catalog() {
		if !cmd.ContainsGroup(tool.Family) {
			cmd.AddGroup(&cobra.Group{ID: tool.Family, Title: upperFirst(tool.Family) + ":"})
		}
		cmd.AddCommand(a.callOf(tool, &given))
	}
	return cmd
}

// callOf is the command that calls one tool.
func (a *app) callOf(tool tools.Tool, given *callFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use: tool.Name, GroupID: tool.Family, Short: tool.Title,
		Long: strings.Join(wrapped(tool.Description, helpWidth), "\n") + "\n\nEffect: " + effectInWords(tool) +
			"\nEvery setting is a flag as well; posthog-org-mcp call --help shows them.",
		Example: "  " + commandLine(tool.Name, tool.Example()),
	}
	fields, err := inputFields(tool)
	cmd.Args = onlyFlags(fields)
	registerArguments(cmd.Flags(), fields)
	cmd.SetHelpFunc(helpWithoutSettings)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err != nil {
			return err
		}
		return a.runCall(cmd, tool, *given)
	}
	return cmd
}

// helpWidth is that of the help that is written by hand.
const helpWidth = 80

// helpWithoutSettings shows a tool's own flags: the settings are ten times as many.
func helpWithoutSettings(cmd *cobra.Command, args []string) {
	for _, setting := range config.Settings() {
		if flag := cmd.InheritedFlags().Lookup(setting.Flag); flag != nil {
			flag.Hidden = true
		}
	}
	cmd.Root().HelpFunc()(cmd, args)
}

func (a *app) runCall(cmd *cobra.Command, tool tools.Tool, given callFlags) error {
	ctx, stop := untilInterrupted(cmd.Context())
	defer stop()
	if given.json && given.table {
		return &usageError{cmd, "--json and --table exclude each other."}
	}
	whole := []byte(given.arguments)
	if given.arguments == "-" {
		var err error
		if whole, err = a.readAll(ctx); err != nil {
			return fmt.Errorf("read the arguments from standard input: %w", err)
		}
	}
	arguments, err := joinArguments(cmd, whole)
	if err != nil {
		return err
	}
	if err := tool.Check(arguments); err != nil {
		return wrongArguments(cmd, err)
	}
	settings, err := a.loadForPerson(ctx, cmd.Flags())
	if err != nil {
		return err
	}
	if settings.SecretsTo == config.SecretsToPage && tool.May.Has(changes.TokenRotate) {
		return &config.Error{Problems: []config.Problem{{
			Where: "--secrets-to", What: "is page, and the page would be gone when this command ends.", Next: "Use file here.",
		}}}
	}
	return a.joined(ctx, settings, func(joined parts) error {
		return a.askAndCall(ctx, joined, order{
			cmd: cmd, tool: tool, arguments: arguments, yes: given.yes, json: given.json || !given.table && !a.outTerminal(),
			tell: func(answer tools.Answer) error { return a.printLaidOut(answer, undoingOf(cmd)) },
		})
	})
}

// wrongArguments makes a wrong use of the command out of arguments that the tool's
// schema refuses.
func wrongArguments(cmd *cobra.Command, err error) error {
	var wrong *schemas.ArgumentError
	if errors.As(err, &wrong) {
		return &usageError{cmd, onOneLine(wrong.Error())}
	}
	return err
}

// mostArguments is far more than any call takes.
const mostArguments = 1 << 20

// readAll reads standard input to its end, or until ctx ends.
func (a *app) readAll(ctx context.Context) ([]byte, error) {
	type input struct {
		text []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(a.streams.In, mostArguments+1))
		read <- input{text, err}
	}()
	select {
	case in := <-read:
		if len(in.text) > mostArguments {
			return nil, fmt.Errorf("there are more than %d bytes", mostArguments)
		}
		return in.text, in.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inputFields are a tool's arguments.
func inputFields(tool tools.Tool) ([]schemas.Field, error) {
	schema, err := tool.Input()
	if err != nil {
		return nil, err
	}
	return schemas.FieldsOf(schema)
}

// toolNamed finds a tool of the catalog.
func toolNamed(name string) (tools.Tool, bool) {
	catalog := tools.Catalog()
	i := slices.IndexFunc(catalog, func(tool tools.Tool) bool { return tool.Name == name })
	if i < 0 {
		return tools.Tool{}, false
	}
	return catalog[i], true
}

func unknownTool(cmd *cobra.Command, typed string) error {
	var names []string
	for _, tool := range tools.Catalog() {
		names = append(names, tool.Name)
	}
	problem := fmt.Sprintf("There is no tool %s.", config.Quote(typed))
	return &usageError{cmd, problem + didYouMean(nearest.Names(typed, names, 2), "")}
}

// onlyFlags refuses what stands after a tool, and shows the flag that it may have
// been meant for.
func onlyFlags(fields []schemas.Field) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || len(fields) == 0 {
			return noArguments(cmd, args)
		}
		return &usageError{cmd, fmt.Sprintf("%q takes its arguments as flags, such as --%s; %s belongs to none.",
			cmd.Name(), flagName(fields[0].Name), config.Quote(args[0]))}
	}
}

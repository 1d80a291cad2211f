package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

func (a *app) tools() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tools [NAME]",
		Short: "List the tools, or explain one",
		Long: `Lists the tools that the server offers, family by family. With a name it explains
one: arguments, result, what its key needs, and an example. It needs neither key
nor network.

It goes by the settings that leave tools out: those are not in the list, and the
explanation of one says why.`,
		Example: `  posthog-org-mcp tools
  posthog-org-mcp tools membership-add
  posthog-org-mcp tools --read-only
  posthog-org-mcp tools --exclude-tools destroys,journal --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if len(args) > 1 {
				return oneArgument("the NAME of a tool")(cmd, args)
			}
			if _, found := toolNamed(args[0]); !found {
				return unknownTool(cmd, args[0])
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeToolName(cmd, args, typed)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := config.LoadOffer(cmd.Flags(), a.streams.Environ)
			if err != nil {
				return err
			}
			catalog := tools.Catalog()
			limits, err := limitsOf(settings, catalog)
			if err != nil {
				return err
			}
			offered, withheld := limits.Split(catalog)
			switch {
			case len(args) == 1 && asJSON:
				tool, _ := toolNamed(args[0])
				return a.printToolJSON(tool, withheld)
			case len(args) == 1:
				tool, _ := toolNamed(args[0])
				return a.explainTool(tool, withheld[tool.Name])
			case asJSON:
				return a.printToolsJSON(offered)
			default:
				return a.printTools(offered, len(withheld))
			}
		},
	}
	config.Register(cmd.Flags(), config.OfferFlags()...)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all that is known of them as JSON")
	return cmd
}

// printTools lists tools, each family below its name.
func (a *app) printTools(offered []tools.Tool, withheld int) error {
	lines := make([][]string, len(offered))
	for i, tool := range offered {
		lines[i] = []string{tool.Name, string(tool.Effect), tool.Title}
	}
	var rows sheet
	rows.columns(indented, lines)
	family := ""
	var out strings.Builder
	i := 0
	for row := range strings.Lines(rows.out.String()) {
		if offered[i].Family != family {
			if family != "" {
				out.WriteByte('\n')
			}
			family = offered[i].Family
			out.WriteString(family + "\n")
		}
		out.WriteString(row)
		i++
	}
	if _, err := fmt.Fprint(a.streams.Out, out.String()); err != nil {
		return err
	}
	if withheld > 0 {
		a.say("%d more are left out by the settings.", withheld)
	}
	return nil
}

// toolEntry is all that is known of a tool.
type toolEntry struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Description  string          `json:"description"`
	Family       string          `json:"family"`
	Effect       string          `json:"effect"`
	Idempotent   bool            `json:"idempotent"`
	Scopes       []string        `json:"scopes"`
	Operation    string          `json:"operation"`
	Withheld     string          `json:"withheld,omitempty"` // why it is not offered
	InputSchema  json.RawMessage `json:"input_schema"`
	OutputSchema json.RawMessage `json:"output_schema"`
	Example      json.RawMessage `json:"example,omitempty"` // the arguments of a call
}

func entryOf(tool tools.Tool) (toolEntry, error) {
	input, err := tool.Input()
	if err != nil {
		return toolEntry{}, err
	}
	output, err := tool.Output()
	if err != nil {
		return toolEntry{}, err
	}
	return toolEntry{
		Name: tool.Name, Title: tool.Title, Description: tool.Description, Family: tool.Family,
		Effect: string(tool.Effect), Idempotent: tool.Idempotent, Scopes: append([]string{}, tool.Scopes...), Operation: tool.Operation,
		InputSchema: input, OutputSchema: output, Example: tool.Example(),
	}, nil
}

func (a *app) printToolsJSON(offered []tools.Tool) error {
	entries := make([]toolEntry, 0, len(offered))
	for _, tool := range offered {
		entry, err := entryOf(tool)
		if err != nil {
			return err
		}
		entries = append(entries, entry)
	}
	data, err := schemas.Marshal(entries)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.streams.Out, string(data))
	return err
}

func (a *app) printToolJSON(tool tools.Tool, withheld map[string]string) error {
	entry, err := entryOf(tool)
	if err != nil {
		return err
	}
	entry.Withheld = withheld[tool.Name]
	data, err := schemas.Marshal(entry)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.streams.Out, string(data))
	return err
}

package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
)

// profileRow is what is printed of a profile.
type profileRow struct {
	Name         string `json:"name"`
	Host         string `json:"host"`
	Organization string `json:"organization"`
	Owner        string `json:"owner,omitempty"`
	Kind         string `json:"kind"`
	Kept         string `json:"kept"`
}

func (a *app) profiles() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "List the sign-ins that login has kept",
		Long: `Lists what login has kept: by which name, for which PostHog and organization,
whose it is, and where the secret is. It reads no secret and asks nobody.`,
		Example: `  posthog-org-mcp profiles
  posthog-org-mcp profiles --json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			store := config.Profiles(a.streams.Environ)
			profiles, err := store.Profiles()
			if err != nil {
				return err
			}
			rows := make([]profileRow, 0, len(profiles))
			for _, profile := range profiles {
				rows = append(rows, profileRow{
					Name: profile.Name, Host: profile.Host, Owner: profile.Owner, Kind: string(profile.Kind), Kept: store.Where(profile),
					Organization: cmp.Or(profile.OrganizationName, string(organizationOf(profile))),
				})
			}
			if asJSON {
				return json.NewEncoder(a.streams.Out).Encode(rows)
			}
			return a.printProfiles(rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) printProfiles(rows []profileRow) error {
	if len(rows) == 0 {
		a.say("There is none yet. Sign in with: %s login.", Name)
		return nil
	}
	table := tabwriter.NewWriter(a.streams.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tHOST\tORGANIZATION\tOWNER\tKIND\tKEPT IN")
	for _, row := range rows {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", row.Name, onOneLine(row.Host), onOneLine(row.Organization), onOneLine(row.Owner), row.Kind, onOneLine(row.Kept))
	}
	return table.Flush()
}

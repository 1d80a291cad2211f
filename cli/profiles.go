package cli

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
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
			if !asJSON {
				return a.printProfiles(profiles)
			}
			rows := make([]profileRow, 0, len(profiles))
			for _, profile := range profiles {
				rows = append(rows, rowOf(profile, store.Where(profile)))
			}
			return json.NewEncoder(a.streams.Out).Encode(rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printProfiles prints a table, or each profile by itself where the terminal is too
// narrow. Where a file is only JSON tells: its path is wider than all else.
func (a *app) printProfiles(profiles []credentials.Profile) error {
	if len(profiles) == 0 {
		a.say("There is none yet. Sign in with: %s login.", Name)
		return nil
	}
	rows := make([]json.RawMessage, 0, len(profiles))
	for _, profile := range profiles {
		row := rowOf(profile, string(profile.Kept))
		row.Owner = cmp.Or(row.Owner, "-")
		data, err := json.Marshal(row)
		if err != nil {
			return err
		}
		rows = append(rows, data)
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, width := terminalOf(a.streams.Out)
	table := sheet{width: width}
	if err := table.list(0, list); err != nil {
		return err
	}
	_, err = fmt.Fprint(a.streams.Out, table.out.String())
	return err
}

func rowOf(profile credentials.Profile, kept string) profileRow {
	return profileRow{
		Name: profile.Name, Host: profile.Host, Owner: profile.Owner, Kind: string(profile.Kind), Kept: kept,
		Organization: cmp.Or(profile.OrganizationName, string(organizationOf(profile))),
	}
}

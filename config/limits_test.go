package config_test

import (
	"fmt"
	"slices"
	"testing"

	"posthog-org-mcp/apiclient"
)

const (
	hogflix  = "01890000-0000-7000-8000-000000000001"
	hogwarts = "01890000-0000-7000-8000-00000000000a"
)

func TestAListIsSplitAtCommasAndBlanksInLowerCaseAndWithoutRepeats(t *testing.T) {
	for _, given := range []string{"roles,roles-delete,destroys", " Roles , ROLES-delete\tdestroys,", "roles roles-delete destroys roles", ",roles,,roles-delete\ndestroys"} {
		want := []string{"roles", "roles-delete", "destroys"}
		loaded := mustLoad(t, env{"POSTHOG_MCP_EXCLUDE_TOOLS": given}, "--tools", given)
		if !slices.Equal(loaded.Tools, want) || !slices.Equal(loaded.ExcludeTools, want) {
			t.Errorf("%q: got %q and %q", given, loaded.Tools, loaded.ExcludeTools)
		}
	}
}

func TestTheOnlyOrganizationIsTheOneToWorkOn(t *testing.T) {
	for _, test := range []struct {
		name, organization, organizations string
		want                              apiclient.OrganizationID
		allowed                           []apiclient.OrganizationID
	}{
		{"one", "", hogflix, hogflix, []apiclient.OrganizationID{hogflix}},
		{"the same one twice", "", hogwarts + ", 01890000-0000-7000-8000-00000000000A", hogwarts, []apiclient.OrganizationID{hogwarts}},
		{"two", "", hogflix + "," + hogwarts, apiclient.CurrentOrganization, []apiclient.OrganizationID{hogflix, hogwarts}},
		{"one of two", hogwarts, hogflix + "," + hogwarts, hogwarts, []apiclient.OrganizationID{hogflix, hogwarts}},
		{"in capitals", "01890000-0000-7000-8000-00000000000A", hogwarts, hogwarts, []apiclient.OrganizationID{hogwarts}},
		{"the current one on request", "@current", hogflix, apiclient.CurrentOrganization, []apiclient.OrganizationID{hogflix}},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded := mustLoad(t, env{"POSTHOG_ORGANIZATION_ID": test.organization, "POSTHOG_MCP_ORGANIZATIONS": test.organizations})
			if loaded.Organization != test.want || !slices.Equal(loaded.Organizations, test.allowed) {
				t.Errorf("got %s of %s", loaded.Organization, loaded.Organizations)
			}
		})
	}
}

func TestAnOrganizationOutsideOfTheListIsRefused(t *testing.T) {
	_, err := load(t, env{"POSTHOG_MCP_ORGANIZATIONS": hogflix}, "--organization", hogwarts)
	refused(t, err, "--organization", hogwarts, "not among those that POSTHOG_MCP_ORGANIZATIONS allows", "add this one")
	_, err = load(t, env{"POSTHOG_ORGANIZATION_ID": hogwarts}, "--organizations", hogflix)
	refused(t, err, "POSTHOG_ORGANIZATION_ID", "not among those that --organizations allows")
	_, err = load(t, env{"POSTHOG_ORGANIZATION_ID": "hogwarts"}, "--organizations", hogflix)
	refused(t, err, "POSTHOG_ORGANIZATION_ID", "not an organization id")
}

func TestTheSandboxTakesItsOrganizationsFromTheFlagOnly(t *testing.T) {
	loaded := mustLoad(t, env{"POSTHOG_MCP_ORGANIZATIONS": "nonsense"}, "--sandbox")
	if loaded.Organizations != nil || loaded.Organization != apiclient.CurrentOrganization {
		t.Errorf("from the variable: %s of %s", loaded.Organization, loaded.Organizations)
	}
	loaded = mustLoad(t, env{"POSTHOG_ORGANIZATION_ID": hogwarts}, "--sandbox", "--organizations", hogflix)
	if loaded.Organization != hogflix || fmt.Sprint(loaded.Organizations) != "["+hogflix+"]" {
		t.Errorf("from the flag: %s of %s", loaded.Organization, loaded.Organizations)
	}
}

func TestTheSandboxIsNotHeldToPostHogsLimitUnlessTheFlagSaysSo(t *testing.T) {
	for _, test := range []struct {
		variable string
		args     []string
		want     int
	}{
		{"", nil, 480},
		{"30", nil, 30},
		{"0", nil, 0},
		{"", []string{"--sandbox"}, 0},
		{"30", []string{"--sandbox"}, 0},
		{"30", []string{"--sandbox", "--requests-per-minute=20"}, 20},
	} {
		if loaded := mustLoad(t, env{"POSTHOG_MCP_REQUESTS_PER_MINUTE": test.variable}, test.args...); loaded.RequestsPerMinute != test.want {
			t.Errorf("%q %q: got %d, want %d", test.variable, test.args, loaded.RequestsPerMinute, test.want)
		}
	}
}

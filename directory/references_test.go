package directory_test

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// manyOrg is an organization of GitHub with more references than a page holds.
const manyOrg = "many-teams"

// seedLookups makes references that are hard to find.
func seedLookups(t *testing.T, backend *harness.Stage) {
	t.Helper()
	host, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := apiclient.New(apiclient.Config{Host: host, Key: redact.NewSecret(sandbox.AdminKey)})
	if err != nil {
		t.Fatal(err)
	}
	empty, turkish, sharp := "", "ılık", "straße"
	references := []apiclient.ReferenceCreate{
		{Provider: "jira", ProviderOrganizationID: "Hedge Site", ProviderRoleID: "no-slug"},
		{Provider: "jira", ProviderOrganizationID: "Hedge Site", ProviderRoleID: "empty-slug", ProviderRoleSlug: &empty},
		{Provider: "jira", ProviderOrganizationID: "Hedge Site", ProviderRoleID: "turkish", ProviderRoleSlug: &turkish},
		{Provider: "jira", ProviderOrganizationID: "Hedge Site", ProviderRoleID: "sharp", ProviderRoleSlug: &sharp},
		{Provider: "Jira", ProviderOrganizationID: "Other Site", ProviderRoleID: "capital"},
	}
	for i := range 103 {
		slug := fmt.Sprintf("team-%03d", i)
		references = append(references, apiclient.ReferenceCreate{
			Provider: "github", ProviderOrganizationID: manyOrg, ProviderRoleID: fmt.Sprintf("9%03d", i), ProviderRoleSlug: &slug,
		})
	}
	for _, reference := range references {
		reference.ProviderRoleName, reference.Role = "A group", sandbox.RoleSupport
		if _, err := client.CreateReference(t.Context(), sandbox.Organization, reference); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALookupAnswersTheSameWhereItIsClosedToKeys(t *testing.T) {
	backend := harness.Backend(t, sandbox.Options{})
	seedLookups(t, backend)
	// The lookups of one provider's organization; the rest of a lookup is slug and id.
	github := func(slug, id string) apiclient.ReferenceLookup {
		return apiclient.ReferenceLookup{Provider: "github", ProviderOrganizationID: sandbox.ReferenceGitHubOrg, ProviderRoleSlug: slug, ProviderRoleID: id}
	}
	jira := func(slug, id string) apiclient.ReferenceLookup {
		return apiclient.ReferenceLookup{Provider: "jira", ProviderOrganizationID: "Hedge Site", ProviderRoleSlug: slug, ProviderRoleID: id}
	}
	many := func(slug, id string) apiclient.ReferenceLookup {
		return apiclient.ReferenceLookup{Provider: "github", ProviderOrganizationID: manyOrg, ProviderRoleSlug: slug, ProviderRoleID: id}
	}
	for name, test := range map[string]struct {
		lookup apiclient.ReferenceLookup
		want   string // its group's id; empty for none
		is     error
	}{
		"slug":                              {lookup: github("engineering", ""), want: "4210733"},
		"slug in capitals":                  {lookup: github("ENGINEERING", ""), want: "4210733"},
		"id":                                {lookup: github("", "4210790"), want: "4210790"},
		"both, of one reference":            {lookup: github("data", "5833012"), want: "5833012"},
		"both, the slug's has the lower id": {lookup: github("engineering", "5833012"), want: "4210733"},
		"both, the id's has the lower id":   {lookup: github("data", "4210733"), want: "4210733"},
		"slug matches, id does not":         {lookup: github("data", "0"), want: "5833012"},
		"id matches, slug does not":         {lookup: github("nobody", "5833012"), want: "5833012"},
		"a slug given as id":                {lookup: github("", "engineering")},
		"an id given as slug":               {lookup: github("4210733", "")},
		"neither matches":                   {lookup: github("nobody", "0")},
		"outer blanks":                      {lookup: apiclient.ReferenceLookup{Provider: " github\n", ProviderOrganizationID: "\x1chedgebox\u00a0", ProviderRoleSlug: "\tdata "}, want: "5833012"},
		"inner blank":                       {lookup: github("support -crew", "")},
		"organization in capitals":          {lookup: apiclient.ReferenceLookup{Provider: "jira", ProviderOrganizationID: "HEDGE SITE", ProviderRoleID: "no-slug"}, want: "no-slug"},
		"another organization":              {lookup: apiclient.ReferenceLookup{Provider: "github", ProviderOrganizationID: "thistle-labs", ProviderRoleSlug: "crew"}},
		"provider in capitals":              {lookup: apiclient.ReferenceLookup{Provider: "JIRA", ProviderOrganizationID: "Hedge Site", ProviderRoleID: "no-slug"}},
		"provider stored in capitals":       {lookup: apiclient.ReferenceLookup{Provider: "Jira", ProviderOrganizationID: "Other Site", ProviderRoleID: "CAPITAL"}, want: "capital"},
		"provider not as stored":            {lookup: apiclient.ReferenceLookup{Provider: "jira", ProviderOrganizationID: "Other Site", ProviderRoleID: "capital"}},
		"no slug":                           {lookup: jira("", "no-slug"), want: "no-slug"},
		"empty slug":                        {lookup: jira("", "EMPTY-slug"), want: "empty-slug"},
		"empty slug and an unknown id":      {lookup: jira("", "nobody")},
		"Turkish letters, upper case":       {lookup: jira("ILIK", ""), want: "turkish"},
		"Turkish letters, lower case":       {lookup: jira("ilik", ""), want: "turkish"},
		"sharp s":                           {lookup: jira("STRAßE", ""), want: "sharp"},
		"sharp s spelt out":                 {lookup: jira("STRASSE", "")},
		"Kelvin sign for a k":               {lookup: jira("ılı\u212a", "")},
		"on the first page":                 {lookup: many("team-000", ""), want: "9000"},
		"on the second page":                {lookup: many("team-102", ""), want: "9102"},
		"on the second page, by id":         {lookup: many("", "9102"), want: "9102"},
		"more than a slug can have":         {lookup: github(strings.Repeat("a", 300), "")},
		"more than a provider can have":     {lookup: apiclient.ReferenceLookup{Provider: strings.Repeat("a", 33), ProviderOrganizationID: "hedgebox", ProviderRoleID: "1"}},
		"more than an organization can":     {lookup: apiclient.ReferenceLookup{Provider: "github", ProviderOrganizationID: strings.Repeat("ä", 256), ProviderRoleID: "1"}},
		"no provider":                       {lookup: apiclient.ReferenceLookup{ProviderOrganizationID: "hedgebox", ProviderRoleID: "1"}, is: apiclient.ErrInvalid},
		"blank provider":                    {lookup: apiclient.ReferenceLookup{Provider: " \x1f", ProviderOrganizationID: "hedgebox", ProviderRoleID: "1"}, is: apiclient.ErrInvalid},
		"no organization":                   {lookup: apiclient.ReferenceLookup{Provider: "github", ProviderRoleID: "1"}, is: apiclient.ErrInvalid},
		"blank organization":                {lookup: apiclient.ReferenceLookup{Provider: "github", ProviderOrganizationID: "\u2003", ProviderRoleID: "1"}, is: apiclient.ErrInvalid},
		"neither slug nor id":               {lookup: github("", ""), is: apiclient.ErrInvalid},
		"blank slug and id":                 {lookup: github(" ", "\t"), is: apiclient.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			backend.Sandbox.SetFaults(sandbox.Faults{RateLimit: 10_000})
			org := readerOf(t, backend.URL, sandbox.AdminKey, nil)
			said, refusal := org.API().LookupReference(t.Context(), org.OrganizationID(), test.lookup)
			checkLookup(t, "the API", test.want, test.is, said, refusal)
			open, openErr := org.LookUpReference(t.Context(), test.lookup)
			checkLookup(t, "open", test.want, test.is, open, openErr)

			backend.Sandbox.SetFaults(sandbox.Faults{RateLimit: 10_000, CloseActions: true})
			org = readerOf(t, backend.URL, sandbox.AdminKey, nil)
			for _, way := range []string{"closed", "known to be closed"} {
				found, err := org.LookUpReference(t.Context(), test.lookup)
				checkLookup(t, way, test.want, test.is, found, err)
				if !reflect.DeepEqual(found, said) || fmt.Sprint(err) != fmt.Sprint(openErr) {
					t.Errorf("%s: got %+v, %v; the API says %+v, %v", way, found, err, said, openErr)
				}
			}
		})
	}
}

func checkLookup(t *testing.T, way, want string, is error, found *apiclient.Reference, err error) {
	t.Helper()
	var got string
	if found != nil {
		got = found.ProviderRoleID
	}
	if got != want || !errors.Is(err, is) {
		t.Errorf("%s: got %q, %v; want %q, %v", way, got, err, want, is)
	}
}

// Whatever two references match, and in whatever order they are listed, the same
// one is answered.
func TestEveryPairOfSlugAndIDFindsTheSameReferenceEitherWay(t *testing.T) {
	backend := harness.Backend(t, sandbox.Options{})
	seedLookups(t, backend)
	backend.Sandbox.SetFaults(sandbox.Faults{RateLimit: 10_000})
	open := readerOf(t, backend.URL, sandbox.AdminKey, nil)
	var lookups []apiclient.ReferenceLookup
	var answers []*apiclient.Reference
	for slug := range 6 {
		for id := range 6 {
			lookup := apiclient.ReferenceLookup{
				Provider: "github", ProviderOrganizationID: manyOrg,
				ProviderRoleSlug: fmt.Sprintf("TEAM-%03d", slug*20), ProviderRoleID: fmt.Sprintf("9%03d", id*20),
			}
			answer, err := open.LookUpReference(t.Context(), lookup)
			if err != nil || answer == nil {
				t.Fatalf("%+v: %v, %v", lookup, answer, err)
			}
			lookups, answers = append(lookups, lookup), append(answers, answer)
		}
	}
	backend.Sandbox.SetFaults(sandbox.Faults{RateLimit: 10_000, CloseActions: true})
	for i, lookup := range lookups {
		answer, err := open.LookUpReference(t.Context(), lookup)
		if err != nil || !reflect.DeepEqual(answer, answers[i]) {
			t.Errorf("%+v: %+v, %v; open %+v", lookup, answer, err, answers[i])
		}
	}
}

func TestALookupIsRefusedAlikeWhereItIsClosedToKeys(t *testing.T) {
	for name, test := range map[string]struct {
		key          string
		organization apiclient.OrganizationID
		faults       sandbox.Faults
		is           error
	}{
		"confined to another organization": {key: sandbox.ScopedKey, organization: sandbox.Organization, is: apiclient.ErrKeyConfined},
		"confined to a project":            {key: sandbox.ProjectKey, organization: sandbox.Organization, is: apiclient.ErrKeyConfined},
		"not a member":                     {key: sandbox.AdminKey, organization: sandbox.OtherOrganization, is: apiclient.ErrNoAccess},
		"unknown organization":             {key: sandbox.AdminKey, organization: "00000000-0000-4000-8000-000000000000", is: apiclient.ErrNotFound},
		"members' keys switched off":       {key: sandbox.MemberKey, organization: sandbox.Organization, faults: sandbox.Faults{NoMemberKeys: true}, is: apiclient.ErrKeysSwitchedOff},
		"wrong key":                        {key: "phx_opensnothing", organization: sandbox.Organization, is: apiclient.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			for _, close := range []bool{false, true} {
				test.faults.CloseActions = close
				backend := harness.Backend(t, sandbox.Options{Faults: test.faults})
				org := readerOf(t, backend.URL, test.key, nil).In(test.organization)
				if found, err := org.LookUpReference(t.Context(), support()); found != nil || !errors.Is(err, test.is) || errors.Is(err, apiclient.ErrClosedToKeys) {
					t.Errorf("closed %v: got %+v, %v", close, found, err)
				}
			}
		})
	}
}

func TestAPlainMemberLooksUpWithAReadOnlyKey(t *testing.T) {
	for _, key := range []string{sandbox.MemberKey, sandbox.ReadOnlyKey} {
		for _, options := range []sandbox.Options{{}, closed()} {
			backend := harness.Backend(t, options)
			org := readerOf(t, backend.URL, key, nil)
			if found, err := org.LookUpReference(t.Context(), support()); err != nil || found == nil || found.ID != sandbox.ReferenceSlack {
				t.Errorf("%+v: got %+v, %v", options.Faults, found, err)
			}
		}
	}
}

package changes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// stage is an executor in front of a fresh sandbox, with a journal. It asks
// nobody and tries once, unless it is told otherwise.
type stage struct {
	url      string
	path     string // of the journal
	sandbox  *sandbox.Sandbox
	org      directory.Reader
	executor *changes.Executor
	history  journal.Reader
}

// setting is how a stage differs from the usual.
type setting func(*apiclient.Config, *changes.Options)

func limited(limits changes.Limits) setting {
	return func(_ *apiclient.Config, options *changes.Options) { options.Limits = limits }
}

func confirming(mode changes.Mode) setting {
	return func(_ *apiclient.Config, options *changes.Options) { options.Confirm = mode }
}

func timing(timeouts apiclient.Timeouts) setting {
	return func(config *apiclient.Config, _ *changes.Options) { config.Timeouts = timeouts }
}

func newStage(t *testing.T, settings ...setting) stage {
	t.Helper()
	backend := harness.Backend(t, sandbox.Options{})
	s := stage{url: backend.URL, path: filepath.Join(t.TempDir(), "journal.jsonl"), sandbox: backend.Sandbox}
	return s.again(t, settings...)
}

// again is another process on the same sandbox and journal.
func (s stage) again(t *testing.T, settings ...setting) stage {
	t.Helper()
	host, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	config := apiclient.Config{
		Host: host, Key: redact.NewSecret(sandbox.AdminKey), UserAgent: "posthog-org-mcp/test",
		Retry: apiclient.RetryPolicy{Tries: 1},
	}
	written := journal.New(journal.Options{Path: s.path})
	options := changes.Options{Confirm: changes.Never, Journal: written}
	for _, set := range settings {
		set(&config, &options)
	}
	reader, executor, err := changes.Connect(config, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := written.Close(); err != nil {
			t.Error(err)
		}
	})
	organization, err := reader.Organization(t.Context(), apiclient.CurrentOrganization)
	if err != nil {
		t.Fatal(err)
	}
	s.sandbox.ForgetRequests()
	s.org, s.executor, s.history = directory.New(reader, organization.ID), executor, written.Reader()
	return s
}

// entries is the whole journal, newest first.
func (s stage) entries(t *testing.T) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	for entry, err := range s.history.Entries(t.Context(), journal.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// order is a call that makes set, and may.
func (s stage) order(set changes.Set) changes.Order {
	var may changes.Kinds
	for _, change := range set {
		may = append(may, change.Kind)
	}
	return changes.Order{
		Tool: "test", Arguments: []byte(`{}`), Recorded: []byte(`{}`), Organization: apiclient.CurrentOrganization, May: may,
		Plan: func(context.Context, apiclient.OrganizationID) (changes.Set, error) { return set, nil },
	}
}

func (s stage) apply(ctx context.Context, set ...changes.Change) ([]changes.Outcome, error) {
	done, err := s.executor.Apply(ctx, s.order(set))
	return done.Outcomes, err
}

// writes counts the requests that reached the sandbox and could change something.
func (s stage) writes() int {
	count := 0
	for _, request := range s.sandbox.Requests() {
		if request.Method != http.MethodGet {
			count++
		}
	}
	return count
}

// planner plans one change of one kind on the seeded organization.
type planner func(t *testing.T, org directory.Reader) changes.Change

// everyKind has a planner for each of the eight kinds.
func everyKind() map[changes.Kind]planner {
	return map[changes.Kind]planner{
		changes.RoleCreate: func(_ *testing.T, org directory.Reader) changes.Change {
			return changes.CreateRole(org.OrganizationID(), "Night shift")
		},
		changes.RoleRename: func(t *testing.T, org directory.Reader) changes.Change {
			return changes.RenameRole(org.OrganizationID(), anyRole(t, org), "Renamed")
		},
		changes.RoleDelete: func(t *testing.T, org directory.Reader) changes.Change {
			return changes.DeleteRole(org.OrganizationID(), anyRole(t, org), nil, nil)
		},
		changes.MembershipAdd: func(t *testing.T, org directory.Reader) changes.Change {
			role := anyRole(t, org)
			return changes.AddMember(org.OrganizationID(), role, outsider(t, org, role))
		},
		changes.MembershipRemove: func(t *testing.T, org directory.Reader) changes.Change {
			role := anyRole(t, org)
			return changes.RemoveMember(org.OrganizationID(), role, role.Members[0], nil)
		},
		changes.ReferenceCreate: func(t *testing.T, org directory.Reader) changes.Change {
			role := anyRole(t, org)
			slug := "night-shift"
			return changes.CreateReference(org.OrganizationID(), role, apiclient.ReferenceCreate{
				Provider: "github", ProviderOrganizationID: "acme", ProviderRoleID: "990011",
				ProviderRoleSlug: &slug, ProviderRoleName: "Night shift", Role: role.ID,
			}, nil)
		},
		changes.ReferenceDelete: func(t *testing.T, org directory.Reader) changes.Change {
			return changes.DeleteReference(org.OrganizationID(), first(t, org.References(apiclient.ReferenceFilter{})))
		},
		changes.TokenRotate: func(t *testing.T, org directory.Reader) changes.Change {
			row := first(t, org.Projects())
			project, err := org.Project(t.Context(), row.Name)
			if err != nil {
				t.Fatal(err)
			}
			return changes.RotateToken(org.OrganizationID(), project, nil)
		},
	}
}

// anyRole is a seeded role with somebody in it.
func anyRole(t *testing.T, org directory.Reader) apiclient.Role {
	t.Helper()
	for role, err := range org.Roles().Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(role.Members) > 0 {
			return role
		}
	}
	t.Fatal("every seeded role is empty")
	return apiclient.Role{}
}

// outsider is a member of the organization who is not in role.
func outsider(t *testing.T, org directory.Reader, role apiclient.Role) apiclient.OrganizationMember {
	t.Helper()
	for member, err := range org.Members(apiclient.MemberFilter{}).Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(role.Members, func(m apiclient.RoleMembership) bool { return m.User.UUID == member.User.UUID }) {
			return member
		}
	}
	t.Fatal("everybody is in the role")
	return apiclient.OrganizationMember{}
}

func first[T any](t *testing.T, list apiclient.List[T]) T {
	t.Helper()
	page, err := list.Page(t.Context(), 1, 0)
	if err != nil || len(page.Results) == 0 {
		t.Fatalf("the list is empty: %v", err)
	}
	return page.Results[0]
}

// writeFaults asks for one fault at the next write, whatever its method.
func writeFaults(kind sandbox.FaultKind) []sandbox.Fault {
	return []sandbox.Fault{
		{Kind: kind, Times: 1, Method: http.MethodPost},
		{Kind: kind, Times: 1, Method: http.MethodPatch},
		{Kind: kind, Times: 1, Method: http.MethodDelete},
	}
}

// picture is all that the changes can touch, field by field, without ids and times.
func picture(t *testing.T, org directory.Reader) []string {
	t.Helper()
	var lines []string
	names := map[apiclient.RoleID]string{}
	for role, err := range org.Roles().Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names[role.ID] = role.Name
		lines = append(lines, fmt.Sprintf("role %q", role.Name))
		for _, membership := range role.Members {
			lines = append(lines, fmt.Sprintf("member of %q: %s %s", role.Name, membership.User.UUID, membership.User.Email))
		}
	}
	for r, err := range org.References(apiclient.ReferenceFilter{}).Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		slug := "none"
		if r.ProviderRoleSlug != nil {
			slug = *r.ProviderRoleSlug
		}
		lines = append(lines, fmt.Sprintf("reference of %q: %q", names[r.Role], []string{r.Provider, r.ProviderOrganizationID, r.ProviderRoleID, slug, r.ProviderRoleName}))
	}
	slices.Sort(lines)
	return lines
}

// refusing has every write to a path with that part refused.
func refusing(part string) sandbox.Faults {
	return sandbox.Faults{Next: []sandbox.Fault{
		{Kind: sandbox.Fail, Times: -1, Method: http.MethodPost, PathContains: part, Status: http.StatusForbidden},
	}}
}

func noFaults() sandbox.Faults { return sandbox.Faults{} }

// spying calls see before each write is sent.
func spying(see func()) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if request.Method != http.MethodGet {
			see()
		}
		return http.DefaultTransport.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

package changes_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// stage is an executor in front of a fresh sandbox.
type stage struct {
	sandbox  *sandbox.Sandbox
	org      directory.Reader
	executor *changes.Executor
}

func newStage(t *testing.T, limits changes.Limits) stage {
	t.Helper()
	return newStageWith(t, limits, apiclient.Timeouts{})
}

func newStageWith(t *testing.T, limits changes.Limits, timeouts apiclient.Timeouts) stage {
	t.Helper()
	backend := harness.Backend(t, sandbox.Options{})
	host, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	reader, executor, err := changes.Connect(apiclient.Config{
		Host: host, Key: redact.NewSecret(sandbox.AdminKey), UserAgent: "posthog-org-mcp/test",
		Timeouts: timeouts,
	}, limits)
	if err != nil {
		t.Fatal(err)
	}
	return stage{backend.Sandbox, directory.New(reader, apiclient.CurrentOrganization), executor}
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
			return changes.DeleteRole(org.OrganizationID(), anyRole(t, org), nil)
		},
		changes.MembershipAdd: func(t *testing.T, org directory.Reader) changes.Change {
			role := anyRole(t, org)
			return changes.AddMember(org.OrganizationID(), role, outsider(t, org, role))
		},
		changes.MembershipRemove: func(t *testing.T, org directory.Reader) changes.Change {
			role := anyRole(t, org)
			return changes.RemoveMember(org.OrganizationID(), role, role.Members[0])
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

func TestEachKindOfChangeIsCarriedOutWithOneRequest(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t, changes.Limits{})
			change := plan(t, s.org)
			outcomes, err := s.executor.Apply(t.Context(), changes.Set{change}, changes.Kinds{kind})
			if err != nil {
				t.Fatal(err)
			}
			if len(outcomes) != 1 || outcomes[0].State != changes.Done || outcomes[0].ReadBack {
				t.Errorf("outcomes: %+v", outcomes)
			}
			if s.writes() != 1 {
				t.Errorf("%d writes were sent", s.writes())
			}
		})
	}
}

func TestALostAnswerIsSettledByReadingBackAndNeverBySendingAgain(t *testing.T) {
	for _, test := range []struct {
		fault sandbox.FaultKind
		state changes.State
	}{
		{sandbox.DropBefore, changes.NotDone},
		{sandbox.DropAfter, changes.Done},
		{sandbox.CutBody, changes.Done},
		{sandbox.Garbage, changes.Done},
	} {
		for kind, plan := range everyKind() {
			t.Run(string(test.fault)+" "+kind.String(), func(t *testing.T) {
				s := newStage(t, changes.Limits{})
				change := plan(t, s.org)
				s.sandbox.ForgetRequests()
				s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(test.fault)})
				outcomes, err := s.executor.Apply(t.Context(), changes.Set{change}, changes.Kinds{kind})
				var failed *changes.Error
				switch {
				case test.state == changes.Done && err != nil:
					t.Errorf("the change was made, and yet: %v", err)
				case test.state == changes.Done && outcomes[0].State != changes.Done:
					t.Errorf("state is %s", outcomes[0].State)
				case test.state == changes.NotDone && kind == changes.TokenRotate:
					// A rotation that is not there yet may still come: nothing is claimed.
					if !errors.As(err, &failed) || failed.State != changes.Unknown || !failed.ReadBack {
						t.Errorf("nothing was done, and yet: %v", err)
					}
				case test.state == changes.NotDone && (!errors.As(err, &failed) || failed.State != changes.NotDone || !failed.ReadBack):
					t.Errorf("nothing was done, and yet: %v", err)
				}
				if s.writes() > 1 {
					t.Errorf("%d writes were sent", s.writes())
				}
			})
		}
	}
}

// writeFaults asks for one fault at the next write, whatever its method.
func writeFaults(kind sandbox.FaultKind) []sandbox.Fault {
	return []sandbox.Fault{
		{Kind: kind, Times: 1, Method: http.MethodPost},
		{Kind: kind, Times: 1, Method: http.MethodPatch},
		{Kind: kind, Times: 1, Method: http.MethodDelete},
	}
}

func TestAnOutcomeThatReadingBackCannotTellIsUnknown(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t, changes.Limits{})
			change := plan(t, s.org)
			faults := append(writeFaults(sandbox.DropAfter), sandbox.Fault{Kind: sandbox.Fail, Times: 100, Method: http.MethodGet, Status: 500})
			s.sandbox.SetFaults(sandbox.Faults{Next: faults})
			_, err := s.executor.Apply(t.Context(), changes.Set{change}, changes.Kinds{kind})
			var failed *changes.Error
			if !errors.As(err, &failed) || failed.State != changes.Unknown {
				t.Errorf("got %v, want an unknown outcome", err)
			}
			if !errors.Is(err, apiclient.ErrUnknownOutcome) {
				t.Errorf("%v does not match ErrUnknownOutcome", err)
			}
			if s.writes() != 1 {
				t.Errorf("%d writes were sent", s.writes())
			}
		})
	}
}

func TestTheLimitsAreCheckedBeforeAnythingIsSent(t *testing.T) {
	for _, test := range []struct {
		name   string
		limits changes.Limits
		may    changes.Kinds
		want   error
	}{
		{"read-only", changes.Limits{ReadOnly: true}, changes.Kinds{changes.RoleCreate}, changes.ErrReadOnly},
		{"undeclared kind", changes.Limits{}, changes.Kinds{changes.RoleDelete}, changes.ErrKindNotAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, test.limits)
			set := changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")}
			if _, err := s.executor.Apply(t.Context(), set, test.may); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if requests := s.sandbox.Requests(); len(requests) != 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

func TestACancelledSetStopsBeforeTheNextChange(t *testing.T) {
	s := newStage(t, changes.Limits{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	set := changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")}
	if _, err := s.executor.Apply(ctx, set, changes.Kinds{changes.RoleCreate}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if s.writes() != 0 {
		t.Errorf("%d writes were sent", s.writes())
	}
}

func TestASatisfiedChangeSendsNothing(t *testing.T) {
	s := newStage(t, changes.Limits{})
	role := anyRole(t, s.org)
	s.sandbox.ForgetRequests()
	set := changes.Set{
		changes.AddMember(s.org.OrganizationID(), role, apiclient.OrganizationMember{User: role.Members[0].User}),
		changes.RenameRole(s.org.OrganizationID(), role, role.Name),
	}
	outcomes, err := s.executor.Apply(t.Context(), set, changes.Kinds{changes.MembershipAdd, changes.RoleRename})
	if err != nil {
		t.Fatal(err)
	}
	for _, outcome := range outcomes {
		if outcome.State != changes.Unchanged || outcome.Undo() != nil {
			t.Errorf("%s is %s, undo %v", outcome.Change.Kind, outcome.State, outcome.Undo())
		}
	}
	if requests := s.sandbox.Requests(); len(requests) != 0 {
		t.Errorf("%d requests were sent", len(requests))
	}
}

func TestASetStopsAtTheFirstFailureAndTellsWhatIsDone(t *testing.T) {
	s := newStage(t, changes.Limits{})
	org := s.org.OrganizationID()
	taken := anyRole(t, s.org).Name
	set := changes.Set{changes.CreateRole(org, "First"), changes.CreateRole(org, taken), changes.CreateRole(org, "Third")}
	outcomes, err := s.executor.Apply(t.Context(), set, changes.Kinds{changes.RoleCreate})
	if !errors.Is(err, apiclient.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if len(outcomes) != 1 || outcomes[0].Role.Name != "First" {
		t.Errorf("outcomes: %+v", outcomes)
	}
	if _, found, err := s.org.RoleNamed(t.Context(), "Third"); found || err != nil {
		t.Errorf("the third change was sent: %v %v", found, err)
	}
}

func TestUndoingAChangeLeavesTheOrganizationAsItWas(t *testing.T) {
	irreversible := changes.Kinds{changes.RoleDelete, changes.TokenRotate}
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t, changes.Limits{})
			before := picture(t, s.org)
			outcomes, err := s.executor.Apply(t.Context(), changes.Set{plan(t, s.org)}, changes.Kinds{kind})
			if err != nil {
				t.Fatal(err)
			}
			undo := outcomes[0].Undo()
			if irreversible.Has(kind) {
				if undo != nil {
					t.Errorf("%s offers to be undone by %v", kind, undo)
				}
				return
			}
			if slices.Equal(picture(t, s.org), before) {
				t.Error("the change cannot be seen: the test compares too little")
			}
			if _, err := s.executor.Apply(t.Context(), undo, changes.Kinds{undo[0].Kind}); err != nil {
				t.Fatal(err)
			}
			if after := picture(t, s.org); !slices.Equal(after, before) {
				t.Errorf("before %q\nafter  %q", before, after)
			}
		})
	}
}

// picture is all that the changes can touch, without ids and times.
func picture(t *testing.T, org directory.Reader) []string {
	t.Helper()
	var lines []string
	for role, err := range org.Roles().Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, "role "+role.Name)
		for _, membership := range role.Members {
			lines = append(lines, "member "+role.Name+" "+membership.User.Email)
		}
	}
	for reference, err := range org.References(apiclient.ReferenceFilter{}).Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, "reference "+string(reference.Role)+" "+reference.Provider+" "+reference.ProviderRoleID+" "+reference.ProviderRoleName)
	}
	slices.Sort(lines)
	return lines
}

// A server that takes long may carry a change out after it was looked up.
func TestAChangeThatTimedOutIsNotSaidToBeUndone(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStageWith(t, changes.Limits{}, apiclient.Timeouts{Header: 100 * time.Millisecond})
			change := plan(t, s.org)
			s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(sandbox.Hang)})
			_, err := s.executor.Apply(t.Context(), changes.Set{change}, changes.Kinds{kind})
			var failed *changes.Error
			if !errors.As(err, &failed) || failed.State != changes.Unknown || !failed.ReadBack {
				t.Errorf("got %v, want that it may still be made", err)
			}
			if s.writes() != 1 {
				t.Errorf("%d writes were sent", s.writes())
			}
		})
	}
}

func TestACancelledChangeIsCarriedThroughAndToldAsUnknown(t *testing.T) {
	s := newStage(t, changes.Limits{})
	ctx, cancel := context.WithCancel(t.Context())
	s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(sandbox.Hang)})
	ended := make(chan error, 1)
	go func() {
		_, err := s.executor.Apply(ctx, changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")}, changes.Kinds{changes.RoleCreate})
		ended <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); s.writes() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the change was never sent")
		}
	}
	cancel()
	var failed *changes.Error
	if err := <-ended; !errors.As(err, &failed) || failed.State != changes.Unknown {
		t.Errorf("got %v, want an unknown outcome", err)
	}
}

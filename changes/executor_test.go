package changes_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
)

func TestEachKindOfChangeIsCarriedOutWithOneRequest(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t)
			change := plan(t, s.org)
			outcomes, err := s.apply(t.Context(), change)
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
		// What is not there yet may still come: nothing is claimed.
		{sandbox.DropBefore, changes.Unknown},
		{sandbox.DropAfter, changes.Done},
		{sandbox.CutBody, changes.Done},
		{sandbox.Garbage, changes.Done},
	} {
		for kind, plan := range everyKind() {
			t.Run(string(test.fault)+" "+kind.String(), func(t *testing.T) {
				s := newStage(t)
				change := plan(t, s.org)
				s.sandbox.ForgetRequests()
				s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(test.fault)})
				outcomes, err := s.apply(t.Context(), change)
				var failed *changes.Error
				switch {
				case test.state == changes.Done && err != nil:
					t.Errorf("the change was made, and yet: %v", err)
				case test.state == changes.Done && outcomes[0].State != changes.Done:
					t.Errorf("state is %s", outcomes[0].State)
				case test.state == changes.Unknown && (!errors.As(err, &failed) || failed.State != changes.Unknown || !failed.ReadBack):
					t.Errorf("nobody knows, and yet: %v", err)
				}
				if s.writes() > 1 {
					t.Errorf("%d writes were sent", s.writes())
				}
			})
		}
	}
}

func TestAnOutcomeThatReadingBackCannotTellIsUnknown(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t)
			change := plan(t, s.org)
			faults := append(writeFaults(sandbox.DropAfter), sandbox.Fault{Kind: sandbox.Fail, Times: 100, Method: http.MethodGet, Status: 500})
			order := s.order(changes.Set{change})
			order.Plan = func(context.Context, apiclient.OrganizationID) (changes.Set, error) {
				s.sandbox.SetFaults(sandbox.Faults{Next: faults}) // From now on: what came before was to go well.
				return changes.Set{change}, nil
			}
			_, err := s.executor.Apply(t.Context(), order)
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
		policy bool // the organization wants no changes through MCP servers
		want   error
	}{
		{"read-only", changes.Limits{ReadOnly: true}, changes.Kinds{changes.RoleCreate}, false, changes.ErrReadOnly},
		{"kind ruled out", changes.Limits{Without: changes.Kinds{changes.RoleCreate}}, changes.Kinds{changes.RoleCreate}, false, changes.ErrKindRuledOut},
		{"undeclared kind", changes.Limits{}, changes.Kinds{changes.RoleDelete}, false, changes.ErrKindNotAllowed},
		{"another organization", changes.Limits{Organizations: []apiclient.OrganizationID{"0190f3a2-0000-7000-8000-00000000ffff"}}, changes.Kinds{changes.RoleCreate}, false, changes.ErrOrganizationRuledOut},
		{"the organization's wish", changes.Limits{}, changes.Kinds{changes.RoleCreate}, true, changes.ErrOrganizationReadOnly},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, limited(test.limits))
			s.sandbox.SetFaults(sandbox.Faults{ReadOnlyMCP: test.policy})
			order := s.order(changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")})
			order.May = test.may
			if _, err := s.executor.Apply(t.Context(), order); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if s.writes() != 0 {
				t.Errorf("%d writes were sent", s.writes())
			}
		})
	}
}

func TestAPlanForAnotherOrganizationThanTheCallsIsRefused(t *testing.T) {
	s := newStage(t)
	_, err := s.apply(t.Context(), changes.CreateRole("0190f3a2-0000-7000-8000-00000000ffff", "Night shift"))
	if !errors.Is(err, changes.ErrOtherOrganization) {
		t.Errorf("got %v", err)
	}
}

func TestACancelledSetStopsBeforeTheNextChange(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	set := changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")}
	if _, err := s.apply(ctx, set...); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if s.writes() != 0 {
		t.Errorf("%d writes were sent", s.writes())
	}
}

func TestASatisfiedChangeSendsNothing(t *testing.T) {
	s := newStage(t)
	role := anyRole(t, s.org)
	s.sandbox.ForgetRequests()
	set := changes.Set{
		changes.AddMember(s.org.OrganizationID(), role, apiclient.OrganizationMember{User: role.Members[0].User}),
		changes.RenameRole(s.org.OrganizationID(), role, role.Name),
	}
	outcomes, err := s.apply(t.Context(), set...)
	if err != nil {
		t.Fatal(err)
	}
	for _, outcome := range outcomes {
		if outcome.State != changes.Unchanged || outcome.CanUndo() {
			t.Errorf("%s is %s, and can be undone: %v", outcome.Change.Kind, outcome.State, outcome.CanUndo())
		}
	}
	if s.writes() != 0 {
		t.Errorf("%d writes were sent", s.writes())
	}
}

func TestASetStopsAtTheFirstFailureAndTellsWhatIsDone(t *testing.T) {
	s := newStage(t)
	org := s.org.OrganizationID()
	taken := anyRole(t, s.org).Name
	set := changes.Set{changes.CreateRole(org, "First"), changes.CreateRole(org, taken), changes.CreateRole(org, "Third")}
	outcomes, err := s.apply(t.Context(), set...)
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

// A server that takes long may carry a change out after it was looked up.
func TestAChangeThatTimedOutIsNotSaidToBeUndone(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t, timing(apiclient.Timeouts{Header: time.Second}))
			change := plan(t, s.org)
			s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(sandbox.Hang)})
			_, err := s.apply(t.Context(), change)
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
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(sandbox.Hang)})
	ended := make(chan error, 1)
	go func() {
		_, err := s.apply(ctx, changes.CreateRole(s.org.OrganizationID(), "Night shift"))
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

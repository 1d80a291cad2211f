package changes_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
)

// undo takes back a call by the journal, as the tool does.
func (s stage) undo(t *testing.T, id string) (changes.Result, error) {
	t.Helper()
	entries, err := s.history.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	order := s.order(nil)
	for kind := changes.RoleCreate; kind <= changes.ReferenceDelete; kind++ {
		order.May = append(order.May, kind)
	}
	order.Plan = func(ctx context.Context, _ apiclient.OrganizationID) (changes.Set, error) {
		return changes.Undo(ctx, s.org.API(), entries, s.undos(t))
	}
	return s.executor.Apply(t.Context(), order)
}

// undos are the writes of the journal that took others back, oldest first.
func (s stage) undos(t *testing.T) []journal.Entry {
	t.Helper()
	entries := slices.DeleteFunc(s.entries(t), func(entry journal.Entry) bool { return entry.Undoes == "" })
	slices.Reverse(entries)
	return entries
}

func TestUndoLeavesTheOrganizationAsItWas(t *testing.T) {
	for kind, plan := range everyKind() {
		if kind == changes.TokenRotate {
			continue
		}
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t)
			before := picture(t, s.org)
			done, err := s.executor.Apply(t.Context(), s.order(changes.Set{s.whole(t, plan(t, s.org))}))
			if err != nil {
				t.Fatal(err)
			}
			if !done.Outcomes[0].CanUndo() {
				t.Error("it is not said that it can be undone")
			}
			if slices.Equal(picture(t, s.org), before) {
				t.Error("the change cannot be seen: the test compares too little")
			}
			undone, err := s.undo(t, done.Call)
			if err != nil {
				t.Fatal(err)
			}
			if after := picture(t, s.org); !slices.Equal(after, before) {
				t.Errorf("before %q\nafter  %q", before, after)
			}
			for _, entry := range s.entries(t)[:len(undone.Outcomes)] {
				if entry.Undoes != done.Outcomes[0].ID {
					t.Errorf("the journal does not say what %s takes back: %q", entry.ID, entry.Undoes)
				}
			}
			again, err := s.undo(t, done.Call)
			if err != nil {
				t.Fatalf("undone twice: %v", err)
			}
			for _, outcome := range again.Outcomes {
				if outcome.State != changes.Unchanged {
					t.Errorf("undoing it again: %s is %s", outcome.Change, outcome.State)
				}
			}
			if after := picture(t, s.org); !slices.Equal(after, before) {
				t.Errorf("after undoing twice %q", after)
			}
		})
	}
}

// whole reads what a deletion takes along, as its tool does.
func (s stage) whole(t *testing.T, change changes.Change) changes.Change {
	t.Helper()
	if change.Kind != changes.RoleDelete {
		return change
	}
	change, err := changes.PlanDeleteRole(t.Context(), s.org.API(), change.Organization, *change.Role)
	if err != nil {
		t.Fatal(err)
	}
	if len(change.Role.Members) == 0 || len(change.References) == 0 {
		t.Fatal("nothing hangs on the role: the test deletes too little")
	}
	return change
}

func TestAnUndoCanBeUndone(t *testing.T) {
	s := newStage(t)
	role := anyRole(t, s.org)
	before := picture(t, s.org)
	done, err := s.executor.Apply(t.Context(), s.order(changes.Set{changes.RemoveMember(s.org.OrganizationID(), role, role.Members[0], nil)}))
	if err != nil {
		t.Fatal(err)
	}
	removed := picture(t, s.org)
	undone, err := s.undo(t, done.Call)
	if err != nil || !slices.Equal(picture(t, s.org), before) {
		t.Fatalf("the undo: %v", err)
	}
	if _, err := s.undo(t, undone.Call); err != nil || !slices.Equal(picture(t, s.org), removed) {
		t.Errorf("the undo of the undo: %v", err)
	}
}

// Each write is undone in turn, the last one first, though what was deleted and
// made again meanwhile has other ids.
func TestAWholeDayIsUndoneWriteByWrite(t *testing.T) {
	s := newStage(t)
	org := s.org.OrganizationID()
	before := picture(t, s.org)
	role := func() apiclient.Role {
		role, err := s.org.Role(t.Context(), "Night shift")
		if err != nil {
			t.Fatal(err)
		}
		return role
	}
	day := []string{s.do(t, changes.CreateRole(org, "Night shift"))}
	day = append(day, s.do(t, changes.AddMember(org, role(), outsider(t, s.org, role()))))
	day = append(day, s.do(t, changes.CreateReference(org, role(), apiclient.ReferenceCreate{
		Provider: "github", ProviderOrganizationID: "acme", ProviderRoleID: "7", ProviderRoleName: "Night", Role: role().ID,
	}, nil)))
	day = append(day, s.do(t, s.whole(t, changes.DeleteRole(org, role(), nil, nil))))
	for _, id := range slices.Backward(day) {
		undone, err := s.undo(t, id)
		if err != nil {
			t.Fatal(err)
		}
		if undone.Outcomes[0].State != changes.Done {
			t.Errorf("undoing %s: %s is %s", id, undone.Outcomes[0].Change, undone.Outcomes[0].State)
		}
	}
	if after := picture(t, s.org); !slices.Equal(after, before) {
		t.Errorf("before %q\nafter  %q", before, after)
	}
}

func TestAnUndoThatStoppedHalfWayGoesOnWhereItStopped(t *testing.T) {
	s := newStage(t)
	before := picture(t, s.org)
	done, err := s.executor.Apply(t.Context(), s.order(changes.Set{s.whole(t, changes.DeleteRole(s.org.OrganizationID(), anyRole(t, s.org), nil, nil))}))
	if err != nil {
		t.Fatal(err)
	}
	s.sandbox.SetFaults(refusing("/role_memberships/"))
	var failed *changes.Error
	if _, err := s.undo(t, done.Call); !errors.As(err, &failed) || len(failed.Done) == 0 || len(failed.Left) == 0 {
		t.Fatalf("it did not stop half way: %v", err)
	}
	s.sandbox.SetFaults(noFaults())
	if _, err := s.undo(t, done.Call); err != nil {
		t.Fatal(err)
	}
	if after := picture(t, s.org); !slices.Equal(after, before) {
		t.Errorf("before %q\nafter  %q", before, after)
	}
}

func TestWhatCannotBeTakenBackSaysWhy(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(*testing.T, stage) string // returns the call's id
		want string
	}{
		{"a rotation", func(t *testing.T, s stage) string {
			return s.do(t, everyKind()[changes.TokenRotate](t, s.org))
		}, "cannot be taken back"},
		{"a role that was renamed again since", func(t *testing.T, s stage) string {
			role := anyRole(t, s.org)
			id := s.do(t, changes.RenameRole(s.org.OrganizationID(), role, "Second"))
			s.do(t, changes.RenameRole(s.org.OrganizationID(), role, "Third"))
			return id
		}, `called "Third" now`},
		{"a role whose name is taken by now", func(t *testing.T, s stage) string {
			role := anyRole(t, s.org)
			id := s.do(t, changes.DeleteRole(s.org.OrganizationID(), role, nil, nil))
			s.do(t, changes.CreateRole(s.org.OrganizationID(), strings.ToUpper(role.Name)))
			return id
		}, "Another role is called"},
		{"a membership of a role that is gone", func(t *testing.T, s stage) string {
			role := anyRole(t, s.org)
			id := s.do(t, changes.RemoveMember(s.org.OrganizationID(), role, role.Members[0], nil))
			s.do(t, changes.DeleteRole(s.org.OrganizationID(), role, nil, nil))
			return id
		}, "no longer there"},
		{"a group that stands for another role by now", func(t *testing.T, s stage) string {
			reference := first(t, s.org.References(apiclient.ReferenceFilter{}))
			id := s.do(t, changes.DeleteReference(s.org.OrganizationID(), reference))
			other := changes.CreateRole(s.org.OrganizationID(), "Other")
			s.do(t, other)
			role, err := s.org.Role(t.Context(), "Other")
			if err != nil {
				t.Fatal(err)
			}
			s.do(t, changes.CreateReference(s.org.OrganizationID(), role, apiclient.ReferenceCreate{
				Provider: reference.Provider, ProviderOrganizationID: reference.ProviderOrganizationID,
				ProviderRoleID: reference.ProviderRoleID, ProviderRoleName: "Else", Role: role.ID,
			}, nil))
			return id
		}, "stands for another role by now"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t)
			id := test.make(t, s)
			before := picture(t, s.org)
			var problem *changes.UndoError
			if _, err := s.undo(t, id); !errors.As(err, &problem) || !strings.Contains(problem.Problem, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if !slices.Equal(picture(t, s.org), before) {
				t.Error("something changed")
			}
		})
	}
}

// do makes one change and returns the id of the call.
func (s stage) do(t *testing.T, change changes.Change) string {
	t.Helper()
	done, err := s.executor.Apply(t.Context(), s.order(changes.Set{change}))
	if err != nil {
		t.Fatal(err)
	}
	return done.Call
}

// What nobody knew when it was written is looked up when it is to be taken back.
func TestAWriteWhoseOutcomeIsUnknownIsTakenBackIfItWasMade(t *testing.T) {
	for _, wasMade := range []bool{true, false} {
		s := newStage(t)
		before := picture(t, s.org)
		order := s.order(changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")})
		order.Plan = func(context.Context, apiclient.OrganizationID) (changes.Set, error) {
			lost := sandbox.Fault{Kind: sandbox.DropAfter, Method: http.MethodPost}
			if !wasMade {
				lost = sandbox.Fault{Kind: sandbox.Fail, Status: http.StatusBadGateway, Method: http.MethodPost}
			}
			s.sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{lost, {Kind: sandbox.Fail, Times: -1, Method: http.MethodGet}}})
			return changes.Set{changes.CreateRole(s.org.OrganizationID(), "Night shift")}, nil
		}
		var failed *changes.Error
		if _, err := s.executor.Apply(t.Context(), order); !errors.As(err, &failed) || failed.State != changes.Unknown {
			t.Fatalf("got %v", err)
		}
		s.sandbox.SetFaults(noFaults())
		_, err := s.undo(t, s.entries(t)[0].Call)
		var nothing *changes.UndoError
		if wasMade != (err == nil) || !wasMade && !errors.As(err, &nothing) {
			t.Errorf("made %v, and the undo says %v", wasMade, err)
		}
		if after := picture(t, s.org); !slices.Equal(after, before) {
			t.Errorf("made %v: before %q\nafter  %q", wasMade, before, after)
		}
	}
}

func TestARecordThatSomebodySpoiltIsRefused(t *testing.T) {
	for _, spoilt := range []string{`null`, `[]`, `{}`, `{"role":{"id":"../../x"}}`, `not JSON`} {
		entry := journal.Entry{
			Intent:  journal.Intent{ID: "abc.1", Call: "abc", Kind: "rename role", Change: []byte(spoilt)},
			Outcome: journal.Outcome{State: journal.Done, Result: []byte(`{}`)},
		}
		var problem *changes.UndoError
		if _, err := changes.Undo(t.Context(), apiclient.Reader{}, []journal.Entry{entry}, nil); !errors.As(err, &problem) {
			t.Errorf("%s: got %v", spoilt, err)
		}
	}
}

package tools_test

import (
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

func TestLimitsChooseByNameFamilyAndEffect(t *testing.T) {
	for _, test := range []struct {
		name    string
		limits  tools.Limits
		has     []string
		hasNot  []string
		without changes.Kinds // that must be among the kinds ruled out
	}{
		{"nothing", tools.Limits{}, []string{"roles-list", "roles-delete", "undo"}, nil, nil},
		{"read-only", tools.Limits{ReadOnly: true}, []string{"roles-list", "journal-list"}, []string{"roles-create", "undo"}, changes.Kinds{changes.RoleCreate, changes.TokenRotate}},
		{"a name", tools.Limits{Except: []string{"roles-delete"}}, []string{"roles-create", "undo"}, []string{"roles-delete"}, changes.Kinds{changes.RoleDelete}},
		{"a family", tools.Limits{Only: []string{"memberships"}}, []string{"membership-add"}, []string{"roles-list", "undo"}, changes.Kinds{changes.RoleCreate}},
		{"an effect", tools.Limits{Except: []string{"destroys"}}, []string{"membership-add"}, []string{"membership-remove", "undo"}, changes.Kinds{changes.MembershipRemove}},
		{"both", tools.Limits{Only: []string{"roles", "reads"}, Except: []string{"welcome"}}, []string{"roles-delete", "members-list"}, []string{"welcome-current", "membership-add"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			offered, withheld := test.limits.Split(tools.Catalog())
			var names []string
			for _, tool := range offered {
				names = append(names, tool.Name)
			}
			if len(offered)+len(withheld) != len(tools.Catalog()) {
				t.Errorf("%d offered and %d withheld", len(offered), len(withheld))
			}
			for _, name := range test.has {
				if !slices.Contains(names, name) {
					t.Errorf("%s is not offered", name)
				}
			}
			for _, name := range test.hasNot {
				if slices.Contains(names, name) || withheld[name] == "" {
					t.Errorf("%s is offered, or withheld without a reason", name)
				}
			}
			without := test.limits.Without(tools.Catalog())
			for _, kind := range test.without {
				if !without.Has(kind) {
					t.Errorf("%s may still be made", kind)
				}
			}
		})
	}
}

func TestAWordThatNoToolAnswersToIsAnsweredWithTheNearest(t *testing.T) {
	err := tools.Limits{Except: []string{"role-delete"}}.Check(tools.Catalog())
	if err == nil || !strings.Contains(err.Error(), "roles-delete") {
		t.Errorf("got %v", err)
	}
	if err := (tools.Limits{Only: []string{"roles", "destroys", "undo"}}).Check(tools.Catalog()); err != nil {
		t.Error(err)
	}
}

func TestALimitHoldsAtTheCallToo(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	s.environment.Limits = tools.Limits{Except: []string{"roles-delete"}}
	failure := fail(t, s, "roles-delete", args("role", "Support"))
	if !strings.Contains(failure.Error, "left out") || len(s.sandbox.Requests()) != 0 {
		t.Errorf("%d requests: %+v", len(s.sandbox.Requests()), failure)
	}
}

func TestUndoIsNotOfferedWhereItIsLeftOut(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	s.environment.Limits = tools.Limits{Except: []string{"undo"}}
	if created := call[schemas.RoleWritten](t, s, "roles-create", args("name", "Night shift")); created.Undo != nil {
		t.Errorf("got %+v", created.Undo)
	}
}

func TestOnlyTheOrganizationsThatTheOperatorNamedAreReached(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	mine := call[schemas.Organizations](t, s, "organizations-list", `{}`).Organizations[0].ID
	s.environment.Limits.Organizations = []apiclient.OrganizationID{apiclient.OrganizationID(mine)}
	call[schemas.Roles](t, s, "roles-list", `{}`)
	call[schemas.Roles](t, s, "roles-list", args("organization_id", strings.ToUpper(mine)))
	other := "0190f3a2-0000-7000-8000-00000000ffff"
	for _, tool := range []string{"roles-list", "roles-create"} {
		s.sandbox.ForgetRequests()
		failure := fail(t, s, tool, map[string]string{"roles-list": args("organization_id", other), "roles-create": args("organization_id", other, "name", "x")}[tool])
		if !strings.Contains(failure.Error, "other organizations only") || len(failure.Candidates) != 1 || failure.Candidates[0].ID != mine {
			t.Errorf("%s: %+v", tool, failure)
		}
		for _, request := range s.sandbox.Requests() {
			if request.Path != "/api/organizations/" { // which tells the candidates
				t.Errorf("%s: asked for %s", tool, request.Path)
			}
		}
	}
	s.environment.Limits.Organizations = []apiclient.OrganizationID{apiclient.OrganizationID(other)}
	if failure := fail(t, s, "roles-list", `{}`); !strings.Contains(failure.Error, "other organizations only") {
		t.Errorf("@current: %+v", failure)
	}
}

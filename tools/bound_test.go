package tools_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oapi-codegen/nullable"
	"pgregory.net/rapid"

	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// leastBytes is the smallest bound that the settings take.
const leastBytes = 2000

// bounds are some that answers can have.
var bounds = rapid.IntRange(leastBytes, 9000)

// unbounded writes any answer whole.
func unbounded() tools.Environment {
	return tools.Environment{Redactor: redact.New(), MaxResultBytes: 1 << 30}
}

// text is whatever a name can be: letters that JSON writes with six characters too.
func text(most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("ab <>&\"\\é伟🦔\u0001\u202e\u2028")), 1, most, -1)
}

// id is a UUID.
var id = rapid.Custom(func(t *rapid.T) string {
	return fmt.Sprintf("0190f3a2-4000-7000-8000-%012x", rapid.Int64Range(0, 1<<47).Draw(t, "id"))
})

var roleRow = rapid.Custom(func(t *rapid.T) schemas.RoleRow {
	return schemas.RoleRow{ID: id.Draw(t, "id"), Name: text(200).Draw(t, "name"), MemberCount: new(rapid.IntRange(0, 9999).Draw(t, "count")), CreatedAt: "2024-02-29"}
})

var membershipRow = rapid.Custom(func(t *rapid.T) schemas.MembershipRow {
	return schemas.MembershipRow{ID: id.Draw(t, "id"), Name: text(120).Draw(t, "name"), Email: text(60).Draw(t, "email"), Level: "owner", JoinedAt: "2024-02-29"}
})

var memberRow = rapid.Custom(func(t *rapid.T) schemas.MemberRow {
	return schemas.MemberRow{Name: text(120).Draw(t, "name"), Email: text(60).Draw(t, "email"), Level: "member", JoinedAt: "2024-02-29", LastLogin: nullable.NewNullNullable[schemas.Date]()}
})

var roleMember = rapid.Custom(func(t *rapid.T) schemas.RoleMember {
	return schemas.RoleMember{Name: text(120).Draw(t, "name"), Email: text(60).Draw(t, "email")}
})

var referenceRow = rapid.Custom(func(t *rapid.T) schemas.ReferenceRow {
	group := text(255)
	return schemas.ReferenceRow{
		ID: id.Draw(t, "id"), Provider: text(32).Draw(t, "provider"), ProviderOrganizationID: group.Draw(t, "organization"), ProviderRoleID: group.Draw(t, "group id"),
		ProviderRoleSlug: group.Draw(t, "slug"), ProviderRoleName: group.Draw(t, "name"), Role: id.Draw(t, "role"), RoleName: text(200).Draw(t, "role name"), CreatedAt: "2024-02-29",
	}
})

var organizationRow = rapid.Custom(func(t *rapid.T) schemas.OrganizationRow {
	return schemas.OrganizationRow{ID: id.Draw(t, "id"), Name: text(64).Draw(t, "name"), MemberCount: new(3)}
})

var projectRow = rapid.Custom(func(t *rapid.T) schemas.ProjectRow {
	return schemas.ProjectRow{ID: rapid.IntRange(1, 1e6).Draw(t, "id"), Name: text(200).Draw(t, "name"), Timezone: "UTC", IngestedEvent: new(false)}
})

var journalRow = rapid.Custom(func(t *rapid.T) schemas.JournalRow {
	return schemas.JournalRow{ID: id.Draw(t, "id"), Tool: "roles-create", Change: text(300).Draw(t, "change"), State: "done", Actor: text(60).Draw(t, "actor"), Organization: text(64).Draw(t, "organization")}
})

// object is one of the API's own, which can be longer than any answer may be.
var object = rapid.Custom(func(t *rapid.T) schemas.Object {
	data, err := json.Marshal(map[string]string{"id": id.Draw(t, "id"), "text": strings.Repeat("x", rapid.IntRange(0, 4000).Draw(t, "length"))})
	if err != nil {
		t.Fatal(err)
	}
	return data
})

var changeState = rapid.Custom(func(t *rapid.T) schemas.ChangeState {
	return schemas.ChangeState{Change: text(300).Draw(t, "change"), State: "done"}
})

func TestALongListIsCutBetweenRowsAndWalkedByNextOffset(t *testing.T) {
	walk(t, "roles-list", "roles", roleRow, func(listed schemas.Listed, rows []schemas.RoleRow) any {
		return schemas.Roles{Listed: listed, Roles: rows}
	})
	walk(t, "roles-list", "full", object, func(listed schemas.Listed, rows []schemas.Object) any {
		return schemas.Roles{Listed: listed, Full: rows}
	})
	walk(t, "membership-list", "memberships", membershipRow, func(listed schemas.Listed, rows []schemas.MembershipRow) any {
		return schemas.Memberships{Role: schemas.RoleName{ID: "0190f3a2-4000-7000-8000-000000000001", Name: "Support"}, Listed: listed, Memberships: rows}
	})
	walk(t, "members-list", "members", memberRow, func(listed schemas.Listed, rows []schemas.MemberRow) any {
		return schemas.Members{Listed: listed, Members: rows}
	})
	walk(t, "external-reference-list", "references", referenceRow, func(listed schemas.Listed, rows []schemas.ReferenceRow) any {
		return schemas.References{Listed: listed, References: rows}
	})
	walk(t, "organizations-list", "organizations", organizationRow, func(listed schemas.Listed, rows []schemas.OrganizationRow) any {
		return schemas.Organizations{Listed: listed, Organizations: rows}
	})
	walk(t, "projects-list", "projects", projectRow, func(listed schemas.Listed, rows []schemas.ProjectRow) any {
		return schemas.Projects{Listed: listed, Projects: rows}
	})
	walk(t, "journal-list", "writes", journalRow, func(listed schemas.Listed, rows []schemas.JournalRow) any {
		return schemas.Journal{Writes: rows, NextOffset: listed.NextOffset, Offset: listed.Offset}
	})
}

// walk reads a list of any length to its end, by the offsets that the answers name.
func walk[Row any](t *testing.T, tool, key string, row *rapid.Generator[Row], answer func(schemas.Listed, []Row) any) {
	t.Helper()
	isFit := fits(t, find(t, tool))
	t.Run(tool+" "+key, rapid.MakeCheck(func(t *rapid.T) {
		rows := rapid.SliceOfN(row, 0, 40).Draw(t, "rows")
		limit := rapid.IntRange(1, 50).Draw(t, "limit")
		env := tools.Environment{Redactor: redact.New(), MaxResultBytes: bounds.Draw(t, "bound")}
		var walked []string
		for offset := 0; ; {
			end := min(offset+limit, len(rows))
			listed := schemas.Listed{Total: len(rows), Offset: offset}
			if end < len(rows) {
				listed.NextOffset = &end
			}
			data, err := env.Marshal(answer(listed, rows[offset:end]))
			if errors.Is(err, tools.ErrTooLong) {
				if alone := whole(t, rows[offset]); len(alone) < env.MaxResultBytes-500 {
					t.Fatalf("%d bytes may be sent, and the row has %d", env.MaxResultBytes, len(alone))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := isFit(data); err != nil || len(data) > env.MaxResultBytes {
				t.Fatalf("%d bytes of %d, %v: %s", len(data), env.MaxResultBytes, err, data)
			}
			var got map[string]json.RawMessage
			var told []json.RawMessage
			if err := errors.Join(json.Unmarshal(data, &got), json.Unmarshal(got[key], &told)); err != nil {
				t.Fatal(err)
			}
			for _, row := range told {
				walked = append(walked, string(row))
			}
			if isCut := len(told) < end-offset; isCut != (got["note"] != nil) {
				t.Fatalf("%d of %d rows, and the note is %s", len(told), end-offset, got["note"])
			}
			if got["next_offset"] == nil {
				break
			}
			before := offset
			if err := json.Unmarshal(got["next_offset"], &offset); err != nil || offset <= before {
				t.Fatalf("after %d goes on with %s: %v", before, got["next_offset"], err)
			}
		}
		var want []string
		for _, row := range rows {
			want = append(want, string(whole(t, row)))
		}
		if !slices.Equal(walked, want) {
			t.Fatalf("walked %q\nof %q", walked, want)
		}
	}))
}

func whole(t *rapid.T, value any) json.RawMessage {
	data, err := unbounded().Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestALongAnswerKeepsWhatMatters(t *testing.T) {
	role := schemas.RoleName{ID: "0190f3a2-4000-7000-8000-000000000001"}
	written := func(t *rapid.T) schemas.Written {
		return schemas.Written{Changed: true, Undo: &schemas.Undo{Tool: "undo", Arguments: map[string]string{"id": "0123456789"}}, Note: "PostHog's answer was lost. Reading back showed that the change is made."}
	}
	for _, test := range []struct {
		tool string
		make func(t *rapid.T) any
		kept []string
	}{
		{"membership-add", func(t *rapid.T) any {
			result := schemas.MembershipsWritten{Role: role, Written: written(t)}
			result.Role.Name = text(200).Draw(t, "role")
			for _, row := range rapid.SliceOfN(membershipRow, 1, 100).Draw(t, "rows") {
				result.Memberships = append(result.Memberships, schemas.MembershipChange{ID: row.ID, Name: row.Name, Email: row.Email, Changed: true})
			}
			return result
		}, []string{"changed", "undo"}},
		{"roles-delete", func(t *rapid.T) any {
			return schemas.RoleDeleted{Role: roleRow.Draw(t, "role"), Written: written(t), Lost: schemas.RoleLost{
				Members: rapid.SliceOfN(roleMember, 0, 50).Draw(t, "members"), ExternalReferences: rapid.SliceOfN(referenceRow, 0, 10).Draw(t, "references"),
			}}
		}, []string{"changed", "undo"}},
		{"roles-create", func(t *rapid.T) any {
			return schemas.RoleWritten{Role: roleRow.Draw(t, "role"), Written: written(t)}
		}, []string{"changed", "undo"}},
		{"external-reference-create", func(t *rapid.T) any {
			return schemas.ReferenceWritten{Reference: referenceRow.Draw(t, "reference"), Written: written(t)}
		}, []string{"changed", "undo"}},
		{"undo", func(t *rapid.T) any {
			return schemas.Undone{Changes: rapid.SliceOfN(changeState, 1, 60).Draw(t, "changes"), Written: written(t)}
		}, []string{"changed", "undo"}},
		{"project-secret-token-rotate", func(t *rapid.T) any {
			return schemas.TokenRotated{
				Project: schemas.ProjectName{ID: 1, Name: text(200).Draw(t, "name")}, SecretAPIToken: "phs_…abcd", SecretAPITokenBackup: "phs_…efgh",
				TokenFile: "/home/maya/.local/state/posthog-org-mcp/tokens/project-1", Advice: strings.Repeat("word ", 80), Full: object.Draw(t, "project"), Written: written(t),
			}
		}, []string{"changed", "undo", "secret_api_token", "token_file", "advice"}},
		{"membership-remove", func(t *rapid.T) any {
			lines := rapid.SliceOfN(text(400), 0, 100)
			return schemas.Written{Preview: &schemas.Preview{
				WouldDo: lines.Draw(t, "would do"), WouldLose: lines.Draw(t, "would lose"), Where: text(64).Draw(t, "where"),
				Confirmation: strings.Repeat("c", 200), NextStep: strings.Repeat("step ", 60),
			}}
		}, []string{"changed", "preview"}},
		{"roles-get", func(t *rapid.T) any {
			return schemas.Role{Role: &schemas.RoleWithMembers{RoleRow: roleRow.Draw(t, "role"), Members: rapid.SliceOfN(roleMember, 0, 60).Draw(t, "members")}}
		}, []string{"role"}},
		{"welcome-current", func(t *rapid.T) any {
			return schemas.Welcome{
				OrganizationName: text(64).Draw(t, "name"), ProductsInUse: []string{"surveys"},
				TeamMembers:        rapid.SliceOfN(rapid.Make[schemas.WelcomeMember](), 0, 8).Draw(t, "colleagues"),
				SuggestedNextSteps: rapid.SliceOfN(rapid.Make[schemas.WelcomeStep](), 0, 3).Draw(t, "steps"),
				PopularDashboards:  []schemas.WelcomeDashboard{{Name: "Orders", Description: text(3000).Draw(t, "description")}},
			}
		}, []string{"organization_name"}},
	} {
		isFit := fits(t, find(t, test.tool))
		t.Run(test.tool, rapid.MakeCheck(func(t *rapid.T) {
			env := tools.Environment{Redactor: redact.New(), MaxResultBytes: bounds.Draw(t, "bound")}
			result := test.make(t)
			data, err := env.Marshal(result)
			if err != nil {
				t.Fatal(err)
			}
			if err := isFit(data); err != nil || len(data) > env.MaxResultBytes {
				t.Fatalf("%d bytes of %d, %v: %s", len(data), env.MaxResultBytes, err, data)
			}
			var before, after struct {
				Preview schemas.Preview
			}
			var was, is map[string]json.RawMessage
			long := whole(t, result)
			if err := errors.Join(json.Unmarshal(long, &was), json.Unmarshal(data, &is), json.Unmarshal(long, &before), json.Unmarshal(data, &after)); err != nil {
				t.Fatal(err)
			}
			for _, name := range test.kept {
				if is[name] == nil || name != "role" && name != "preview" && string(is[name]) != string(was[name]) {
					t.Fatalf("%s was %s and is %s", name, was[name], is[name])
				}
			}
			if before.Preview.Confirmation != after.Preview.Confirmation || before.Preview.NextStep != after.Preview.NextStep {
				t.Fatalf("the preview lost what is needed to go on: %s", data)
			}
			if len(data) < len(long) && is["note"] == nil {
				t.Fatalf("nothing says that something is missing: %s", data)
			}
		}))
	}
}

func TestALongFailureStillSaysWhatToDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		env := tools.Environment{Redactor: redact.New(), MaxResultBytes: bounds.Draw(t, "bound")}
		failure := schemas.Failure{
			Error: text(3000).Draw(t, "error"), NextStep: "Call again.", Status: 409, Detail: text(2000).Draw(t, "detail"),
			Changes: rapid.SliceOfN(changeState, 0, 100).Draw(t, "changes"), Undo: &schemas.Undo{Tool: "undo", Arguments: map[string]string{"id": "0123456789"}},
		}
		data, err := env.Marshal(failure)
		var told schemas.Failure
		if err := errors.Join(err, json.Unmarshal(data, &told)); err != nil {
			t.Fatal(err)
		}
		if len(data) > env.MaxResultBytes || told.Error == "" || told.NextStep == "" || told.Undo == nil || told.Status != 409 {
			t.Fatalf("%d bytes of %d: %s", len(data), env.MaxResultBytes, data)
		}
	})
}

func TestASingleObjectThatIsTooLongIsAnErrorThatTellsTheWay(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	s.environment.MaxResultBytes = leastBytes
	failure := fail(t, s, "roles-get", args("role", role.ID, "view", "full"))
	if !strings.Contains(failure.Error, "--max-result-bytes") || !strings.Contains(failure.NextStep, "without view full") {
		t.Errorf("got %+v", failure)
	}
	if got := call[schemas.Role](t, s, "roles-get", args("role", role.ID)); len(got.Role.Members) == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestALongListOfTheSandboxIsCutWithASentenceThatSaysHowToGoOn(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	s.environment.MaxResultBytes = leastBytes
	got := call[schemas.Members](t, s, "members-list", `{}`)
	n := len(got.Members)
	want := fmt.Sprintf("%d of 24 rows were left out to keep the answer under 2000 bytes; call again with offset %d, a smaller limit, or fewer fields.", 24-n, n)
	if n == 0 || n == 24 || got.NextOffset == nil || *got.NextOffset != n || got.Note != want || got.Total != 24 {
		t.Errorf("%d rows, next %v, note %q", n, got.NextOffset, got.Note)
	}
}

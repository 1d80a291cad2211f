package tools_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// destroying are calls of every tool that destroys something.
func destroying(t *testing.T, s stage) map[string]string {
	t.Helper()
	role := busyRole(t, s)
	reference := call[schemas.References](t, s, "external-reference-list", `{"limit":1}`).References[0]
	created := call[schemas.RoleWritten](t, s, "roles-create", args("name", "Made to be undone"))
	return map[string]string{
		"roles-delete":                args("role", role.Name),
		"membership-remove":           args("role", role.ID, "member", role.Members[0].Email),
		"external-reference-delete":   args("reference_id", reference.ID),
		"project-secret-token-rotate": args("project", firstProject(t, s)),
		"undo":                        args("id", created.Undo.Arguments["id"]),
	}
}

// with adds a confirmation to arguments.
func with(t *testing.T, arguments, confirmation string) string {
	t.Helper()
	var given map[string]any
	if err := json.Unmarshal([]byte(arguments), &given); err != nil {
		t.Fatal(err)
	}
	given["confirmation"] = confirmation
	data, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writesOf(s stage) int {
	count := 0
	for _, request := range s.sandbox.Requests() {
		if request.Method != "GET" {
			count++
		}
	}
	return count
}

func TestEveryToolThatDestroysAnswersWithAPreviewFirstAndSendsNothing(t *testing.T) {
	for _, tool := range tools.Catalog() {
		if tool.Effect != changes.Destroys {
			continue
		}
		t.Run(tool.Name, func(t *testing.T) {
			s := newAskingStage(t, sandbox.AdminKey, changes.Ask)
			arguments, known := destroying(t, s)[tool.Name]
			if !known {
				t.Fatal("the test does not call it")
			}
			s.sandbox.ForgetRequests()
			preview := call[schemas.Written](t, s, tool.Name, arguments)
			if preview.Changed || preview.Preview == nil || len(preview.Preview.WouldDo) == 0 || preview.Preview.Confirmation == "" ||
				!strings.Contains(preview.Preview.NextStep, "Show this to the user") || writesOf(s) != 0 {
				t.Fatalf("%d writes, %+v", writesOf(s), preview)
			}
			done := call[schemas.Written](t, s, tool.Name, with(t, arguments, preview.Preview.Confirmation))
			if !done.Changed || done.Preview != nil || writesOf(s) != 1 {
				t.Errorf("%d writes, %+v", writesOf(s), done)
			}
			again := tool.Call(t.Context(), s.environment, tools.Request{Arguments: json.RawMessage(with(t, arguments, preview.Preview.Confirmation))})
			if says := string(again.JSON); !strings.Contains(says, "Nothing was changed") && !strings.Contains(says, `"changed":false`) || writesOf(s) != 1 {
				t.Errorf("used again: %s", says)
			}
		})
	}
}

func TestAConfirmationIsBoundToTheCallThatItWasGivenFor(t *testing.T) {
	s := newAskingStage(t, sandbox.AdminKey, changes.Ask)
	role := busyRole(t, s)
	token := call[schemas.Written](t, s, "membership-remove", args("role", role.ID, "member", role.Members[0].Email)).Preview.Confirmation
	for name, attempt := range map[string][2]string{
		"another person": {"membership-remove", args("role", role.ID, "member", role.Members[1].Email)},
		"other words":    {"membership-remove", args("role", role.Name, "member", role.Members[0].Email)},
		"another tool":   {"roles-delete", args("role", role.ID)},
	} {
		failure := fail(t, s, attempt[0], with(t, attempt[1], token))
		if !strings.Contains(failure.Error, "not for this call") || !strings.Contains(failure.NextStep, "without confirmation") {
			t.Errorf("%s: %+v", name, failure)
		}
	}
	if writesOf(s) != 0 {
		t.Errorf("%d writes were sent", writesOf(s))
	}
	// The order of the arguments does not matter.
	swapped := `{"confirmation":"` + token + `","member":"` + role.Members[0].Email + `","role":"` + role.ID + `"}`
	if done := call[schemas.Written](t, s, "membership-remove", swapped); !done.Changed {
		t.Errorf("got %+v", done)
	}
}

func TestADeclinedCallSaysThatNothingHappened(t *testing.T) {
	for answer, says := range map[changes.Answer]string{
		changes.No: "The user declined.", changes.Dismissed: "The user dismissed the question.", changes.TimedOut: "Nobody answered the question in time.",
	} {
		s := newAskingStage(t, sandbox.AdminKey, changes.Ask)
		said := find(t, "roles-delete").Call(t.Context(), s.environment, tools.Request{
			Arguments: json.RawMessage(args("role", busyRole(t, s).ID)),
			Consent:   changes.Consent{Ask: func(context.Context, changes.Question) changes.Answer { return answer }},
		})
		if text := string(said.JSON); !said.IsError || !strings.Contains(text, says) || !strings.Contains(text, "Nothing was changed.") || writesOf(s) != 0 {
			t.Errorf("%d writes: %s", writesOf(s), text)
		}
	}
}

func TestABatchAnswersRowByRowInOrder(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	before := picture(t, s)
	out := outsider(t, s, role)
	given, err := json.Marshal(map[string]any{"role": role.ID, "members": []string{role.Members[1].Email, out, strings.ToUpper(role.Members[0].Email), out}})
	if err != nil {
		t.Fatal(err)
	}
	added := call[schemas.MembershipsWritten](t, s, "membership-add", string(given))
	if got := rowsOf(added); got != role.Members[1].Email+" false, "+out+" true, "+role.Members[0].Email+" false" || !added.Changed {
		t.Errorf("added %s", got)
	}
	removed := call[schemas.MembershipsWritten](t, s, "membership-remove", string(given))
	if got := rowsOf(removed); got != role.Members[1].Email+" true, "+out+" true, "+role.Members[0].Email+" true" {
		t.Errorf("removed %s", got)
	}
	again := call[schemas.MembershipsWritten](t, s, "membership-remove", string(given))
	if again.Changed || again.Undo != nil || len(again.Memberships) != 3 {
		t.Errorf("removed again %+v", again)
	}
	for _, write := range []schemas.MembershipsWritten{removed, added} {
		call[schemas.Undone](t, s, "undo", args("id", write.Undo.Arguments["id"]))
	}
	if after := picture(t, s); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

func TestUndoingADeletionSaysWhatIsNotBack(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	deleted := call[schemas.RoleDeleted](t, s, "roles-delete", args("role", busyRole(t, s).ID))
	undone := call[schemas.Undone](t, s, "undo", args("id", deleted.Undo.Arguments["id"]))
	again := call[schemas.Role](t, s, "roles-get", args("role", deleted.Role.Name)).Role
	if again.ID == deleted.Role.ID || !strings.Contains(undone.Note, `new id, "`+again.ID+`"`) || !strings.Contains(undone.Note, "access rules are not back") {
		t.Errorf("role %s, was %s, note %q", again.ID, deleted.Role.ID, undone.Note)
	}
}

func rowsOf(written schemas.MembershipsWritten) string {
	var texts []string
	for _, row := range written.Memberships {
		changed := " false"
		if row.Changed {
			changed = " true"
		}
		texts = append(texts, row.Email+changed)
	}
	return strings.Join(texts, ", ")
}

func TestABatchThatStopsHalfWaySaysWhatBecameOfEachRow(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	empty := call[schemas.RoleWritten](t, s, "roles-create", args("name", "Night shift")).Role
	var people []string
	for _, member := range call[schemas.Members](t, s, "members-list", `{"limit":4}`).Members {
		people = append(people, member.Email)
	}
	call[schemas.MembershipsWritten](t, s, "membership-add", args("role", empty.ID, "member", people[0]))
	s.sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{
		{Kind: sandbox.Fail, Status: 403, Method: "POST", Times: -1, PathContains: "/role_memberships/"},
	}})
	given, err := json.Marshal(map[string]any{"role": empty.ID, "members": people})
	if err != nil {
		t.Fatal(err)
	}
	failure := fail(t, s, "membership-add", string(given))
	var states []string
	for _, change := range failure.Changes {
		states = append(states, change.State)
	}
	if want := []string{"unchanged", "not done", "not begun", "not begun"}; !slices.Equal(states, want) || !strings.Contains(failure.Changes[1].Change, people[1]) {
		t.Errorf("states %q: %+v", states, failure)
	}
}

func TestTheJournalListsWhatWasWrittenNewestFirst(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := call[schemas.RoleWritten](t, s, "roles-create", args("name", "Night shift")).Role
	call[schemas.RoleWritten](t, s, "roles-update", args("role", role.ID, "name", "Day shift"))
	member := call[schemas.Members](t, s, "members-list", `{"limit":1}`).Members[0].Email
	call[schemas.MembershipsWritten](t, s, "membership-add", args("role", role.ID, "member", member))

	call[schemas.Undone](t, s, "undo", args("id", call[schemas.Journal](t, s, "journal-list", `{"tool":"membership-add"}`).Writes[0].ID))
	taken := call[schemas.Journal](t, s, "journal-list", `{"tool":"membership-add"}`).Writes[0]
	if newest := call[schemas.Journal](t, s, "journal-list", `{"limit":1}`).Writes[0]; taken.UndoneBy != newest.ID || newest.Undoes != taken.ID {
		t.Errorf("%+v was taken back by %+v", taken, newest)
	}

	all := call[schemas.Journal](t, s, "journal-list", `{}`)
	if len(all.Writes) != 4 || all.Writes[1].Tool != "membership-add" || all.Writes[3].Tool != "roles-create" || all.Writes[0].State != "done" {
		t.Errorf("got %+v", all)
	}
	for arguments, want := range map[string]int{
		`{"tool":"roles-update"}`: 1, `{"member":"` + strings.ToUpper(member[:5]) + `"}`: 2, `{"since":"1h"}`: 4, `{"limit":2}`: 2, `{"tool":"roles-delete"}`: 0,
	} {
		if got := call[schemas.Journal](t, s, "journal-list", arguments); len(got.Writes) != want || (got.NextOffset != nil) != (arguments == `{"limit":2}`) {
			t.Errorf("%s: %d writes, more %v", arguments, len(got.Writes), got.NextOffset != nil)
		}
	}
	if failure := fail(t, s, "journal-list", `{"since":"yesterday"}`); !strings.Contains(failure.Error, `"since"`) {
		t.Errorf("got %+v", failure)
	}
}

func TestTheJournalKeepsNoSettings(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	call[schemas.TokenRotated](t, s, "project-secret-token-rotate", `{"project":"`+firstProject(t, s)+`","settings":{"name":"PRIVATE","timezone":"UTC"}}`)
	for entry, err := range s.environment.History.Entries(t.Context(), journal.Filter{}) {
		if err != nil || strings.Contains(string(entry.Arguments), "PRIVATE") || !strings.Contains(string(entry.Arguments), `"settings":["name","timezone"]`) {
			t.Errorf("%s, %v", entry.Arguments, err)
		}
	}
}

func TestWithoutAJournalWritesGoOnAndUndoSaysWhyNot(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	s.environment.History = nil
	if created := call[schemas.RoleWritten](t, s, "roles-create", args("name", "Night shift")); created.Undo != nil {
		t.Errorf("undo is offered: %+v", created.Undo)
	}
	if failure := fail(t, s, "undo", args("id", "k3f9q2m7ab")); !strings.Contains(failure.Error, "keeps no journal") {
		t.Errorf("got %+v", failure)
	}
}

func TestTokensShowInTheResultOnlyWhereTheOperatorAllowsIt(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		s := newStage(t, sandbox.AdminKey)
		s.environment.SecretsInResults = allowed
		answer := find(t, "project-secret-token-rotate").Call(t.Context(), s.environment, tools.Request{
			Arguments: json.RawMessage(args("project", firstProject(t, s), "view", "full")),
		})
		whole := wholeToken.FindAllString(string(answer.JSON), -1)
		if want := map[bool]int{false: 0, true: 2}[allowed]; answer.IsError || len(whole) != want {
			t.Errorf("allowed %v: %d whole tokens in %s", allowed, len(whole), answer.JSON)
		}
		if strings.Contains(string(answer.JSON), sandbox.AdminKey) {
			t.Error("the key is in the answer")
		}
	}
}

package faults_test

import (
	"path/filepath"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
)

// A confirmation holds as long as what was shown is what would be lost. The model
// and the product are each held to it, so that neither is bent to the other.
func TestARemovalIsAskedAboutAgainOnlyIfWhatItTakesHasChanged(t *testing.T) {
	t.Parallel()
	const role, other = "Support", "Security"
	people := []string{sandbox.MemberEmail, sandbox.NewcomerEmail} // The first is in no other role, the second in none.
	for _, test := range []struct {
		name      string
		meanwhile op
		asksAgain bool
	}{
		{"the role is renamed, if only in case", op{changes.RoleRename, role, "SUPPORT"}, true},
		{"who leaves the role joins another", op{changes.MembershipAdd, other, sandbox.MemberEmail}, true},
		{"who was not in the role joins it", op{changes.MembershipAdd, role, sandbox.NewcomerEmail}, true},
		{"who is not in the role joins another", op{changes.MembershipAdd, other, sandbox.NewcomerEmail}, false},
		{"somebody who stays joins the role", op{changes.MembershipAdd, role, sandbox.RajEmail}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			box, address := serve(t)
			path := filepath.Join(t.TempDir(), "journal.jsonl")
			process := start(t, address, path, apiclient.Timeouts{}, changes.Preview, inProcess{box})
			t.Cleanup(func() { _ = process.journal.Close() })
			model := newTruth(t, box).look(t.Context(), t).model(nil)
			remove := map[string]any{"role": role, "members": people}
			shown := read(t, process.call(t.Context(), "membership-remove", object(remove)))
			if shown.preview == nil {
				t.Fatalf("nothing is asked: %s", shown.text)
			}

			tool, with := "membership-add", map[string]string{"role": test.meanwhile.role, "member": test.meanwhile.other}
			if test.meanwhile.kind == changes.RoleRename {
				tool, with = "roles-update", map[string]string{"role": test.meanwhile.role, "name": test.meanwhile.other}
			}
			if said := read(t, process.call(t.Context(), tool, object(with))); said.state != changes.Done {
				t.Fatalf("%s: %s", tool, said.text)
			}
			after := model.after([]op{test.meanwhile}, 1)
			if isOther := after.leaving(role, people) != model.leaving(role, people); isOther != test.asksAgain {
				t.Errorf("the model has it that what would be lost has changed: %v", isOther)
			}
			remove["confirmation"] = shown.preview.Confirmation
			said := read(t, process.call(t.Context(), "membership-remove", object(remove)))
			if asked := said.preview != nil; asked != test.asksAgain || !asked && said.state != changes.Done {
				t.Errorf("it asks again: %v: %s", asked, said.text)
			}
		})
	}
}

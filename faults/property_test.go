package faults_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
)

func TestWhateverHappensTheOrganizationIsAsTheModelSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		t.Repeat(map[string]func(*rapid.T){
			"":                   w.check,
			"create a role":      w.createRole,
			"rename a role":      w.renameRole,
			"delete a role":      w.deleteRole,
			"add members":        w.addMembers,
			"remove members":     w.removeMembers,
			"link a group":       w.linkGroup,
			"unlink a group":     w.unlinkGroup,
			"rotate a token":     w.rotateToken,
			"undo a call":        w.undoCall,
			"use a confirmation": w.useConfirmation,
			"restart":            w.restart,
		})
	})
}

// check is what holds after each step.
func (w *world) check(t *rapid.T) {
	if missed := difference(w.model.lines(), w.now.lines); missed != "" {
		t.Errorf("the organization differs from the model:\n%s", missed)
	}
	for _, entry := range w.process.entries(t) {
		if entry.Open() {
			t.Errorf("nobody says what became of %s (%s)", entry.ID, entry.Summary)
		}
	}
}

// request is a call that writes, as the model sees it.
type request struct {
	tool      string
	arguments map[string]any
	// plan is what the call is to do to an organization; not ok is that it is to
	// be refused.
	plan func(o *organization) (ops []op, ok bool)
	// target is what a confirmation holds for: if it changes, another is needed.
	// Nil is a call that needs none.
	target func(o *organization) string
}

// confirmation is a request that was shown to somebody.
type confirmation struct {
	request
	token   string
	process int
	shown   string // the target
	used    bool
}

// make makes a request: at once, or first the preview of one that destroys.
func (w *world) make(t *rapid.T, r request) {
	t.Helper()
	ops, ok := r.plan(w.model)
	if r.target == nil {
		w.carryOut(t, r, "", ops, ok)
		return
	}
	said := w.play(t, r.tool, object(r.arguments), []op{}, weather{name: "calm"})
	switch {
	case !ok:
		mustFail(t, r, said)
		return
	case len(ops) == 0:
		mustBeDone(t, r, said)
		return
	case said.preview == nil || said.preview.Confirmation == "":
		t.Fatalf("%s %v did not ask: %s", r.tool, r.arguments, said.text)
	}
	shown := &confirmation{request: r, token: said.preview.Confirmation, process: w.processes, shown: r.target(w.model)}
	w.confirmations = append(w.confirmations, shown)
	if rapid.SampledFrom([]string{"now", "now", "now", "later"}).Draw(t, "confirmed") == "now" {
		w.confirm(t, shown)
	}
}

// carryOut makes a request that needs no question, or no further one.
func (w *world) carryOut(t *rapid.T, r request, confirmed string, ops []op, ok bool) {
	t.Helper()
	arguments := maps.Clone(r.arguments)
	if confirmed != "" {
		arguments["confirmation"] = confirmed
	}
	if !ok || ops == nil {
		ops = []op{}
	}
	now := drawWeather(t)
	said := w.play(t, r.tool, object(arguments), ops, now)
	switch {
	case !ok:
		mustFail(t, r, said)
	case said.preview != nil:
		t.Fatalf("%s %v asks again for what was confirmed: %s", r.tool, r.arguments, said.text)
	case now.calm(), len(ops) == 0:
		mustBeDone(t, r, said)
	}
}

func mustFail(t *rapid.T, r request, said report) {
	t.Helper()
	if said.state != changes.NotDone || said.preview != nil {
		t.Fatalf("%s %v should be refused: %s", r.tool, r.arguments, said.text)
	}
}

func mustBeDone(t *rapid.T, r request, said report) {
	t.Helper()
	if said.state != changes.Done {
		t.Fatalf("%s %v was lost without a fault: %s", r.tool, r.arguments, said.text)
	}
}

// confirm brings a confirmation back.
func (w *world) confirm(t *rapid.T, c *confirmation) {
	t.Helper()
	ops, ok := c.plan(w.model)
	if !ok || len(ops) == 0 {
		w.carryOut(t, c.request, c.token, ops, ok) // There is nothing to confirm any more.
		return
	}
	refused := ""
	switch {
	case c.process != w.processes:
		refused = "The confirmation is not for this call"
	case c.used:
		refused = "The confirmation was used already"
	case c.target(w.model) == c.shown:
		c.used = true
		w.carryOut(t, c.request, c.token, ops, ok)
		return
	}
	arguments := maps.Clone(c.arguments)
	arguments["confirmation"] = c.token
	said := w.play(t, c.tool, object(arguments), []op{}, drawWeather(t))
	c.used = true
	switch {
	case refused == "" && (said.preview == nil || said.preview.Confirmation == ""):
		t.Fatalf("%s %v does not ask again, though what would be lost has changed: %s", c.tool, c.arguments, said.text)
	case refused != "" && (said.state != changes.NotDone || !strings.Contains(said.text, refused)):
		t.Fatalf("%s %v takes a confirmation that it should refuse: %s", c.tool, c.arguments, said.text)
	}
}

func (w *world) useConfirmation(t *rapid.T) {
	if len(w.confirmations) == 0 {
		t.Skip("nothing was shown yet")
	}
	at := rapid.IntRange(0, len(w.confirmations)-1).Draw(t, "confirmation")
	w.confirm(t, w.confirmations[at])
}

func (w *world) createRole(t *rapid.T) {
	name := w.drawRole(t, "name")
	w.make(t, request{tool: "roles-create", arguments: map[string]any{"name": name}, plan: func(o *organization) ([]op, bool) {
		_, taken := o.named(name)
		return []op{{changes.RoleCreate, name, ""}}, !taken
	}})
}

func (w *world) renameRole(t *rapid.T) {
	ref, name := w.drawRole(t, "role"), w.drawRole(t, "name")
	w.make(t, request{tool: "roles-update", arguments: map[string]any{"role": ref, "name": name}, plan: func(o *organization) ([]op, bool) {
		was, found := o.named(ref)
		holder, taken := o.named(name)
		switch {
		case !found, taken && holder != was:
			return nil, false
		case was == name:
			return nil, true
		}
		return []op{{changes.RoleRename, was, name}}, true
	}})
}

func (w *world) deleteRole(t *rapid.T) {
	ref := w.drawRole(t, "role")
	w.make(t, request{
		tool: "roles-delete", arguments: map[string]any{"role": ref},
		plan: func(o *organization) ([]op, bool) {
			name, found := o.named(ref)
			return []op{{changes.RoleDelete, name, ""}}, found
		},
		target: func(o *organization) string {
			name, _ := o.named(ref)
			lost := o.roles[name]
			return fmt.Sprint(name, *lost, o.roleless(name, slices.Collect(maps.Keys(lost.members))))
		},
	})
}

// roleless are those of some people who are in no role but one.
func (o *organization) roleless(but string, people []string) []string {
	people = slices.DeleteFunc(people, func(member string) bool {
		for name, r := range o.roles {
			if _, isIn := r.members[member]; isIn && name != but {
				return true
			}
		}
		return false
	})
	slices.Sort(people)
	return people
}

func (w *world) addMembers(t *rapid.T) {
	ref, people := w.drawRole(t, "role"), drawPeople(t)
	w.make(t, request{tool: "membership-add", arguments: map[string]any{"role": ref, "members": people}, plan: func(o *organization) ([]op, bool) {
		return o.moves(changes.MembershipAdd, ref, people)
	}})
}

func (w *world) removeMembers(t *rapid.T) {
	ref, people := w.drawRole(t, "role"), drawPeople(t)
	w.make(t, request{
		tool: "membership-remove", arguments: map[string]any{"role": ref, "members": people},
		plan:   func(o *organization) ([]op, bool) { return o.moves(changes.MembershipRemove, ref, people) },
		target: func(o *organization) string { return o.leaving(ref, people) },
	})
}

// leaving is what is lost when people are taken out of a role. Who is not in it
// loses nothing: whichever other roles they join or leave, what was shown stays true.
func (o *organization) leaving(ref string, people []string) string {
	name, _ := o.named(ref)
	lost := fmt.Sprint(name, o.roles[name].born)
	for _, member := range people {
		if joined, isIn := o.roles[name].members[member]; isIn {
			lost += fmt.Sprint(member, joined, o.roleless(name, []string{member}))
		}
	}
	return lost
}

// moves are the changes that put people into a role or take them out, without
// those who are in or out already.
func (o *organization) moves(kind changes.Kind, ref string, people []string) ([]op, bool) {
	name, found := o.named(ref)
	if !found {
		return nil, false
	}
	var ops []op
	for _, member := range people {
		if _, isIn := o.roles[name].members[member]; isIn == (kind == changes.MembershipRemove) {
			ops = append(ops, op{kind, name, member})
		}
	}
	return ops, true
}

func (w *world) linkGroup(t *rapid.T) {
	ref := w.drawRole(t, "role")
	id := rapid.SampledFrom([]string{"9001", "9002"}).Draw(t, "group")
	slug, name := "crew-"+id, "Crew "+id
	group := groupOf("github", "acme", id, &slug, name)
	w.make(t, request{
		tool: "external-reference-create",
		arguments: map[string]any{
			"role": ref, "provider": "github", "provider_organization_id": "acme",
			"provider_role_id": id, "provider_role_slug": slug, "provider_role_name": name,
		},
		plan: func(o *organization) ([]op, bool) {
			name, found := o.named(ref)
			holder := o.standsFor(group)
			switch {
			case !found, holder != "" && holder != name:
				return nil, false
			case holder == name:
				return nil, true
			}
			return []op{{changes.ReferenceCreate, name, group}}, true
		},
	})
}

func (w *world) unlinkGroup(t *rapid.T) {
	groups := slices.Sorted(maps.Keys(w.now.ids))
	if len(groups) == 0 {
		t.Skip("no group stands for a role")
	}
	group := rapid.SampledFrom(groups).Draw(t, "group")
	born := w.model.roles[w.model.standsFor(group)].groups[group]
	w.make(t, request{
		tool: "external-reference-delete", arguments: map[string]any{"reference_id": w.now.ids[group]},
		plan: func(o *organization) ([]op, bool) {
			holder := o.standsFor(group)
			return []op{{changes.ReferenceDelete, "", group}}, holder != "" && o.roles[holder].groups[group] == born
		},
		target: func(*organization) string { return group },
	})
}

func (w *world) rotateToken(t *rapid.T) {
	project := rapid.SampledFrom([]string{sandbox.ProjectWebName, sandbox.ProjectMobileName}).Draw(t, "project")
	w.make(t, request{
		tool: "project-secret-token-rotate", arguments: map[string]any{"project": project},
		plan:   func(*organization) ([]op, bool) { return []op{{changes.TokenRotate, project, ""}}, true },
		target: func(o *organization) string { return fmt.Sprint(o.tokens[project]) },
	})
}

// undoCall takes an earlier call back. If nothing has changed since, that must
// leave everything as it was; in any case what it says must be true.
func (w *world) undoCall(t *rapid.T) {
	if len(w.calls) == 0 {
		t.Skip("nothing was done yet")
	}
	past := w.calls[rapid.IntRange(0, len(w.calls)-1).Draw(t, "call")]
	isLast, now := past.known && past.version == w.version, drawWeather(t)
	said := w.play(t, "undo", object(map[string]string{"id": past.id}), nil, now)
	if said.preview != nil {
		confirmed := object(map[string]string{"id": past.id, "confirmation": said.preview.Confirmation})
		said = w.play(t, "undo", confirmed, nil, now)
	}
	if said.preview != nil {
		t.Fatalf("undo %s asks again for what was confirmed: %s", past.id, said.text)
	}
	if !isLast || !now.calm() {
		return
	}
	if missed := difference(past.before, w.now.lines); said.state != changes.Done || missed != "" {
		t.Fatalf("the undo of %s (%s), right after it, does not leave things as they were: %s\n%s", past.id, past.tool, said.text, missed)
	}
}

// drawRole draws the name of a role that is there, or of one that may not be.
func (w *world) drawRole(t *rapid.T, label string) string {
	names := append(slices.Sorted(maps.Keys(w.model.roles)), "Night shift", "Field", "FIELD")
	return rapid.SampledFrom(names).Draw(t, label)
}

func drawPeople(t *rapid.T) []string {
	people := []string{sandbox.AnaEmail, sandbox.RajEmail, sandbox.KimEmail, sandbox.NewcomerEmail, sandbox.MemberEmail}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(people), 1, 3, rapid.ID[string]).Draw(t, "members")
}

package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// column is a call that writes.
type column struct {
	name, tool string
	class      class
	// plan says how to call the tool, on the organization as it is, and which
	// changes that is to make.
	plan func(t *testing.T, c *cell, now seen) (arguments string, ops []op)
	// skip is how many of the call's writes go well before the fault.
	skip int
}

// class is when a write may be sent again, and what is honest to say of it.
type class int

const (
	ifUnsent class = iota // creates and updates: again only if the first surely never arrived
	again                 // deletions
	never                 // the rotation
)

func columns() []column {
	one := func(arguments string, change op) func(*testing.T, *cell, seen) (string, []op) {
		return func(*testing.T, *cell, seen) (string, []op) { return arguments, []op{change} }
	}
	const supportCrew = `github ` + sandbox.ReferenceGitHubOrg + ` 4210790 support-crew "Support crew"`
	return []column{
		{name: "create", tool: "roles-create", plan: one(`{"name":"Night shift"}`, op{changes.RoleCreate, "Night shift", ""})},
		{name: "rename", tool: "roles-update", plan: one(`{"role":"Support","name":"Help desk"}`, op{changes.RoleRename, "Support", "Help desk"})},
		{name: "delete", tool: "roles-delete", class: again, plan: one(`{"role":"Support"}`, op{changes.RoleDelete, "Support", ""})},
		{name: "add", tool: "membership-add", plan: one(object(map[string]string{"role": "Support", "member": sandbox.RajEmail}), op{changes.MembershipAdd, "Support", sandbox.RajEmail})},
		{name: "remove", tool: "membership-remove", class: again, plan: one(object(map[string]string{"role": "Support", "member": sandbox.AnaEmail}), op{changes.MembershipRemove, "Support", sandbox.AnaEmail})},
		{name: "link", tool: "external-reference-create", plan: one(`{"role":"Security","provider":"github","provider_organization_id":"acme","provider_role_id":"990011","provider_role_slug":"night","provider_role_name":"Night"}`,
			op{changes.ReferenceCreate, "Security", `github acme 990011 night "Night"`})},
		{name: "unlink", tool: "external-reference-delete", class: again, plan: func(_ *testing.T, _ *cell, now seen) (string, []op) {
			return object(map[string]string{"reference_id": string(now.ids[supportCrew])}), []op{{changes.ReferenceDelete, "", supportCrew}}
		}},
		{name: "rotate", tool: "project-secret-token-rotate", class: never, plan: one(object(map[string]string{"project": sandbox.ProjectWebName}), op{changes.TokenRotate, sandbox.ProjectWebName, ""})},
		{name: "batch", tool: "membership-add", skip: 1, plan: func(*testing.T, *cell, seen) (string, []op) {
			var ops []op
			people := []string{sandbox.RajEmail, sandbox.AnaEmail, sandbox.KimEmail}
			for _, person := range people {
				ops = append(ops, op{changes.MembershipAdd, "Security", person})
			}
			return object(map[string]any{"role": "Security", "members": people}), ops
		}},
		{name: "undo", tool: "undo", skip: 3, plan: planUndo},
	}
}

// planUndo deletes a role with members and references, and plans to take that back.
func planUndo(t *testing.T, c *cell, now seen) (string, []op) {
	t.Helper()
	deleted := read(t, c.patient.call(t.Context(), "roles-delete", `{"role":"Support"}`))
	if deleted.state != changes.Done || deleted.undo == "" {
		t.Fatalf("the role is not deleted: %s", deleted.text)
	}
	was := now.named(t, "Support")
	ops := []op{{changes.RoleCreate, "Support", ""}}
	for _, member := range was.members {
		ops = append(ops, op{changes.MembershipAdd, "Support", member})
	}
	for _, group := range was.groups {
		ops = append(ops, op{changes.ReferenceCreate, "Support", group})
	}
	if len(was.members) < 2 || len(was.groups) < 2 {
		t.Fatalf("too little hangs on the role: %+v", was)
	}
	return object(map[string]string{"id": deleted.undo}), ops
}

// expectation is what must be reported of the change that meets a fault once,
// and of one that meets it at every try.
type expectation struct{ once, always changes.State }

// expected is the whole policy as one table. Unknown is honest only where the
// write may have arrived and a server may still be at work on it; wherever the
// deed was done, reading back tells.
func expected(fault harness.ProxyFault, of class) expectation {
	const done, not, unknown = changes.Done, changes.NotDone, changes.Unknown
	if fault.Does() {
		return expectation{done, done}
	}
	return map[harness.ProxyFault][3]expectation{ // creates and updates, deletions, the rotation
		harness.FaultRefused:       {{done, not}, {done, not}, {not, not}},
		harness.FaultResetBefore:   {{unknown, unknown}, {done, unknown}, {unknown, unknown}},
		harness.FaultThrottled:     {{not, not}, {done, not}, {not, not}},
		harness.FaultThrottledBare: {{not, not}, {done, not}, {not, not}},
		harness.Fault500:           {{unknown, unknown}, {unknown, unknown}, {unknown, unknown}},
		harness.Fault502:           {{unknown, unknown}, {done, unknown}, {unknown, unknown}},
		harness.Fault503:           {{unknown, unknown}, {done, unknown}, {unknown, unknown}},
		harness.Fault504:           {{unknown, unknown}, {done, unknown}, {unknown, unknown}},
		harness.FaultRedirect:      {{not, not}, {not, not}, {not, not}},
	}[fault][of]
}

// matters reports whether it makes a difference that later writes meet the fault
// too: where there are any.
func (c column) matters(fault harness.ProxyFault) bool {
	return fault == harness.FaultRefused || c.class == again || c.skip > 0
}

func TestNoFaultDoublesOrLosesAWriteOrMakesAFalseStatement(t *testing.T) {
	t.Parallel()
	if n := len(harness.ProxyFaults()) * len(columns()); n < 150 {
		t.Errorf("the matrix has %d cells", n)
	}
	for _, always := range []bool{false, true} {
		title := "The fault meets one write."
		if always {
			title = "The fault meets every write from there on."
		}
		t.Run(strings.TrimSuffix(title, "."), func(t *testing.T) {
			t.Parallel()
			if always && raceIsWatched {
				t.Skip("the other half has all the code in it, and the race detector makes each cell ten times as dear")
			}
			told := table{cells: map[[2]string]string{}}
			t.Run("cells", func(t *testing.T) {
				for _, fault := range harness.ProxyFaults() {
					for _, column := range columns() {
						if always && !column.matters(fault) {
							continue
						}
						t.Run(string(fault)+", "+column.name, func(t *testing.T) {
							t.Parallel()
							told.note(string(fault), column.name, newCell(t, fault, column, always).play(t))
						})
					}
				}
			})
			t.Log(title + "\n" + told.String())
		})
	}
}

// cell is one call that meets one fault.
type cell struct {
	column
	fault   harness.ProxyFault
	always  bool
	sandbox *sandbox.Sandbox
	proxy   *harness.Proxy
	product *product
	patient *product // the same, with time
	truth   *truth
}

func newCell(t *testing.T, fault harness.ProxyFault, column column, always bool) *cell {
	t.Helper()
	box, address := serve(t)
	c := &cell{column: column, fault: fault, always: always, sandbox: box, truth: newTruth(t, box)}
	c.proxy = harness.NewProxy(t, address)
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	c.patient = start(t, c.proxy.URL, path, apiclient.Timeouts{}, changes.Never, nil)
	c.product = c.patient
	if fault == harness.FaultHangAfter {
		// A machine that is busy is slow too: the limit is short only for the one
		// call, and only where it is what is tested.
		c.product = start(t, c.proxy.URL, path, apiclient.Timeouts{Header: time.Second}, changes.Never, nil)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.product.journal.Close(), c.patient.journal.Close()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// play makes the call and checks everything about it. It returns what the table says.
func (c *cell) play(t *testing.T) string {
	t.Helper()
	ctx := c.proxy.Watch(t.Context())
	start := c.truth.look(ctx, t)
	rotations := map[string]int{sandbox.ProjectWebName: 0, sandbox.ProjectMobileName: 0}
	arguments, ops := c.plan(t, c, start)
	before := start.model(rotations)
	if c.tool == "undo" {
		before = before.after([]op{{changes.RoleDelete, "Support", ""}}, 1)
	}
	if c.fault == harness.FaultRefused {
		// Whoever reads has a connection by now, which a refusal leaves alone.
		c.product.call(ctx, "roles-list", `{}`)
	}
	written, journaled := len(c.proxy.Writes()), len(c.product.entries(t))
	c.sandbox.ForgetRequests()

	times := 1
	if c.always {
		times = -1
	}
	c.proxy.SpoilThose(c.fault, harness.Which{Times: times, Skip: c.skip})
	r := read(t, c.product.call(ctx, c.tool, arguments))
	happened := judge(t, before, ops, r, c.truth.look(ctx, t).lines)
	judgeJournal(t, c.product.entries(t)[journaled:], ops, r, happened)
	arrived := c.judgeWrites(t, ops, written, happened)
	c.judgeState(t, ops, r)
	c.product.keepsSecrets(t)

	told := string(r.state)
	if len(ops) > 1 {
		told = fmt.Sprintf("%d/%d %s", happened, len(ops), r.state)
	}
	told += fmt.Sprintf(" %d", happened)
	if arrived != happened {
		told += fmt.Sprintf(" of %d", arrived)
	}
	if len(ops) > 1 {
		c.goOn(ctx, t, arguments, before.after(ops, len(ops)))
	}
	return told
}

// judgeState checks that the report claims as much as can be known, and no more.
func (c *cell) judgeState(t *testing.T, ops []op, r report) {
	t.Helper()
	want := expected(c.fault, c.class).once
	if c.always {
		want = expected(c.fault, c.class).always
	}
	if r.state != want {
		t.Errorf("%s is reported, and %s is what can be known: %s", r.state, want, r.text)
	}
	if want != changes.Done && len(ops) > 1 && (r.done != c.skip || len(r.listed) != len(ops)) {
		t.Errorf("%d changes were to be made before the fault, of %d: %s", c.skip, len(ops), r.text)
	}
}

// judgeWrites counts the writes where they arrive, and returns how many came to
// the API. Those that it carried out are those that have happened.
func (c *cell) judgeWrites(t *testing.T, ops []op, written, happened int) (arrived int) {
	t.Helper()
	carriedOut, posts := 0, 0
	for _, request := range c.sandbox.Requests() {
		if request.Method == http.MethodGet {
			continue
		}
		arrived++
		if request.Status < http.StatusMultipleChoices {
			carriedOut++
		}
		if request.Method == http.MethodPost {
			posts++
		}
	}
	if carriedOut != happened {
		t.Errorf("the API has carried out %d writes, and %d changes have happened", carriedOut, happened)
	}
	if posts > len(ops) {
		t.Errorf("%d creations came to the API, and %d were to be made", posts, len(ops))
	}
	sent := len(c.proxy.Writes()) - written
	switch {
	case c.class == never && sent+c.proxy.Refused() != 1:
		t.Errorf("the rotation went out %d times and was refused a connection %d times", sent, c.proxy.Refused())
	case c.class == ifUnsent && sent > len(ops):
		t.Errorf("%d writes were sent for %d changes that must not be sent twice", sent, len(ops))
	case c.class == again && sent+c.proxy.Refused() > tries:
		t.Errorf("it was tried %d times", sent+c.proxy.Refused())
	}
	return arrived
}

// goOn calls again when all is well, which must make what is left and nothing twice.
func (c *cell) goOn(ctx context.Context, t *testing.T, arguments string, want *organization) {
	t.Helper()
	c.proxy.Heal()
	if r := read(t, c.patient.call(ctx, c.tool, arguments)); r.state != changes.Done {
		t.Errorf("called again, it is %s: %s", r.state, r.text)
	}
	if missed := difference(want.lines(), c.truth.look(ctx, t).lines); missed != "" {
		t.Errorf("called again, it leaves:\n%s", missed)
	}
}

// table is the matrix, to be read.
type table struct {
	mu    sync.Mutex
	cells map[[2]string]string
}

func (t *table) note(row, column, cell string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cells[[2]string{row, column}] = cell
}

func (t *table) String() string {
	var text strings.Builder
	width := func(column string) int {
		if column == "batch" || column == "undo" {
			return 15
		}
		return 12
	}
	fmt.Fprintf(&text, "%-24s", "")
	for _, column := range columns() {
		fmt.Fprintf(&text, "%-*s", width(column.name), column.name)
	}
	for _, fault := range harness.ProxyFaults() {
		fmt.Fprintf(&text, "\n%-24s", fault)
		for _, column := range columns() {
			fmt.Fprintf(&text, "%-*s", width(column.name), t.cells[[2]string{string(fault), column.name}])
		}
	}
	return text.String() + "\nWhat was reported, how many writes the API carried out, and of how many that reached it where that differs."
}

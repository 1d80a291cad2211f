package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// organization is the model: what an organization holds, as far as the eight
// kinds of change can touch it. Ids are left out; in their place each thing has
// a number, so that one that was made anew is not taken for the one before.
type organization struct {
	roles  map[string]*role
	tokens map[string]int // rotations, by the project's name
	born   int            // the last number given
}

type role struct {
	born    int
	members map[string]int // by e-mail address
	groups  map[string]int // the groups of other systems that stand for the role
}

func (o *organization) clone() *organization {
	copied := &organization{roles: map[string]*role{}, tokens: maps.Clone(o.tokens), born: o.born}
	for name, r := range o.roles {
		copied.roles[name] = &role{r.born, maps.Clone(r.members), maps.Clone(r.groups)}
	}
	return copied
}

// lines is the organization as text, to be compared and to be read.
func (o *organization) lines() []string {
	var lines []string
	for name, r := range o.roles {
		lines = append(lines, fmt.Sprintf("role %q", name))
		for member := range r.members {
			lines = append(lines, fmt.Sprintf("role %q has %s", name, member))
		}
		for group := range r.groups {
			lines = append(lines, fmt.Sprintf("role %q is %s", name, group))
		}
	}
	for project, rotations := range o.tokens {
		lines = append(lines, tokenLine(project, rotations))
	}
	slices.Sort(lines)
	return lines
}

func tokenLine(project string, rotations int) string {
	return fmt.Sprintf("project %q is at its token %d", project, rotations)
}

// op is one change, as the model knows it. What role and other are depends on
// the kind: a role's name and its new name, its member or its group; or a project.
type op struct {
	kind        changes.Kind
	role, other string
}

func (o op) String() string { return fmt.Sprintf("%s %q %q", o.kind, o.role, o.other) }

// apply makes a change. It reports whether the change fits the organization.
func (o *organization) apply(change op) bool {
	o.born++
	at, there := o.roles[change.role]
	switch change.kind {
	case changes.RoleCreate:
		o.roles[change.role] = &role{o.born, map[string]int{}, map[string]int{}}
		return !there
	case changes.TokenRotate:
		o.tokens[change.role]++
		return true
	case changes.ReferenceDelete:
		holder := o.standsFor(change.other)
		if holder == "" {
			return false
		}
		delete(o.roles[holder].groups, change.other)
		return true
	}
	if !there {
		return false
	}
	switch change.kind {
	case changes.RoleRename:
		delete(o.roles, change.role)
		o.roles[change.other] = at
	case changes.RoleDelete:
		delete(o.roles, change.role)
	case changes.MembershipAdd:
		at.members[change.other] = o.born
	case changes.MembershipRemove:
		delete(at.members, change.other)
	case changes.ReferenceCreate:
		at.groups[change.other] = o.born
	}
	return true
}

// standsFor is the role that a group stands for; empty when there is none.
func (o *organization) standsFor(group string) string {
	for name, r := range o.roles {
		if _, found := r.groups[group]; found {
			return name
		}
	}
	return ""
}

// named finds the role that has a name in any case.
func (o *organization) named(name string) (string, bool) {
	for other := range o.roles {
		if strings.EqualFold(other, name) {
			return other, true
		}
	}
	return "", false
}

// after is the organization after the first n of some changes.
func (o *organization) after(ops []op, n int) *organization {
	next := o.clone()
	for _, change := range ops[:min(n, len(ops))] {
		next.apply(change)
	}
	return next
}

// truth reads an organization straight from the sandbox, past everything that
// is under test.
type truth struct {
	api    apiclient.Reader
	box    *sandbox.Sandbox
	tokens map[string][]string // all that each project had, oldest first
	known  map[string]int      // rotations, when they were last counted
}

// seen is what truth has read.
type seen struct {
	lines []string // a thing that is there twice is in it twice
	roles []seenRole
	ids   map[string]apiclient.ReferenceID // of references, by group
}

type seenRole struct {
	name            string
	members, groups []string
}

func newTruth(tb testingTB, box *sandbox.Sandbox) *truth {
	tb.Helper()
	client, err := apiclient.New(apiclient.Config{
		Host: mustParse(tb, "http://127.0.0.1"), Key: redact.NewSecret(sandbox.OwnerKey), UserAgent: "posthog-org-mcp/test",
		Transport: inProcess{box},
	})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return &truth{api: client.Reader(), box: box, tokens: map[string][]string{}, known: map[string]int{}}
}

// inProcess asks an API without a connection.
type inProcess struct{ api http.Handler }

func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body == nil {
		request.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	p.api.ServeHTTP(answer, request)
	return answer.Result(), nil
}

// serve puts a sandbox on loopback for one test. What it answers is held to the
// API's document elsewhere.
func serve(tb testingTB) (*sandbox.Sandbox, string) {
	tb.Helper()
	box := sandbox.New(noFaults())
	server := httptest.NewUnstartedServer(box)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // Dropped connections are asked for.
	server.Start()
	tb.Cleanup(func() {
		server.CloseClientConnections()
		if err := box.Close(); err != nil {
			tb.Errorf("%v", err)
		}
		server.Close()
	})
	return box, server.URL
}

func noFaults() sandbox.Options { return sandbox.Options{Faults: sandbox.Faults{RateLimit: 1_000_000}} }

const here = apiclient.OrganizationID(sandbox.Organization)

func (s *truth) look(ctx context.Context, tb testingTB) seen {
	tb.Helper()
	now, err := s.read(ctx)
	if err != nil {
		tb.Fatalf("the sandbox cannot be read: %v", err)
	}
	return now
}

func (s *truth) read(ctx context.Context) (seen, error) {
	now := seen{ids: map[string]apiclient.ReferenceID{}}
	places := map[apiclient.RoleID]int{}
	for r, err := range s.api.Roles(here).Each(ctx) {
		if err != nil {
			return seen{}, err
		}
		one := seenRole{name: r.Name}
		now.lines = append(now.lines, fmt.Sprintf("role %q", r.Name))
		for _, membership := range r.Members {
			one.members = append(one.members, membership.User.Email)
			now.lines = append(now.lines, fmt.Sprintf("role %q has %s", r.Name, membership.User.Email))
		}
		places[r.ID] = len(now.roles)
		now.roles = append(now.roles, one)
	}
	for r, err := range s.api.References(here, apiclient.ReferenceFilter{}).Each(ctx) {
		if err != nil {
			return seen{}, err
		}
		group := groupOf(r.Provider, r.ProviderOrganizationID, r.ProviderRoleID, r.ProviderRoleSlug, r.ProviderRoleName)
		place, known := places[r.Role]
		if !known {
			return seen{}, fmt.Errorf("the group %s stands for a role that is not there", group)
		}
		now.roles[place].groups = append(now.roles[place].groups, group)
		now.ids[group] = r.ID
		now.lines = append(now.lines, fmt.Sprintf("role %q is %s", now.roles[place].name, group))
	}
	// Only a rotation changes a token, so that nothing is asked when none has come.
	isAsked := len(s.known) == 0 || slices.ContainsFunc(s.box.Requests(), func(r sandbox.Request) bool { return strings.Contains(r.Path, "rotate") })
	for name, id := range projects() {
		if isAsked {
			rotations, err := s.rotations(ctx, name, id)
			if err != nil {
				return seen{}, err
			}
			s.known[name] = rotations
		}
		now.lines = append(now.lines, tokenLine(name, s.known[name]))
	}
	slices.Sort(now.lines)
	return now, nil
}

func projects() map[string]apiclient.ProjectID {
	return map[string]apiclient.ProjectID{
		sandbox.ProjectWebName: sandbox.ProjectWeb, sandbox.ProjectMobileName: sandbox.ProjectMobile,
	}
}

// rotations counts how often a token was rotated. One that was never seen is the
// next one if the last one that was seen is its backup; otherwise there was
// another rotation in between.
func (s *truth) rotations(ctx context.Context, name string, id apiclient.ProjectID) (int, error) {
	project, err := s.api.Project(ctx, here, id)
	if err != nil {
		return 0, err
	}
	reveal := func(token *redact.Secret) string {
		if token == nil {
			return ""
		}
		return token.Reveal()
	}
	token, backup := reveal(project.SecretAPIToken), reveal(project.SecretAPITokenBackup)
	known := s.tokens[name]
	if at := slices.Index(known, token); at >= 0 {
		return at, nil
	}
	if len(known) > 0 && known[len(known)-1] != backup {
		return 0, fmt.Errorf("the token of %q was rotated more than once since it was last seen", name)
	}
	s.tokens[name] = append(known, token)
	return len(known), nil
}

// model makes a model of what was seen.
func (s seen) model(rotations map[string]int) *organization {
	o := &organization{roles: map[string]*role{}, tokens: rotations}
	for _, r := range s.roles {
		o.apply(op{changes.RoleCreate, r.name, ""})
		for _, member := range r.members {
			o.apply(op{changes.MembershipAdd, r.name, member})
		}
		for _, group := range r.groups {
			o.apply(op{changes.ReferenceCreate, r.name, group})
		}
	}
	return o
}

// named is one of the roles that were seen.
func (s seen) named(tb testingTB, name string) seenRole {
	tb.Helper()
	i := slices.IndexFunc(s.roles, func(r seenRole) bool { return r.name == name })
	if i < 0 {
		tb.Fatalf("there is no role %q", name)
	}
	return s.roles[i]
}

func groupOf(provider, organization, id string, slug *string, name string) string {
	key := "-"
	if slug != nil {
		key = *slug
	}
	return fmt.Sprintf("%s %s %s %s %q", provider, organization, id, key, name)
}

// opOf reads from the journal which change a write is.
func opOf(tb testingTB, entry journal.Entry) op {
	tb.Helper()
	type person struct{ Email string }
	type group struct {
		Provider             string
		ProviderOrganization string  `json:"provider_organization_id"`
		ID                   string  `json:"provider_role_id"`
		Slug                 *string `json:"provider_role_slug"`
		Name                 string  `json:"provider_role_name"`
	}
	var was struct {
		Role, Project *struct{ Name string }
		Name          string
		Member        *person
		Membership    *struct{ User person }
		Reference     *group
		NewReference  *group `json:"new_reference"`
	}
	if err := json.Unmarshal(entry.Change, &was); err != nil {
		tb.Fatalf("the journal's change %s: %v", entry.Change, err)
	}
	change := op{}
	for kind := changes.RoleCreate; kind <= changes.TokenRotate; kind++ {
		if kind.String() == entry.Kind {
			change.kind = kind
		}
	}
	if was.Role != nil {
		change.role = was.Role.Name
	}
	named := func(g group) string { return groupOf(g.Provider, g.ProviderOrganization, g.ID, g.Slug, g.Name) }
	switch change.kind {
	case changes.RoleCreate:
		change.role = was.Name
	case changes.RoleRename:
		change.other = was.Name
	case changes.MembershipAdd:
		change.other = was.Member.Email
	case changes.MembershipRemove:
		change.other = was.Membership.User.Email
	case changes.ReferenceCreate:
		change.other = named(*was.NewReference)
	case changes.ReferenceDelete:
		change.role, change.other = "", named(*was.Reference)
	case changes.TokenRotate:
		change.role = was.Project.Name
	}
	return change
}

package directory_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

func newReader(t *testing.T) (directory.Reader, *sandbox.Sandbox) {
	t.Helper()
	backend := harness.Backend(t, sandbox.Options{})
	return readerOf(t, backend.URL, sandbox.AdminKey, nil), backend.Sandbox
}

// readerOf is a process's reader of the current organization. A nil transport is
// the client's own.
func readerOf(t *testing.T, address, key string, transport http.RoundTripper) directory.Reader {
	t.Helper()
	host, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	reader, _, err := changes.Connect(apiclient.Config{
		Host: host, Key: redact.NewSecret(key), UserAgent: "posthog-org-mcp/test",
		Retry: apiclient.RetryPolicy{Tries: 1}, Transport: transport,
	}, changes.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return directory.New(reader, apiclient.CurrentOrganization)
}

func TestARoleIsFoundByIDOrNameInAnyCase(t *testing.T) {
	org, _ := newReader(t)
	for _, ref := range []string{sandbox.RoleSupport, strings.ToUpper(sandbox.RoleSupport), "Support", "SUPPORT", "  support "} {
		role, err := org.Role(t.Context(), ref)
		if err != nil || role.ID != sandbox.RoleSupport || len(role.Members) != 4 {
			t.Errorf("%q: %v with %d members, %v", ref, role.ID, len(role.Members), err)
		}
	}
}

func TestAMemberIsFoundByIDAddressOrMe(t *testing.T) {
	org, _ := newReader(t)
	for ref, want := range map[string]string{
		sandbox.AnaUser: sandbox.AnaUser, strings.ToUpper(sandbox.AnaUser): sandbox.AnaUser,
		sandbox.AnaEmail: sandbox.AnaUser, strings.ToUpper(sandbox.AnaEmail): sandbox.AnaUser,
		" " + sandbox.AnaEmail: sandbox.AnaUser, directory.Me: sandbox.AdminUser,
	} {
		member, err := org.Member(t.Context(), ref)
		if err != nil || string(member.User.UUID) != want {
			t.Errorf("%q: %v, %v", ref, member.User.UUID, err)
		}
	}
}

func TestAMembershipIsFoundByPersonOrByItsOwnID(t *testing.T) {
	org, _ := newReader(t)
	role, err := org.Role(t.Context(), "Support")
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{sandbox.MembershipAnaSupport, sandbox.AnaUser, strings.ToUpper(sandbox.AnaEmail)} {
		membership, err := org.Membership(t.Context(), role, ref)
		if err != nil || membership.ID != sandbox.MembershipAnaSupport {
			t.Errorf("%q: %v, %v", ref, membership.ID, err)
		}
	}
}

func TestAProjectIsFoundByNumberOrName(t *testing.T) {
	org, _ := newReader(t)
	for _, ref := range []string{"84102", "Hedgebox web", "HEDGEBOX WEB"} {
		project, err := org.Project(t.Context(), ref)
		if err != nil || project.ID != sandbox.ProjectWeb {
			t.Errorf("%q: %v, %v", ref, project.ID, err)
		}
	}
}

func TestAReferenceIsFoundByID(t *testing.T) {
	org, _ := newReader(t)
	reference, err := org.Reference(t.Context(), sandbox.ReferenceSlack)
	if err != nil || reference.Role != sandbox.RoleSupport {
		t.Errorf("%+v, %v", reference, err)
	}
}

func TestWhatMatchesNothingIsAnsweredWithTheClosest(t *testing.T) {
	org, _ := newReader(t)
	support, err := org.Role(t.Context(), "Support")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		resolve func(ref string) error
		ref     string
		thing   directory.Thing
		closest string // id; empty for none
	}{
		{"role", func(ref string) error { _, err := org.Role(t.Context(), ref); return err }, "suport", directory.ThingRole, sandbox.RoleSupport},
		{"role by unknown id", func(ref string) error { _, err := org.Role(t.Context(), ref); return err }, "00000000-0000-4000-8000-000000000000", directory.ThingRole, ""},
		{"member", func(ref string) error { _, err := org.Member(t.Context(), ref); return err }, "anna.kovac@example.com", directory.ThingMember, sandbox.AnaUser},
		{"role by a shortened id", func(ref string) error { _, err := org.Role(t.Context(), ref); return err }, sandbox.RoleSupport[:18], directory.ThingRole, sandbox.RoleEngineering},
		{"role by an id with a wrong letter", func(ref string) error { _, err := org.Role(t.Context(), ref); return err }, "f" + sandbox.RoleSupport[1:], directory.ThingRole, sandbox.RoleSupport},
		{"member at another domain", func(ref string) error { _, err := org.Member(t.Context(), ref); return err }, "ana.kovac@elsewhere.example", directory.ThingMember, sandbox.AnaUser},
		{"member by name without accents", func(ref string) error { _, err := org.Member(t.Context(), ref); return err }, "Kovac, Ana", directory.ThingMember, sandbox.AnaUser},
		{"member by last name", func(ref string) error { _, err := org.Member(t.Context(), ref); return err }, "kovac", directory.ThingMember, sandbox.AnaUser},
		{"member by name", func(ref string) error { _, err := org.Member(t.Context(), ref); return err }, "raj patel", directory.ThingMember, sandbox.RajUser},
		{"membership", func(ref string) error { _, err := org.Membership(t.Context(), support, ref); return err }, "ana.kovacs@example.com", directory.ThingMember, sandbox.AnaUser},
		{"project", func(ref string) error { _, err := org.Project(t.Context(), ref); return err }, "hedgebox webb", directory.ThingProject, "84102"},
		{"reference", func(ref string) error {
			_, err := org.Reference(t.Context(), apiclient.ReferenceID(ref))
			return err
		}, "00000000-0000-4000-8000-000000000000", directory.ThingReference, ""},
		{"reference by the id of its role", func(ref string) error {
			_, err := org.Reference(t.Context(), apiclient.ReferenceID(ref))
			return err
		}, sandbox.RoleEngineering, directory.ThingReference, sandbox.ReferenceGitHub},
	} {
		t.Run(test.name, func(t *testing.T) {
			var match *directory.MatchError
			if err := test.resolve(test.ref); !errors.As(err, &match) {
				t.Fatalf("got %v", err)
			}
			if match.Thing != test.thing || match.Ref != test.ref || match.Several != 0 {
				t.Errorf("got %+v", match)
			}
			switch {
			case test.closest == "" && len(match.Candidates) != 0:
				t.Errorf("candidates %v", match.Candidates)
			case test.closest != "" && (len(match.Candidates) == 0 || match.Candidates[0].ID != test.closest):
				t.Errorf("candidates %v, want %s first", match.Candidates, test.closest)
			}
		})
	}
}

func TestAMatchErrorQuotesWhatTheCallerWroteAndCutsIt(t *testing.T) {
	err := &directory.MatchError{Thing: directory.ThingRole, Ref: "a\nb" + strings.Repeat("x", 10240)}
	if text := err.Error(); len(text) > 150 || strings.Contains(text, "\n") {
		t.Errorf("got %q", text)
	}
}

func TestAReaderOfAnotherOrganizationReadsThat(t *testing.T) {
	org, backend := newReader(t)
	_, err := org.In(sandbox.OtherOrganization).Role(t.Context(), "Lab crew")
	if !errors.Is(err, apiclient.ErrForbidden) {
		t.Errorf("got %v: the administrator is no member there", err)
	}
	for _, request := range backend.Requests() {
		if !strings.Contains(request.Path, sandbox.OtherOrganization) {
			t.Errorf("asked %s", request.Path)
		}
	}
}

// retelling answers as the API does, with some texts in place of others.
type retelling struct{ texts *strings.Replacer }

func (r retelling) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	told := r.texts.Replace(string(body))
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(told)), int64(len(told))
	answer.Header.Del("Content-Length")
	return answer, nil
}

// The owner of the key is told by id: without an address they must not be taken
// for somebody else without one, nor for whoever has theirs.
func TestMeIsTheOwnerOfTheKeyWhateverTheAddressesSay(t *testing.T) {
	backend := harness.Backend(t, sandbox.Options{})
	for name, texts := range map[string]*strings.Replacer{
		"nobody has an address":     strings.NewReplacer(sandbox.AdminEmail, "", sandbox.AnaEmail, ""),
		"somebody else has my own":  strings.NewReplacer(sandbox.AdminEmail, "old@example.com", sandbox.AnaEmail, sandbox.AdminEmail),
		"all is as it should be":    strings.NewReplacer(),
		"the owner has no address":  strings.NewReplacer(sandbox.AdminEmail, ""),
		"the others have none":      strings.NewReplacer(sandbox.AnaEmail, "", sandbox.RajEmail, ""),
		"two have the same address": strings.NewReplacer(sandbox.AnaEmail, sandbox.AdminEmail),
	} {
		org := readerOf(t, backend.URL, sandbox.AdminKey, retelling{texts})
		member, err := org.Member(t.Context(), directory.Me)
		if err != nil || member.User.UUID != sandbox.AdminUser {
			t.Errorf("%s: alone, %s is %s, %v", name, directory.Me, member.User.UUID, err)
		}
		people, err := org.People(t.Context(), []string{directory.Me, sandbox.KimUser})
		if err != nil || len(people) != 2 || people[0].User.UUID != sandbox.AdminUser {
			t.Errorf("%s: among several, %s is %+v, %v", name, directory.Me, people, err)
		}
	}
}

func TestABlankNamesNobody(t *testing.T) {
	backend := harness.Backend(t, sandbox.Options{})
	org := readerOf(t, backend.URL, sandbox.AdminKey, retelling{strings.NewReplacer(sandbox.AnaEmail, "")})
	role, err := org.Role(t.Context(), "Support")
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"", " ", "\u3000"} {
		var miss *directory.MatchError
		if member, err := org.Member(t.Context(), ref); !errors.As(err, &miss) {
			t.Errorf("%q is %s, %v", ref, member.User.UUID, err)
		}
		if places, err := org.Places(t.Context(), role, []string{ref}); !errors.As(err, &miss) {
			t.Errorf("in the role, %q is %+v, %v", ref, places, err)
		}
	}
}

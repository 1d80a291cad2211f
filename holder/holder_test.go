package holder_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/holder"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// of is what is known of a key of a fresh sandbox.
func of(t *testing.T, key string) (*holder.Holder, *sandbox.Sandbox) {
	t.Helper()
	stage := harness.Backend(t, sandbox.Options{})
	return at(t, stage.URL, key), stage.Sandbox
}

func at(t *testing.T, address, key string) *holder.Holder {
	t.Helper()
	host, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := apiclient.New(apiclient.Config{Host: host, Key: redact.NewSecret(key), Retry: apiclient.RetryPolicy{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return holder.New(client.Reader(), client.Key)
}

func TestAKeyIsKnownByItsOwnRecord(t *testing.T) {
	for _, test := range []struct {
		secret string
		want   holder.Key
	}{
		{sandbox.AdminKey, holder.Key{Label: "Assistant", Mask: "phx_..._key", Scopes: []string{"organization:write", "organization_member:read", "project:read", "user:read"}}},
		{sandbox.MemberKey, holder.Key{Label: "My key", Mask: "phx_..._key", Scopes: []string{"*"}}},
		{sandbox.ScopedKey, holder.Key{Label: "Thistle only", Mask: "phx_..._key", Scopes: []string{"*"}, Organizations: []apiclient.OrganizationID{sandbox.OtherOrganization}}},
		{sandbox.ProjectKey, holder.Key{Label: "Web project only", Mask: "phx_..._key", Scopes: []string{"*"}, Projects: []apiclient.ProjectID{sandbox.ProjectWeb}}},
	} {
		h, _ := of(t, test.secret)
		got, err := h.Key(t.Context())
		switch {
		case err != nil:
			t.Errorf("%s: %v", test.want.Label, err)
		case got.Kind != holder.PersonalKey || got.Label != test.want.Label || got.Mask != test.want.Mask || !slices.Equal(got.Scopes, test.want.Scopes),
			!slices.Equal(got.Organizations, test.want.Organizations), !slices.Equal(got.Projects, test.want.Projects):
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}

func TestAKeyWithoutARecordIsKnownByItsPrefixAndMaskAlone(t *testing.T) {
	for _, test := range []struct {
		secret string
		status int
		kind   holder.Kind
		cause  error
	}{
		{"pha_an_access_token_of_a_sandbox", http.StatusUnauthorized, holder.OAuthToken, apiclient.ErrUnauthorized},
		{"phx_a_key_of_an_older_version_00", http.StatusForbidden, holder.PersonalKey, apiclient.ErrForbidden},
		{"a_key_from_before_the_prefixes_00", http.StatusNotFound, holder.PersonalKey, apiclient.ErrNotFound},
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(`{"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}`))
		}))
		t.Cleanup(api.Close)
		got, err := at(t, api.URL, test.secret).Key(t.Context())
		if !errors.Is(err, test.cause) || got.Kind != test.kind || got.Mask == "" || strings.Contains(got.Mask, test.secret) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestAServerThatSendsTheKeyAsItsMaskDoesNotGetItShown(t *testing.T) {
	const secret = "phx_a_key_that_nobody_should_see"
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"label":"x","mask_value":"` + secret + `","scopes":["*"]}`))
	}))
	t.Cleanup(api.Close)
	got, err := at(t, api.URL, secret).Key(t.Context())
	if err != nil || got.Mask == "" || strings.Contains(got.Mask, secret) {
		t.Errorf("got %q, %v", got.Mask, err)
	}
}

func TestAWriteScopeIncludesTheReadAndAStarIsAll(t *testing.T) {
	for _, test := range []struct{ has, needs, lacks string }{
		{"*", "organization:write project:read", ""},
		{"organization:write", "organization:read organization:write", ""},
		{"organization:read", "organization:read organization:write", "organization:write"},
		{"organization_member:write", "organization:read organization_member:read", "organization:read"},
		{"", "organization:read", "organization:read"},
		{"organization:write", "", ""},
		{"project:read user:read", "organization:write organization:read project:read", "organization:write"},
		{"", "organization_member:read organization:read", "organization_member:read organization:read"},
	} {
		key := holder.Key{Scopes: strings.Fields(test.has)}
		if got := key.Missing(strings.Fields(test.needs)); strings.Join(got, " ") != test.lacks {
			t.Errorf("%q for %q: lacks %q, want %q", test.has, test.needs, got, test.lacks)
		}
	}
}

func TestAKeyThatMayNotReadMayNotWriteEither(t *testing.T) {
	scopes := []string{"organization:write", "organization:read", "project:read"}
	for lacked, want := range map[string]string{"organization:read": "organization:write", "project:read": "project:read", "user:read": ""} {
		if got := strings.Join(holder.LacksFor(scopes, lacked), " "); got != want {
			t.Errorf("without %s: %q, want %q", lacked, got, want)
		}
	}
}

func TestAKeyReachesWhatItIsConfinedTo(t *testing.T) {
	const here, there = sandbox.Organization, sandbox.OtherOrganization
	for _, test := range []struct {
		key          holder.Key
		organization apiclient.OrganizationID
		want         bool
	}{
		{holder.Key{}, here, true},
		{holder.Key{Organizations: []apiclient.OrganizationID{here}}, here, true},
		{holder.Key{Organizations: []apiclient.OrganizationID{apiclient.OrganizationID(strings.ToUpper(here))}}, here, true},
		{holder.Key{Organizations: []apiclient.OrganizationID{here}}, there, false},
		{holder.Key{Organizations: []apiclient.OrganizationID{there}}, apiclient.CurrentOrganization, true}, // It may be.
		{holder.Key{Projects: []apiclient.ProjectID{1}}, here, false},
		{holder.Key{Projects: []apiclient.ProjectID{1}}, apiclient.CurrentOrganization, false},
	} {
		if got := test.key.Reaches(test.organization); got != test.want {
			t.Errorf("%+v reaches %s: %v", test.key, test.organization, got)
		}
	}
}

var errNo = errors.New("no")

func TestNothingIsRefusedForWhatTheKeyWasBefore(t *testing.T) {
	h, box := of(t, sandbox.ReadOnlyKey)
	mayWrite := func(key holder.Key) error {
		if key.Has("organization:write") {
			return nil
		}
		return errNo
	}
	if err := h.Judge(t.Context(), mayWrite); !errors.Is(err, errNo) {
		t.Fatalf("got %v", err)
	}
	if err := box.SetScopes(t.Context(), sandbox.ReadOnlyKey, "organization:write"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); h.Judge(t.Context(), mayWrite) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the scope that was added counts for nothing")
		}
	}
}

func TestWhatIsNotKnownRefusesNothing(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.Fail, Status: 404, Times: -1}, {Kind: sandbox.Fail, Times: -1}, {Kind: sandbox.DropBefore, Times: -1}, {Kind: sandbox.Garbage, Times: -1},
	} {
		h, box := of(t, sandbox.ReadOnlyKey)
		box.SetFaults(sandbox.Faults{Next: []sandbox.Fault{fault}})
		for range 3 {
			if err := h.Judge(t.Context(), func(holder.Key) error { return errNo }); err != nil {
				t.Errorf("%s: %v", fault.Kind, err)
			}
		}
		if asked := len(box.Requests()); asked != 1 {
			t.Errorf("%s: asked %d times", fault.Kind, asked)
		}
	}
}

func TestEverythingIsReadOnceHoweverManyAsk(t *testing.T) {
	h, box := of(t, sandbox.OwnerKey)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			if err := h.Judge(t.Context(), func(holder.Key) error { return nil }); err != nil {
				t.Error(err)
			}
			if owner, err := h.KnownOwner(t.Context()); err != nil || owner.Email != sandbox.OwnerEmail {
				t.Errorf("got %+v, %v", owner, err)
			}
		})
	}
	callers.Wait()
	if asked := len(box.Requests()); asked != 2 {
		t.Errorf("%d requests", asked)
	}
}

func TestTheOwnersPlaceInAnOrganizationIsKnownByItsIdAndAsTheCurrentOne(t *testing.T) {
	h, _ := of(t, sandbox.OwnerKey)
	owner, err := h.Owner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for id, name := range map[apiclient.OrganizationID]string{
		sandbox.Organization: sandbox.OrganizationName, sandbox.OtherOrganization: sandbox.OtherOrganizationName,
		apiclient.CurrentOrganization: sandbox.OrganizationName,
	} {
		place, found := owner.In(id)
		if !found || place.Name != name || place.Level == nil || *place.Level != apiclient.LevelOwner {
			t.Errorf("%s: %+v, %v", id, place, found)
		}
		standing, err := h.Standing(t.Context(), id)
		if err != nil || standing.Name != name || standing.Level == nil || *standing.Level != apiclient.LevelOwner || standing.Members == 0 || standing.ReadOnly {
			t.Errorf("%s: %+v, %v", id, standing, err)
		}
	}
	if _, err := h.Standing(t.Context(), "00000000-0000-4000-8000-000000000000"); !errors.Is(err, apiclient.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsKnownOfAKeyIsForgottenWithTheKey(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	host, err := url.Parse(stage.URL)
	if err != nil {
		t.Fatal(err)
	}
	next := &other{key: sandbox.MemberKey}
	client, err := apiclient.New(apiclient.Config{Host: host, Key: redact.NewSecret(sandbox.AdminKey), Keys: next})
	if err != nil {
		t.Fatal(err)
	}
	h := holder.New(client.Reader(), client.Key)
	before, err := h.Owner(t.Context())
	if err != nil || before.Email != sandbox.AdminEmail {
		t.Fatalf("got %+v, %v", before, err)
	}
	if key, err := h.Key(t.Context()); err != nil || key.Label != "Assistant" {
		t.Fatalf("got %+v, %v", key, err)
	}
	next.use.Store(true)
	if _, err := client.Reader().CurrentUser(t.Context()); err != nil { // with the other key
		t.Fatal(err)
	}
	if key, err := h.LastKey(t.Context()); err != nil || key.Label != "My key" {
		t.Errorf("got %+v, %v", key, err)
	}
	if after, err := h.KnownOwner(t.Context()); err != nil || after.Email == before.Email {
		t.Errorf("got %+v, %v", after, err)
	}
}

// other is a source that changes over to another key when it is told to.
type other struct {
	key string
	use atomic.Bool
}

func (o *other) Key(_ context.Context, inUse redact.Secret) (redact.Secret, error) {
	if o.use.Load() {
		return redact.NewSecret(o.key), nil
	}
	return inUse, nil
}

func (o *other) Renew(_ context.Context, refused redact.Secret) (redact.Secret, error) {
	return refused, nil
}

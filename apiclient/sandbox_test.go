package apiclient_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// play starts a sandbox that is held to the API document.
func play(t *testing.T, faults sandbox.Faults) (*sandbox.Sandbox, func(key string, change ...func(*apiclient.Config)) *apiclient.Client) {
	t.Helper()
	box := sandbox.New(sandbox.Options{Faults: faults})
	server := httptest.NewServer(contract.Checked(t, box))
	t.Cleanup(func() {
		server.Close()
		if err := box.Close(); err != nil {
			t.Errorf("close the sandbox: %v", err)
		}
	})
	return box, func(key string, change ...func(*apiclient.Config)) *apiclient.Client {
		return newClient(t, mustParse(t, server.URL), append(change, func(c *apiclient.Config) { c.Key = redact.NewSecret(key) })...)
	}
}

const here = apiclient.CurrentOrganization

func TestAnAdminsDayInTheSandbox(t *testing.T) {
	_, as := play(t, sandbox.Faults{})
	client, ctx := as(sandbox.AdminKey), testContext(t)
	reader := client.Reader()

	members, err := reader.Members(here, apiclient.MemberFilter{Order: apiclient.OldestFirst}).Rows(ctx, 500, 0)
	if err != nil || members.Total != sandbox.SeededMembers || len(members.Results) != members.Total {
		t.Fatalf("%d of %d members, %v", len(members.Results), members.Total, err)
	}
	role, err := client.CreateRole(ctx, here, apiclient.RoleCreate{Name: "  Gece nöbeti  "})
	if err != nil || role.Name != "Gece nöbeti" {
		t.Fatalf("created %+v, %v", role, err)
	}
	if _, err := client.CreateRole(ctx, here, apiclient.RoleCreate{Name: "GECE NÖBETI"}); matched(err) != "Conflict Invalid" {
		t.Errorf("a taken name: %v", err)
	}
	membership, err := client.AddRoleMember(ctx, here, role.ID, sandbox.NewcomerUser)
	if err != nil || membership.User.UUID != sandbox.NewcomerUser || membership.RoleID != role.ID {
		t.Fatalf("added %+v, %v", membership, err)
	}
	if _, err := client.AddRoleMember(ctx, here, role.ID, sandbox.NewcomerUser); matched(err) != "Conflict Invalid" {
		t.Errorf("somebody twice: %v", err)
	}
	if got, err := reader.RoleMembership(ctx, here, role.ID, membership.ID); err != nil || got.ID != membership.ID {
		t.Errorf("got %+v, %v", got, err)
	}
	slug := "night-shift"
	wanted := apiclient.ReferenceCreate{
		Provider: "github", ProviderOrganizationID: sandbox.ReferenceGitHubOrg, ProviderRoleID: "9", ProviderRoleSlug: &slug,
		ProviderRoleName: "Night shift", Role: role.ID,
	}
	reference, err := client.CreateReference(ctx, here, wanted)
	if err != nil || reference.Role != role.ID {
		t.Fatalf("created %+v, %v", reference, err)
	}
	if _, err := client.CreateReference(ctx, here, wanted); matched(err) != "Conflict Invalid" {
		t.Errorf("a link twice: %v", err)
	}
	found, err := reader.LookupReference(ctx, here, apiclient.ReferenceLookup{
		Provider: "github", ProviderOrganizationID: sandbox.ReferenceGitHubOrg, ProviderRoleSlug: "NIGHT-SHIFT",
	})
	if err != nil || found == nil || found.ID != reference.ID {
		t.Errorf("found %+v, %v", found, err)
	}
	name := "Gece"
	if renamed, err := client.UpdateRole(ctx, here, role.ID, apiclient.RoleUpdate{Name: &name}); err != nil || renamed.Name != name {
		t.Errorf("renamed %+v, %v", renamed, err)
	}
	for what, err := range map[string]error{
		"the reference":  client.DeleteReference(ctx, here, reference.ID),
		"the membership": client.RemoveRoleMember(ctx, here, role.ID, membership.ID),
	} {
		if err != nil {
			t.Errorf("delete %s: %v", what, err)
		}
	}
	if err := client.DeleteRole(ctx, here, role.ID); err != nil {
		t.Error(err)
	}
	if _, err := reader.Role(ctx, here, role.ID); matched(err) != "NotFound" {
		t.Errorf("the role is still there: %v", err)
	}
	before, err := reader.Project(ctx, here, sandbox.ProjectWeb)
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := client.RotateSecretToken(ctx, here, sandbox.ProjectWeb, nil)
	if err != nil || !rotated.SecretAPITokenBackup.Equal(*before.SecretAPIToken) || rotated.SecretAPIToken.Equal(*before.SecretAPIToken) {
		t.Errorf("rotated: %v", err)
	}
	if _, err := reader.Welcome(ctx, here); err != nil {
		t.Error(err)
	}
	if me, err := reader.CurrentUser(ctx); err != nil || me.UUID != sandbox.AdminUser || me.Organization == nil || me.Organization.ID != sandbox.Organization {
		t.Errorf("me: %+v, %v", me.UUID, err)
	}
	if key, err := reader.CurrentKey(ctx); err != nil || len(key.Scopes) == 0 {
		t.Errorf("key: %+v, %v", key, err)
	}
}

func TestTheSandboxRefusesAsTheContractSays(t *testing.T) {
	_, as := play(t, sandbox.Faults{CloseActions: true, RateLimit: 1000})
	ctx := testContext(t)
	create := func(key string) error {
		_, err := as(key).CreateRole(ctx, here, apiclient.RoleCreate{Name: "New"})
		return err
	}
	errs := map[string][]error{
		"Unauthorized":           {create("phx_no_such_key_1234567890"), create(sandbox.SwitchedOffKey)},
		"Forbidden MissingScope": {create(sandbox.ReadOnlyKey)},
		"Forbidden LevelTooLow":  {create(sandbox.MemberKey)},
		"ClosedToKeys Forbidden": {write(ctx, as(sandbox.AdminKey)), func() error { _, err := as(sandbox.OwnerKey).Reader().Welcome(ctx, here); return err }()},
		"Forbidden KeyConfined":  {as(sandbox.ScopedKey).DeleteRole(ctx, sandbox.Organization, sandbox.RoleSecurity), create(sandbox.ProjectKey)},
		"NotFound":               {as(sandbox.AdminKey).DeleteRole(ctx, here, roleID), as(sandbox.AdminKey).DeleteRole(ctx, organization, roleID)},
		"Invalid": {func() error {
			_, err := as(sandbox.AdminKey).AddRoleMember(ctx, here, sandbox.RoleSupport, userID)
			return err
		}()},
	}
	for want, errs := range errs {
		for i, err := range errs {
			var refused *apiclient.Error
			if matched(err) != want || !errors.As(err, &refused) || refused.RequestID == "" {
				t.Errorf("%s, case %d: %v matches %q", want, i, err, matched(err))
			}
		}
	}
}

func TestEveryFaultIsToldApartAndTheDeedIsWhereItShouldBe(t *testing.T) {
	const unknown, unreadable = "UnknownOutcome", "UnknownOutcome UnreadableBody"
	for kind, want := range map[sandbox.FaultKind]struct {
		matches string
		done    bool
	}{
		sandbox.Throttle:    {"Throttled", false},
		sandbox.Fail:        {"Server UnknownOutcome", false},
		sandbox.Redirect:    {"Redirected UnknownOutcome", false},
		sandbox.DropBefore:  {unknown, false},
		sandbox.Hang:        {unknown, false},
		sandbox.DropAfter:   {unknown, true},
		sandbox.CutBody:     {unreadable, true},
		sandbox.EmptyBody:   {unreadable, true},
		sandbox.Garbage:     {unreadable, true},
		sandbox.WrongShape:  {unreadable, true},
		sandbox.EndlessBody: {"BodyTooLarge UnknownOutcome", true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			box, as := play(t, sandbox.Faults{})
			client := as(sandbox.AdminKey, func(c *apiclient.Config) { c.MaxBody = 1 << 20 })
			ctx := testContext(t)
			// A connection that is kept already must not bring a second attempt.
			if err := client.DeleteRole(ctx, here, roleID); matched(err) != "NotFound" {
				t.Fatal(err)
			}
			box.ForgetRequests()
			box.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: kind, Method: "POST", Times: -1, RetryAfter: 7 * time.Second}}})
			patience := ctx
			if kind == sandbox.Hang {
				short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
				patience = short
			}
			_, err := client.CreateRole(patience, here, apiclient.RoleCreate{Name: "New"})
			if got := matched(err); got != want.matches {
				t.Errorf("%v matches %q, want %q", err, got, want.matches)
			}
			if n := len(box.Requests()); n != 1 {
				t.Errorf("%d requests arrived, want 1", n)
			}
			if done := hasRole(ctx, t, client.Reader(), "New"); done != want.done {
				t.Errorf("done: %v, want %v", done, want.done)
			}
			var refused *apiclient.Error
			if errors.As(err, &refused) && kind == sandbox.Throttle && refused.RetryAfter != 7*time.Second {
				t.Errorf("retry after %v", refused.RetryAfter)
			}
		})
	}
}

func hasRole(ctx context.Context, t *testing.T, reader apiclient.Reader, name string) bool {
	t.Helper()
	for role, err := range reader.Roles(here).Each(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if role.Name == name {
			return true
		}
	}
	return false
}

func TestAFaultOnAReadIsNeverAnEmptyList(t *testing.T) {
	for _, kind := range sandbox.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			box, as := play(t, sandbox.Faults{})
			box.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: kind, Times: -1}}})
			reader := as(sandbox.AdminKey, func(c *apiclient.Config) {
				c.MaxBody = 1 << 20
				c.Timeouts.Header = 200 * time.Millisecond
			}).Reader()
			ctx := testContext(t)
			if rows, err := reader.Roles(here).Rows(ctx, 500, 0); err == nil || errors.Is(err, apiclient.ErrUnknownOutcome) || len(rows.Results) > 0 {
				t.Errorf("rows: %d and %v", len(rows.Results), err)
			}
			if rows, err := walk(ctx, reader); err == nil || rows > 0 {
				t.Errorf("each: %d and %v", rows, err)
			}
		})
	}
}

func TestWhetherRotationsAreOpenIsFoundOutWithoutAny(t *testing.T) {
	for _, closed := range []bool{false, true} {
		box, as := play(t, sandbox.Faults{CloseActions: closed})
		client, ctx := as(sandbox.AdminKey), testContext(t)
		before, err := client.Reader().Project(ctx, here, sandbox.ProjectWeb)
		if err != nil {
			t.Fatal(err)
		}
		box.ForgetRequests()
		err = client.Reader().ProbeRotation(ctx)
		if closed && !errors.Is(err, apiclient.ErrClosedToKeys) || !closed && err != nil {
			t.Errorf("closed %t: %v", closed, err)
		}
		asked := box.Requests()
		if len(asked) != 1 || asked[0].Path != "/api/organizations/00000000-0000-0000-0000-000000000000/projects/0/rotate_secret_token/" {
			t.Errorf("it asked %+v", asked)
		}
		after, err := client.Reader().Project(ctx, here, sandbox.ProjectWeb)
		if err != nil || !after.SecretAPIToken.Equal(*before.SecretAPIToken) {
			t.Errorf("the token was rotated (%v)", err)
		}
	}
}

func TestAnAnswerThatIsNotAboutTheOrganizationDoesNotOpenRotations(t *testing.T) {
	for status, body := range map[int]string{
		404: `{"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}`,
		429: `{"type":"throttled_error","code":"throttled","detail":"Request was throttled.","attr":null}`,
		401: `{"type":"authentication_error","code":"authentication_failed","detail":"No.","attr":null}`,
		200: `{}`,
	} {
		s := newStage(t)
		s.broken(status, body)
		if err := s.reader(t).ProbeRotation(testContext(t)); err == nil || errors.Is(err, apiclient.ErrClosedToKeys) {
			t.Errorf("%d: %v", status, err)
		}
		if seen := s.seen(); len(seen) != 1 {
			t.Errorf("%d: it went out %d times", status, len(seen))
		}
	}
}

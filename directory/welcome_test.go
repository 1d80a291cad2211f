package directory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// What the page is composed from, by the end of the path.
const (
	membersPath      = "/members/"
	organizationPath = "/organizations/@current/"
	mePath           = "/users/@me/"
	keyPath          = "/personal_api_keys/@current/"
)

// untold are the sections that no other read tells of.
func untold() []directory.WelcomeSection {
	return []directory.WelcomeSection{
		directory.WelcomeInviter, directory.WelcomeRecentActivity, directory.WelcomePopularDashboards,
		directory.WelcomeProductsInUse, directory.WelcomeSuggestedNextSteps,
	}
}

// besidesUntold are the sections that are left out when these are as well.
func besidesUntold(more ...directory.WelcomeSection) []directory.WelcomeSection {
	return slices.DeleteFunc(directory.WelcomeSections(), func(section directory.WelcomeSection) bool {
		return !slices.Contains(untold(), section) && !slices.Contains(more, section)
	})
}

func TestAnOpenWelcomePageIsTheAPIsOwn(t *testing.T) {
	backend := harness.Backend(t, sandbox.Options{})
	org := readerOf(t, backend.URL, sandbox.AdminKey, nil)
	want, err := org.API().Welcome(t.Context(), org.OrganizationID())
	if err != nil {
		t.Fatal(err)
	}
	backend.Sandbox.ForgetRequests()
	got, err := org.Welcome(t.Context())
	if err != nil || !reflect.DeepEqual(got, directory.WelcomePage{Welcome: want}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, section := range directory.WelcomeSections() {
		if !got.Has(section) {
			t.Errorf("%s is left out", section)
		}
	}
	if requests := backend.Sandbox.Requests(); len(requests) != 1 {
		t.Errorf("%d requests were sent", len(requests))
	}
}

func TestAClosedWelcomePageSaysTheSameInWhatItSays(t *testing.T) {
	for name, test := range map[string]struct {
		key          string
		organization apiclient.OrganizationID
		later        time.Duration // how long after the last sign-in the page is read
		leftOut      []directory.WelcomeSection
	}{
		"administrator":              {key: sandbox.AdminKey, organization: apiclient.CurrentOrganization, leftOut: untold()},
		"by the organization's id":   {key: sandbox.AdminKey, organization: sandbox.Organization, leftOut: untold()},
		"owner, whom nobody invited": {key: sandbox.OwnerKey, organization: apiclient.CurrentOrganization, leftOut: untold()},
		"plain member":               {key: sandbox.MemberKey, organization: apiclient.CurrentOrganization, leftOut: untold()},
		"key that only reads":        {key: sandbox.ReadOnlyKey, organization: apiclient.CurrentOrganization, leftOut: untold()},
		"some days later":            {key: sandbox.AdminKey, organization: apiclient.CurrentOrganization, later: 6*24*time.Hour + 20*time.Hour + 30*time.Minute, leftOut: untold()},
		"months later":               {key: sandbox.AdminKey, organization: apiclient.CurrentOrganization, later: 60 * 24 * time.Hour, leftOut: untold()},
		"another organization than the current one": {
			key: sandbox.OwnerKey, organization: sandbox.OtherOrganization, leftOut: besidesUntold(directory.WelcomeFirstUser),
		},
	} {
		t.Run(name, func(t *testing.T) {
			// The people signed in at distances from the first reading of the clock.
			var seeded atomic.Bool
			backend := harness.Backend(t, sandbox.Options{Now: func() time.Time {
				if seeded.Load() {
					return time.Now()
				}
				return time.Now().Add(-test.later)
			}})
			if err := backend.Sandbox.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			seeded.Store(true)
			org := readerOf(t, backend.URL, test.key, nil).In(test.organization)
			open, err := org.Welcome(t.Context())
			if err != nil || len(open.TeamMembers) == 0 {
				t.Fatalf("got %+v, %v", open, err)
			}

			backend.Sandbox.SetFaults(sandbox.Faults{CloseActions: true})
			want := directory.WelcomePage{LeftOut: test.leftOut, Welcome: apiclient.Welcome{
				OrganizationName: open.OrganizationName, TeamMembers: open.TeamMembers,
			}}
			if want.Has(directory.WelcomeFirstUser) {
				want.IsOrganizationFirstUser = open.IsOrganizationFirstUser
			}
			for range 2 {
				if got, err := org.Welcome(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
				}
			}
		})
	}
}

func TestTheOwnerWhomNobodyInvitedIsTheFirstUser(t *testing.T) {
	for key, first := range map[string]bool{sandbox.OwnerKey: true, sandbox.AdminKey: false} {
		backend := harness.Backend(t, closed())
		page, err := readerOf(t, backend.URL, key, nil).Welcome(t.Context())
		if err != nil || !page.Has(directory.WelcomeFirstUser) || page.IsOrganizationFirstUser != first {
			t.Errorf("%s: got %+v, %v", key, page, err)
		}
	}
}

// colleague is a row of members.
func colleague(id int, name string, level apiclient.Level, login *time.Time) apiclient.OrganizationMember {
	uuid := fmt.Sprintf("0190f3a2-2000-7000-8000-0000000%05d", id)
	return apiclient.OrganizationMember{
		ID: apiclient.MemberID(uuid), Level: level, LastLogin: login,
		User: apiclient.UserBasic{ID: id, UUID: apiclient.UserID(uuid), FirstName: name, LastName: "Last", Email: fmt.Sprintf("person%d@example.com", id)},
	}
}

func TestColleaguesAreThoseWhoSignedInLast(t *testing.T) {
	ago := func(d time.Duration) *time.Time {
		login := time.Now().Add(-d)
		return &login
	}
	const day = 24 * time.Hour
	rows := []apiclient.OrganizationMember{
		colleague(901, "Never, newer", apiclient.LevelMember, nil),
		colleague(902, "Never, older", apiclient.LevelOwner, nil),
		colleague(903, "", apiclient.LevelMember, ago(8*day)),
		colleague(904, "Week", apiclient.LevelOwner, ago(6*day)),
		colleague(905, "Ahead", apiclient.LevelAdministrator, ago(-time.Hour)), // its clock is ahead of ours
		colleague(906, "Yesterday", apiclient.Level(3), ago(23*time.Hour)),
	}
	me := colleague(3, "Me", apiclient.LevelAdministrator, ago(0))
	me.User.UUID = sandbox.AdminUser
	rows = append(rows, me)
	backend := harness.Backend(t, closed())
	org := readerOf(t, backend.URL, sandbox.AdminKey, answering{membersPath: listing(rows)})
	page, err := org.Welcome(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []apiclient.WelcomeTeamMember{
		{Name: "Ahead", Email: "person905@example.com", Role: "administrator", LastActive: "today"},
		{Name: "Yesterday", Email: "person906@example.com", Role: "level 3", LastActive: "today"},
		{Name: "Week", Email: "person904@example.com", Role: "owner", LastActive: "this_week"},
		{Name: "person903", Email: "person903@example.com", Role: "member", LastActive: "inactive"},
		{Name: "Never, newer", Email: "person901@example.com", Role: "member", LastActive: "never"},
		{Name: "Never, older", Email: "person902@example.com", Role: "owner", LastActive: "never"},
	}
	if !slices.Equal(page.TeamMembers, want) {
		t.Errorf("got %+v", page.TeamMembers)
	}
}

func TestSomebodyAloneHasAnEmptyListOfColleagues(t *testing.T) {
	me := colleague(3, "Me", apiclient.LevelOwner, nil)
	me.User.UUID = sandbox.AdminUser
	backend := harness.Backend(t, closed())
	org := readerOf(t, backend.URL, sandbox.AdminKey, answering{membersPath: listing([]apiclient.OrganizationMember{me})})
	page, err := org.Welcome(t.Context())
	if err != nil || page.TeamMembers == nil || len(page.TeamMembers) != 0 || !page.Has(directory.WelcomeTeamMembers) {
		t.Errorf("got %+v, %v", page, err)
	}
}

// Nobody can say who signed in last of people who were not all read.
func TestColleaguesBeyondCountingAreLeftOut(t *testing.T) {
	rows := make([]apiclient.OrganizationMember, 5001)
	for i := range rows {
		rows[i] = colleague(i+1, "Somebody", apiclient.LevelMember, nil)
	}
	var requests atomic.Int32
	list := listing(rows)
	backend := harness.Backend(t, closed())
	org := readerOf(t, backend.URL, sandbox.AdminKey, answering{membersPath: func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		list(w, r)
	}})
	page, err := org.Welcome(t.Context())
	if err != nil || page.OrganizationName != sandbox.OrganizationName || !slices.Equal(page.LeftOut, besidesUntold(directory.WelcomeTeamMembers)) {
		t.Errorf("got %+v, %v", page, err)
	}
	if requests.Load() != 50 {
		t.Errorf("%d pages were read", requests.Load())
	}
}

func TestAReadThatIsRefusedCostsOnlyItsSection(t *testing.T) {
	scope := func(name string) http.HandlerFunc {
		return refused(http.StatusForbidden, "API key missing required scope '"+name+"'")
	}
	members, organization, user := scope("organization_member:read"), scope("organization:read"), scope("user:read")
	whole := func(t *testing.T) apiclient.Welcome {
		backend := harness.Backend(t, sandbox.Options{})
		page, err := readerOf(t, backend.URL, sandbox.AdminKey, nil).Welcome(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return page.Welcome
	}(t)
	for name, test := range map[string]struct {
		answers answering
		leftOut []directory.WelcomeSection // besides the untold
		closed  bool                       // nothing is left
	}{
		"members": {answers: answering{membersPath: members}, leftOut: []directory.WelcomeSection{directory.WelcomeTeamMembers}},
		// The owner of the key tells the name as well.
		"organization": {answers: answering{organizationPath: organization}},
		// The key's own record tells which of the members is the caller.
		"user": {answers: answering{mePath: user}, leftOut: []directory.WelcomeSection{directory.WelcomeFirstUser}},
		"user, and no record of the key": {
			answers: answering{mePath: user, keyPath: refused(http.StatusNotFound, "Not found.")},
			leftOut: []directory.WelcomeSection{directory.WelcomeFirstUser, directory.WelcomeTeamMembers},
		},
		"user, with an OAuth token": {
			answers: answering{mePath: user, keyPath: refused(http.StatusUnauthorized, "Personal API key found in request Authorization header is invalid.")},
			leftOut: []directory.WelcomeSection{directory.WelcomeFirstUser, directory.WelcomeTeamMembers},
		},
		"organization and members": {
			answers: answering{organizationPath: organization, membersPath: members},
			leftOut: []directory.WelcomeSection{directory.WelcomeTeamMembers},
		},
		"organization and user": {
			answers: answering{organizationPath: organization, mePath: user},
			leftOut: []directory.WelcomeSection{directory.WelcomeOrganizationName, directory.WelcomeFirstUser},
		},
		"in words that nobody knows": {
			answers: answering{membersPath: refused(http.StatusForbidden, "Not today.")},
			leftOut: []directory.WelcomeSection{directory.WelcomeTeamMembers},
		},
		"all": {answers: answering{membersPath: members, organizationPath: organization, mePath: user}, closed: true},
	} {
		t.Run(name, func(t *testing.T) {
			backend := harness.Backend(t, closed())
			org := readerOf(t, backend.URL, sandbox.AdminKey, test.answers)
			for range 2 {
				page, err := org.Welcome(t.Context())
				if test.closed {
					if !errors.Is(err, apiclient.ErrClosedToKeys) {
						t.Errorf("got %+v, %v", page, err)
					}
					continue
				}
				if err != nil || !slices.Equal(page.LeftOut, besidesUntold(test.leftOut...)) {
					t.Fatalf("left out %v, %v", page.LeftOut, err)
				}
				if page.Has(directory.WelcomeOrganizationName) != (page.OrganizationName == whole.OrganizationName) {
					t.Errorf("name %q", page.OrganizationName)
				}
				if page.Has(directory.WelcomeTeamMembers) != slices.Equal(page.TeamMembers, whole.TeamMembers) {
					t.Errorf("colleagues %+v", page.TeamMembers)
				}
			}
		})
	}
}

func TestAnyOtherFailureOfAReadFailsThePage(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		is     error
	}{
		"wrong key":         {refused(http.StatusUnauthorized, ""), apiclient.ErrUnauthorized},
		"throttled":         {refused(http.StatusTooManyRequests, ""), apiclient.ErrThrottled},
		"server fault":      {refused(http.StatusBadGateway, ""), apiclient.ErrServer},
		"not found":         {refused(http.StatusNotFound, "Not found."), apiclient.ErrNotFound},
		"unreadable":        {func(http.ResponseWriter, *http.Request) {}, apiclient.ErrUnreadableBody},
		"keys switched off": {refused(http.StatusForbidden, "Organization 'X' does not allow using personal API keys."), apiclient.ErrKeysSwitchedOff},
	} {
		for _, path := range []string{membersPath, organizationPath, mePath} {
			t.Run(name+" "+path, func(t *testing.T) {
				backend := harness.Backend(t, closed())
				page, err := readerOf(t, backend.URL, sandbox.AdminKey, answering{path: test.answer}).Welcome(t.Context())
				if !errors.Is(err, test.is) || !reflect.DeepEqual(page, directory.WelcomePage{}) {
					t.Errorf("got %+v, %v", page, err)
				}
			})
		}
	}
	t.Run("the key's record", func(t *testing.T) {
		backend := harness.Backend(t, closed())
		_, err := readerOf(t, backend.URL, sandbox.AdminKey, answering{
			mePath: refused(http.StatusForbidden, ""), keyPath: refused(http.StatusInternalServerError, ""),
		}).Welcome(t.Context())
		if !errors.Is(err, apiclient.ErrServer) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAWelcomePageIsRefusedAlikeWhereItIsClosedToKeys(t *testing.T) {
	for name, test := range map[string]struct {
		key          string
		organization apiclient.OrganizationID
		faults       sandbox.Faults
		is           error
	}{
		"confined to another organization": {key: sandbox.ScopedKey, organization: sandbox.Organization, is: apiclient.ErrKeyConfined},
		"confined to a project":            {key: sandbox.ProjectKey, organization: sandbox.Organization, is: apiclient.ErrKeyConfined},
		"not a member":                     {key: sandbox.AdminKey, organization: sandbox.OtherOrganization, is: apiclient.ErrNoAccess},
		"unknown organization":             {key: sandbox.AdminKey, organization: "00000000-0000-4000-8000-000000000000", is: apiclient.ErrNotFound},
		"members' keys switched off":       {key: sandbox.MemberKey, organization: sandbox.Organization, faults: sandbox.Faults{NoMemberKeys: true}, is: apiclient.ErrKeysSwitchedOff},
	} {
		t.Run(name, func(t *testing.T) {
			for _, close := range []bool{false, true} {
				test.faults.CloseActions = close
				backend := harness.Backend(t, sandbox.Options{Faults: test.faults})
				page, err := readerOf(t, backend.URL, test.key, nil).In(test.organization).Welcome(t.Context())
				if !errors.Is(err, test.is) || errors.Is(err, apiclient.ErrClosedToKeys) {
					t.Errorf("closed %v: got %+v, %v", close, page, err)
				}
			}
		})
	}
}

// listing answers a list as the API does.
func listing(rows []apiclient.OrganizationMember) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, offset := 100, 0
		for name, into := range map[string]*int{"limit": &limit, "offset": &offset} {
			if number, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
				*into = number
			}
		}
		end := min(offset+limit, len(rows))
		page := apiclient.Page[apiclient.OrganizationMember]{Count: len(rows), Results: rows[min(offset, end):end]}
		if end < len(rows) {
			next := fmt.Sprintf("http://%s%s?limit=%d&offset=%d", r.Host, r.URL.Path, limit, end)
			page.Next = &next
		}
		_ = json.NewEncoder(w).Encode(page)
	}
}

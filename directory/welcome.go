package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sourcegraph/conc"

	"posthog-org-mcp/apiclient"
)

// WelcomePage is the welcome page, or as much of it as the key may read.
type WelcomePage struct {
	apiclient.Welcome
	// LeftOut are the sections that could not be read, in the page's order.
	// They are zero in Welcome. Empty when the page is the API's own.
	LeftOut []WelcomeSection
}

// Has reports whether a section was read.
func (p WelcomePage) Has(section WelcomeSection) bool { return !slices.Contains(p.LeftOut, section) }

// A WelcomeSection is a field of the welcome page, by the API's name.
type WelcomeSection string

// The sections of the welcome page.
const (
	WelcomeOrganizationName   WelcomeSection = "organization_name"
	WelcomeInviter            WelcomeSection = "inviter"
	WelcomeTeamMembers        WelcomeSection = "team_members"
	WelcomeRecentActivity     WelcomeSection = "recent_activity"
	WelcomePopularDashboards  WelcomeSection = "popular_dashboards"
	WelcomeProductsInUse      WelcomeSection = "products_in_use"
	WelcomeSuggestedNextSteps WelcomeSection = "suggested_next_steps"
	WelcomeFirstUser          WelcomeSection = "is_organization_first_user"
)

// WelcomeSections returns all sections, in the page's order.
func WelcomeSections() []WelcomeSection {
	return []WelcomeSection{
		WelcomeOrganizationName, WelcomeInviter, WelcomeTeamMembers, WelcomeRecentActivity,
		WelcomePopularDashboards, WelcomeProductsInUse, WelcomeSuggestedNextSteps, WelcomeFirstUser,
	}
}

// Welcome reads the welcome page of the key's owner (GET welcome/current/).
// Where the server opens that to no key, the page is composed from other reads.
// A key that may make none of those gets the refusal, apiclient.ErrClosedToKeys.
func (r Reader) Welcome(ctx context.Context) (WelcomePage, error) {
	page, err := unlessClosed(&r.closed.welcome, func() (apiclient.Welcome, error) {
		return r.api.Welcome(ctx, r.organization)
	})
	if !errors.Is(err, apiclient.ErrClosedToKeys) {
		return WelcomePage{Welcome: page}, err
	}
	composed, failure := r.composeWelcome(ctx)
	switch {
	case failure != nil:
		return WelcomePage{}, fmt.Errorf("put the welcome page together: %w", failure)
	case len(composed.LeftOut) == len(WelcomeSections()):
		return WelcomePage{}, err
	}
	return composed, nil
}

// composeWelcome puts together what can be had from the organization, its
// members and the key's owner. No read tells of the rest.
func (r Reader) composeWelcome(ctx context.Context) (WelcomePage, error) {
	sources, err := r.readWelcomeSources(ctx)
	if err != nil {
		return WelcomePage{}, err
	}
	var page WelcomePage
	var read []WelcomeSection
	if page.OrganizationName = sources.organizationName(r.organization); page.OrganizationName != "" {
		read = append(read, WelcomeOrganizationName)
	}
	if page.TeamMembers = sources.teamMembers(time.Now()); page.TeamMembers != nil {
		read = append(read, WelcomeTeamMembers)
	}
	if first := sources.firstUser(r.organization); first != nil {
		page.IsOrganizationFirstUser = *first
		read = append(read, WelcomeFirstUser)
	}
	page.LeftOut = slices.DeleteFunc(WelcomeSections(), func(section WelcomeSection) bool {
		return slices.Contains(read, section)
	})
	return page, nil
}

// welcomeSources are what a welcome page is composed from. What the key may not
// read is nil.
type welcomeSources struct {
	organization *apiclient.Organization
	members      *apiclient.Rows[apiclient.OrganizationMember]
	me           *apiclient.CurrentUser
	key          *apiclient.PersonalAPIKey // read only in place of me
}

// readWelcomeSources reads side by side, each as far as the key may.
func (r Reader) readWelcomeSources(ctx context.Context) (welcomeSources, error) {
	var sources welcomeSources
	var organization, members, me error
	var reads conc.WaitGroup // a panic goes on in Wait, where it is caught
	reads.Go(func() { sources.organization, organization = allowed(r.Organization(ctx)) })
	reads.Go(func() {
		sources.members, members = allowed(r.Members(apiclient.MemberFilter{}).Rows(ctx, maxScanned, 0))
	})
	reads.Go(func() { sources.me, me = allowed(r.api.CurrentUser(ctx)) })
	reads.Wait()
	// The members come first because they are refused in the same words as the
	// welcome page: both are below the organization.
	for _, err := range []error{members, organization, me} {
		if err != nil {
			return welcomeSources{}, err
		}
	}
	if sources.me == nil && sources.members != nil {
		var err error
		if sources.key, err = r.readKey(ctx); err != nil {
			return welcomeSources{}, err
		}
	}
	return sources, nil
}

// allowed turns a 403 into nothing read. Three of them stay errors, as they are
// about the organization as a whole: the welcome page would be refused as well.
func allowed[T any](value T, err error) (*T, error) {
	switch {
	case err == nil:
		return &value, nil
	case errors.Is(err, apiclient.ErrKeysSwitchedOff), errors.Is(err, apiclient.ErrKeyConfined), errors.Is(err, apiclient.ErrNoAccess):
		return nil, err
	case errors.Is(err, apiclient.ErrForbidden):
		return nil, nil
	}
	return nil, err
}

// readKey reads the key's own record, which takes no scope; nil where there is
// none to be had: older servers lack it, and OAuth tokens have none.
func (r Reader) readKey(ctx context.Context) (*apiclient.PersonalAPIKey, error) {
	key, err := r.api.CurrentKey(ctx)
	if errors.Is(err, apiclient.ErrForbidden) || errors.Is(err, apiclient.ErrNotFound) || errors.Is(err, apiclient.ErrUnauthorized) {
		return nil, nil
	}
	return &key, err
}

// organizationName is empty when unknown.
func (s welcomeSources) organizationName(id apiclient.OrganizationID) string {
	if s.organization != nil {
		return s.organization.Name
	}
	if s.me == nil {
		return ""
	}
	if id == apiclient.CurrentOrganization && s.me.Organization != nil {
		return s.me.Organization.Name
	}
	for _, organization := range s.me.Organizations {
		if sameID(string(organization.ID), string(id)) {
			return organization.Name
		}
	}
	return ""
}

// firstUser is nil when unknown. A user's record tells it of the current
// organization alone.
func (s welcomeSources) firstUser(id apiclient.OrganizationID) *bool {
	if s.me == nil || s.me.Organization == nil {
		return nil
	}
	if id != apiclient.CurrentOrganization && !sameID(string(s.me.Organization.ID), string(id)) {
		return nil
	}
	return s.me.IsOrganizationFirstUser
}

// maxTeamMembers is how many colleagues the page has room for.
const maxTeamMembers = 8

// teamMembers are the others, whoever signed in last first. Nil when that cannot
// be told: nobody knows which of them the caller is, or they are too many to be
// read whole.
func (s welcomeSources) teamMembers(now time.Time) []apiclient.WelcomeTeamMember {
	if s.members == nil || s.members.NextOffset != nil || s.me == nil && (s.key == nil || s.key.UserID == nil) {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(s.members.Results), func(member apiclient.OrganizationMember) bool {
		return s.isCaller(member.User)
	})
	// Equals stay as the API lists them, newest first.
	slices.SortStableFunc(others, func(a, b apiclient.OrganizationMember) int { return lastLogin(b).Compare(lastLogin(a)) })
	shown := []apiclient.WelcomeTeamMember{}
	for _, member := range others[:min(len(others), maxTeamMembers)] {
		shown = append(shown, apiclient.WelcomeTeamMember{
			Name:  firstName(member.User),
			Email: member.User.Email, Role: member.Level.String(), LastActive: lastActive(member.LastLogin, now),
		})
	}
	return shown
}

func (s welcomeSources) isCaller(user apiclient.UserBasic) bool {
	if s.me != nil {
		return sameID(string(user.UUID), string(s.me.UUID))
	}
	return user.ID == *s.key.UserID
}

// firstName is what the welcome page calls somebody.
func firstName(user apiclient.UserBasic) string {
	if user.FirstName != "" {
		return user.FirstName
	}
	return apiclient.UserBasic{Email: user.Email}.FullName()
}

// lastLogin is long ago for one who never signed in.
func lastLogin(member apiclient.OrganizationMember) time.Time {
	if member.LastLogin == nil {
		return time.Time{}
	}
	return *member.LastLogin
}

// lastActive says in the API's words how long ago somebody signed in.
func lastActive(login *time.Time, now time.Time) string {
	const day = 24 * time.Hour
	switch {
	case login == nil:
		return "never"
	case now.Sub(*login) <= day:
		return "today"
	case now.Sub(*login) <= 7*day:
		return "this_week"
	}
	return "inactive"
}

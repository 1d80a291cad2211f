package apiclient

import (
	"context"
	"time"
)

// Welcome is what a person who has just joined is shown about the organization.
type Welcome struct {
	OrganizationName string `json:"organization_name"`
	// Inviter is nil when nobody is on record.
	Inviter *WelcomeInviter `json:"inviter"`
	// TeamMembers are up to 8, most recently signed in first, without the caller.
	TeamMembers []WelcomeTeamMember `json:"team_members"`
	// RecentActivity is up to 10 of the last 30 days, newest first, one for each thing.
	RecentActivity []WelcomeActivity `json:"recent_activity"`
	// PopularDashboards are up to 3.
	PopularDashboards []WelcomeDashboard `json:"popular_dashboards"`
	// ProductsInUse are the products' keys, sorted.
	ProductsInUse []string `json:"products_in_use"`
	// SuggestedNextSteps are 1 to 3.
	SuggestedNextSteps      []WelcomeStep `json:"suggested_next_steps"`
	IsOrganizationFirstUser bool          `json:"is_organization_first_user"`
	// PosthogContact and SharedSlackChannelURL come from some newer servers, so far as null.
	PosthogContact        *WelcomeContact `json:"posthog_contact,omitempty"`
	SharedSlackChannelURL *string         `json:"shared_slack_channel_url,omitempty"`
}

// WelcomeInviter is who invited the caller.
type WelcomeInviter struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// WelcomeTeamMember is a colleague.
type WelcomeTeamMember struct {
	// Name is the first name, or the part of the address before the @.
	Name  string `json:"name"`
	Email string `json:"email"`
	// Avatar is the address of a picture; servers seen so far send null.
	Avatar *string `json:"avatar"`
	// Role is the level in words: member, administrator or owner.
	Role string `json:"role"`
	// LastActive is today, this_week, inactive or never.
	LastActive string `json:"last_active"`
}

// WelcomeActivity is something that a colleague did.
type WelcomeActivity struct {
	// Type is the kind of thing and what was done to it, such as Insight.created.
	Type       string `json:"type"`
	ActorName  string `json:"actor_name"`
	EntityName string `json:"entity_name"`
	// EntityURL is a path in the web app; nil when there is none.
	EntityURL *string   `json:"entity_url"`
	Timestamp time.Time `json:"timestamp"`
}

// WelcomeDashboard is a dashboard that people open often.
type WelcomeDashboard struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	// Description may be empty.
	Description string    `json:"description"`
	TeamID      ProjectID `json:"team_id"`
	// URL is a path in the web app.
	URL string `json:"url"`
}

// WelcomeStep is a thing that the caller might do next.
type WelcomeStep struct {
	Label string `json:"label"`
	// Href is a path in the web app.
	Href string `json:"href"`
	// Reason may be empty.
	Reason     string  `json:"reason"`
	DocsHref   *string `json:"docs_href,omitempty"`
	ProductKey *string `json:"product_key,omitempty"`
}

// WelcomeContact is a contact person at PostHog.
type WelcomeContact struct {
	Name string `json:"name"`
}

func (w *Welcome) missing() string {
	if w.OrganizationName == "" {
		return "organization_name"
	}
	return ""
}

// Welcome reads the welcome page of the key's owner (GET welcome/current/). Some
// servers open it to no key: ErrClosedToKeys.
func (r Reader) Welcome(ctx context.Context, organization OrganizationID) (Welcome, error) {
	return fetch[Welcome](ctx, r.core, get(welcomePath, organization))
}

package schemas

import "time"

// WelcomeCurrent are the arguments of welcome-current.
type WelcomeCurrent struct {
	Target
}

// Welcome is the result of welcome-current, in the API's own words.
type Welcome struct {
	OrganizationName        string             `json:"organization_name" jsonschema_description:"Name of the organization."`
	Inviter                 *WelcomeInviter    `json:"inviter,omitempty" jsonschema_description:"Who invited the key's owner; absent when nobody is on record."`
	TeamMembers             []WelcomeMember    `json:"team_members,omitzero" jsonschema_description:"Up to 8 colleagues, most recently signed in first."`
	RecentActivity          []WelcomeActivity  `json:"recent_activity,omitzero" jsonschema_description:"Up to 10 things of the last 30 days, newest first."`
	PopularDashboards       []WelcomeDashboard `json:"popular_dashboards,omitzero" jsonschema_description:"Up to 3."`
	ProductsInUse           []string           `json:"products_in_use,omitzero" jsonschema_description:"Product keys."`
	SuggestedNextSteps      []WelcomeStep      `json:"suggested_next_steps,omitzero" jsonschema_description:"1 to 3 things to do next."`
	IsOrganizationFirstUser *bool              `json:"is_organization_first_user,omitempty" jsonschema_description:"Whether nobody invited this person."`
	LeftOut                 []string           `json:"left_out,omitempty" jsonschema_description:"Sections that PostHog does not let this key read; the rest was put together from other reads."`
	Note                    string             `json:"note,omitempty" jsonschema_description:"What else to know."`
}

// WelcomeInviter is who invited the key's owner.
type WelcomeInviter struct {
	Name  string `json:"name" jsonschema_description:"Name."`
	Email string `json:"email" jsonschema_description:"E-mail address."`
}

// WelcomeMember is a colleague.
type WelcomeMember struct {
	Name       string `json:"name" jsonschema_description:"Name."`
	Email      string `json:"email" jsonschema_description:"E-mail address."`
	Avatar     string `json:"avatar,omitempty" jsonschema_description:"Address of a picture, if there is one."`
	Role       string `json:"role" jsonschema_description:"Level in words."`
	LastActive string `json:"last_active" jsonschema_description:"today, this_week, inactive or never."`
}

// WelcomeActivity is something that a colleague did.
type WelcomeActivity struct {
	Type       string    `json:"type" jsonschema_description:"Kind and deed, such as Insight.created."`
	ActorName  string    `json:"actor_name" jsonschema_description:"Who did it."`
	EntityName string    `json:"entity_name" jsonschema_description:"To what."`
	EntityURL  *string   `json:"entity_url" jsonschema:"nullable" jsonschema_description:"Path in the web app, or null."`
	Timestamp  time.Time `json:"timestamp" jsonschema_description:"When."`
}

// WelcomeDashboard is a dashboard that people open often.
type WelcomeDashboard struct {
	ID          int    `json:"id" jsonschema_description:"Dashboard id."`
	Name        string `json:"name" jsonschema_description:"Name."`
	Description string `json:"description" jsonschema_description:"May be empty."`
	TeamID      int    `json:"team_id" jsonschema_description:"Project id."`
	URL         string `json:"url" jsonschema_description:"Path in the web app."`
}

// WelcomeStep is a thing that the key's owner might do next.
type WelcomeStep struct {
	Label      string `json:"label" jsonschema_description:"What to do."`
	Href       string `json:"href" jsonschema_description:"Path in the web app."`
	Reason     string `json:"reason" jsonschema_description:"Why; may be empty."`
	DocsHref   string `json:"docs_href,omitempty" jsonschema_description:"Documentation."`
	ProductKey string `json:"product_key,omitempty" jsonschema_description:"Product."`
}

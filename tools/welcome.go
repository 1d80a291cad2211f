package tools

import (
	"context"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

var welcomeCurrent = Read[schemas.WelcomeCurrent, schemas.Welcome]{
	Name: "welcome-current", Title: "Read the welcome page",
	Description: "Read the welcome page as the key's owner sees it: inviter, colleagues, recent activity, popular dashboards, next steps. Somebody else's differs in inviter and next steps. Paths are relative to the PostHog site.",
	Operation:   "GET welcome/current/", // PostHog publishes no scope for it.
	Do: func(ctx context.Context, org directory.Reader, _ schemas.WelcomeCurrent) (schemas.Welcome, error) {
		page, err := org.Welcome(ctx)
		if err != nil {
			return schemas.Welcome{}, err
		}
		return welcomePage(page), nil
	},
}

// welcomePage says the same as the API's page; lists are never null.
func welcomePage(page apiclient.Welcome) schemas.Welcome {
	result := schemas.Welcome{
		OrganizationName:        page.OrganizationName,
		TeamMembers:             []schemas.WelcomeMember{},
		RecentActivity:          []schemas.WelcomeActivity{},
		PopularDashboards:       []schemas.WelcomeDashboard{},
		ProductsInUse:           append([]string{}, page.ProductsInUse...),
		SuggestedNextSteps:      []schemas.WelcomeStep{},
		IsOrganizationFirstUser: page.IsOrganizationFirstUser,
	}
	if page.Inviter != nil {
		result.Inviter = &schemas.WelcomeInviter{Name: page.Inviter.Name, Email: page.Inviter.Email}
	}
	for _, member := range page.TeamMembers {
		result.TeamMembers = append(result.TeamMembers, schemas.WelcomeMember{
			Name: member.Name, Email: member.Email, Avatar: value(member.Avatar), Role: member.Role, LastActive: member.LastActive,
		})
	}
	for _, activity := range page.RecentActivity {
		result.RecentActivity = append(result.RecentActivity, schemas.WelcomeActivity{
			Type: activity.Type, ActorName: activity.ActorName, EntityName: activity.EntityName,
			EntityURL: activity.EntityURL, Timestamp: activity.Timestamp.Truncate(time.Second),
		})
	}
	for _, dashboard := range page.PopularDashboards {
		result.PopularDashboards = append(result.PopularDashboards, schemas.WelcomeDashboard{
			ID: dashboard.ID, Name: dashboard.Name, Description: dashboard.Description, TeamID: int(dashboard.TeamID), URL: dashboard.URL,
		})
	}
	for _, step := range page.SuggestedNextSteps {
		result.SuggestedNextSteps = append(result.SuggestedNextSteps, schemas.WelcomeStep{
			Label: step.Label, Href: step.Href, Reason: step.Reason, DocsHref: value(step.DocsHref), ProductKey: value(step.ProductKey),
		})
	}
	return result
}

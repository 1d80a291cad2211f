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
	Description: "The key owner's welcome page: inviter, colleagues, recent activity, popular dashboards, next steps. Paths are relative to PostHog's site.",
	Operation:   "GET welcome/current/", // PostHog publishes no scope for it.
	Do: func(ctx context.Context, org Reader, _ schemas.WelcomeCurrent) (schemas.Welcome, error) {
		page, err := org.Welcome(ctx)
		if err != nil {
			return schemas.Welcome{}, err
		}
		return welcomePage(page), nil
	},
}

// welcomePage says the same as the directory's page. A section that was left out
// is absent, and named.
func welcomePage(page directory.WelcomePage) schemas.Welcome {
	result := schemas.Welcome{
		OrganizationName:   page.OrganizationName,
		TeamMembers:        welcomeRows(page, directory.WelcomeTeamMembers, page.TeamMembers, welcomeMember),
		RecentActivity:     welcomeRows(page, directory.WelcomeRecentActivity, page.RecentActivity, welcomeActivity),
		PopularDashboards:  welcomeRows(page, directory.WelcomePopularDashboards, page.PopularDashboards, welcomeDashboard),
		ProductsInUse:      welcomeRows(page, directory.WelcomeProductsInUse, page.ProductsInUse, func(product string) string { return product }),
		SuggestedNextSteps: welcomeRows(page, directory.WelcomeSuggestedNextSteps, page.SuggestedNextSteps, welcomeStep),
	}
	if page.Inviter != nil {
		result.Inviter = &schemas.WelcomeInviter{Name: page.Inviter.Name, Email: page.Inviter.Email}
	}
	if page.Has(directory.WelcomeFirstUser) {
		result.IsOrganizationFirstUser = &page.IsOrganizationFirstUser
	}
	for _, section := range page.LeftOut {
		result.LeftOut = append(result.LeftOut, string(section))
	}
	return result
}

// welcomeRows is nil for a section that was left out, and never nil for one that
// was read: an empty list is said to be empty.
func welcomeRows[From, To any](page directory.WelcomePage, section directory.WelcomeSection, rows []From, row func(From) To) []To {
	if !page.Has(section) {
		return nil
	}
	result := make([]To, len(rows))
	for i := range rows {
		result[i] = row(rows[i])
	}
	return result
}

func welcomeMember(member apiclient.WelcomeTeamMember) schemas.WelcomeMember {
	return schemas.WelcomeMember{
		Name: member.Name, Email: member.Email, Avatar: value(member.Avatar), Role: member.Role, LastActive: member.LastActive,
	}
}

func welcomeActivity(activity apiclient.WelcomeActivity) schemas.WelcomeActivity {
	return schemas.WelcomeActivity{
		Type: activity.Type, ActorName: activity.ActorName, EntityName: activity.EntityName,
		EntityURL: activity.EntityURL, Timestamp: activity.Timestamp.Truncate(time.Second),
	}
}

func welcomeDashboard(dashboard apiclient.WelcomeDashboard) schemas.WelcomeDashboard {
	return schemas.WelcomeDashboard{
		ID: dashboard.ID, Name: dashboard.Name, Description: dashboard.Description, TeamID: int(dashboard.TeamID), URL: dashboard.URL,
	}
}

func welcomeStep(step apiclient.WelcomeStep) schemas.WelcomeStep {
	return schemas.WelcomeStep{
		Label: step.Label, Href: step.Href, Reason: step.Reason, DocsHref: value(step.DocsHref), ProductKey: value(step.ProductKey),
	}
}

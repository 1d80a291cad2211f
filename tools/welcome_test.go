package tools_test

import (
	"slices"
	"testing"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
)

func TestAWelcomePageThatIsClosedToKeysNamesWhatItLacks(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	open := call[schemas.Welcome](t, s, "welcome-current", `{}`)
	s.sandbox.SetFaults(sandbox.Faults{CloseActions: true})
	got := call[schemas.Welcome](t, s, "welcome-current", `{}`)
	if got.OrganizationName != open.OrganizationName || !slices.Equal(got.TeamMembers, open.TeamMembers) || got.IsOrganizationFirstUser == nil {
		t.Errorf("got %+v", got)
	}
	if got.Inviter != nil || got.RecentActivity != nil || got.PopularDashboards != nil || got.ProductsInUse != nil || got.SuggestedNextSteps != nil {
		t.Errorf("sections that nobody read: %+v", got)
	}
	leftOut := []string{"inviter", "recent_activity", "popular_dashboards", "products_in_use", "suggested_next_steps"}
	if !slices.Equal(got.LeftOut, leftOut) {
		t.Errorf("left out %v", got.LeftOut)
	}
}

func TestAnEmptySectionOfAnOpenWelcomePageIsThereAllTheSame(t *testing.T) {
	for _, organization := range []string{sandbox.Organization, sandbox.OtherOrganization} {
		s := newStage(t, sandbox.OwnerKey)
		got := call[schemas.Welcome](t, s, "welcome-current", args("organization_id", organization))
		if got.TeamMembers == nil || got.RecentActivity == nil || got.PopularDashboards == nil || got.ProductsInUse == nil ||
			got.SuggestedNextSteps == nil || got.IsOrganizationFirstUser == nil || got.LeftOut != nil {
			t.Errorf("got %+v", got)
		}
	}
}

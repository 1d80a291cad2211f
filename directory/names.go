package directory

import (
	"context"
	"fmt"

	"posthog-org-mcp/apiclient"
)

// RoleNames are the names of the organization's roles by id (GET roles/), for
// answers that would otherwise hold ids alone.
func (r Reader) RoleNames(ctx context.Context) (map[apiclient.RoleID]string, error) {
	rows, err := apiclient.As[roleName](r.Roles()).Rows(ctx, maxScanned, 0)
	if err != nil {
		return nil, fmt.Errorf("list the roles: %w", err)
	}
	names := make(map[apiclient.RoleID]string, len(rows.Results))
	for _, row := range rows.Results {
		names[apiclient.RoleID(row.ID)] = row.Name
	}
	return names, nil
}

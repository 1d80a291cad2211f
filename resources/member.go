package resources

import (
	"context"
	"fmt"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// memberText is what posthog-org://members/{member} holds.
type memberText struct {
	Member memberDetail       `json:"member"`
	Roles  []schemas.RoleName `json:"roles"`
}

type memberDetail struct {
	UserUUID  string  `json:"user_uuid"`
	Name      string  `json:"name"`
	Email     string  `json:"email"`
	Level     string  `json:"level"`
	JoinedAt  string  `json:"joined_at"`  // a date
	LastLogin *string `json:"last_login"` // a date; null when never
}

// roleWithUsers is a role decoded into just who is in it.
type roleWithUsers struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Members []struct {
		User struct {
			UUID apiclient.UserID `json:"uuid"`
		} `json:"user"`
	} `json:"members"`
}

// maxScanned bounds how many rows are read to find something in a list.
const maxScanned = 5000

func readMember(ctx context.Context, org tools.Reader, ref string) (memberText, error) {
	member, err := org.Member(ctx, ref)
	if err != nil {
		return memberText{}, err
	}
	roles, err := apiclient.As[roleWithUsers](org.Roles()).Rows(ctx, maxScanned, 0)
	if err != nil {
		return memberText{}, fmt.Errorf("list the roles: %w", err)
	}
	text := memberText{
		Member: memberDetail{
			UserUUID: string(member.User.UUID), Name: member.User.FullName(), Email: member.User.Email,
			Level: member.Level.String(), JoinedAt: date(member.JoinedAt),
		},
		Roles: []schemas.RoleName{},
	}
	if member.LastLogin != nil {
		login := date(*member.LastLogin)
		text.Member.LastLogin = &login
	}
	for _, role := range roles.Results {
		for i := range role.Members {
			if role.Members[i].User.UUID == member.User.UUID {
				text.Roles = append(text.Roles, schemas.RoleName{ID: role.ID, Name: role.Name})
				break
			}
		}
	}
	return text, nil
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

package apiclient

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// UserBasic is a person, as other objects nest it.
type UserBasic struct {
	// ID is a number that no operation of this package takes.
	ID   int    `json:"id"`
	UUID UserID `json:"uuid"`
	// DistinctID is the id in PostHog's own analytics.
	DistinctID *string `json:"distinct_id"`
	// FirstName and LastName may be empty.
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	// IsEmailVerified is nil on accounts older than the check.
	IsEmailVerified *bool           `json:"is_email_verified"`
	HedgehogConfig  *HedgehogConfig `json:"hedgehog_config"`
	// RoleAtOrganization is what the person said they work as: engineering, data,
	// product, founder, leadership, marketing, sales, student, other, or newer words.
	RoleAtOrganization *string `json:"role_at_organization"`
}

// FullName is the person's name as it is shown; the part of the address before
// the @ stands in when no name is known.
func (u UserBasic) FullName() string {
	name := strings.TrimSpace(u.FirstName + " " + u.LastName)
	if name == "" {
		name, _, _ = strings.Cut(u.Email, "@")
	}
	return name
}

// HedgehogConfig is the avatar of a user.
type HedgehogConfig struct {
	UseAsProfile *bool    `json:"use_as_profile,omitempty"`
	Color        *string  `json:"color,omitempty"`
	Accessories  []string `json:"accessories,omitzero"`
	Skin         *string  `json:"skin,omitempty"`
}

// UnmarshalJSON leaves out what is of another type than documented: an avatar
// must not make a list of people unreadable.
func (h *HedgehogConfig) UnmarshalJSON(data []byte) error {
	type plain HedgehogConfig
	err := json.Unmarshal(data, (*plain)(h))
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return nil
	}
	return err
}

// OrganizationMember is a person's membership of the organization.
type OrganizationMember struct {
	ID        MemberID  `json:"id"`
	User      UserBasic `json:"user"`
	Level     Level     `json:"level"`
	JoinedAt  time.Time `json:"joined_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Is2FAEnabled tells whether a confirmed second factor is set up.
	Is2FAEnabled  bool `json:"is_2fa_enabled"`
	HasSocialAuth bool `json:"has_social_auth"`
	// LastLogin is nil when the person never signed in.
	LastLogin *time.Time `json:"last_login"`
	// SearchMatchType is how the row met MemberFilter.Search, on newer servers:
	// exact or similar.
	SearchMatchType *string `json:"search_match_type,omitempty"`
}

// MemberOrder is the order of a list of members.
type MemberOrder string

// The orders of the API. The server's own is NewestFirst.
const (
	NewestFirst MemberOrder = "-joined_at"
	OldestFirst MemberOrder = "joined_at"
)

// MemberFilter narrows and orders a list of members. An empty field does not.
type MemberFilter struct {
	// Email is matched exactly.
	Email string
	// Search is matched loosely with names and address; up to 200 characters.
	Search string
	Order  MemberOrder
	// UpdatedAfter leaves out memberships that did not change since.
	UpdatedAfter time.Time
}

const maxSearch = 200

// Members lists the active people of an organization (GET members/).
func (r Reader) Members(organization OrganizationID, filter MemberFilter) List[OrganizationMember] {
	var updatedAfter string
	if !filter.UpdatedAfter.IsZero() {
		updatedAfter = filter.UpdatedAfter.UTC().Format(time.RFC3339Nano)
	}
	members := list[OrganizationMember](r.core, query(
		"email", filter.Email,
		"search", filter.Search,
		"order", string(filter.Order),
		"updated_after", updatedAfter,
	), membersPath, organization)
	problem := checkLength("search", filter.Search, 0, maxSearch)
	switch filter.Order {
	case "", NewestFirst, OldestFirst:
	default:
		problem = &ArgumentError{Argument: "order", Value: quote(string(filter.Order)), Problem: "is neither joined_at nor -joined_at"}
	}
	members.refuse(problem)
	return members
}

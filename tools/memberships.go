package tools

import (
	"context"
	"errors"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

var membershipList = Read[schemas.MembershipList, schemas.Memberships]{
	Name: "membership-list", Title: "List a role's members",
	Description: "List who is in a role, page by page, with level and joining date.",
	Operation:   "GET roles/{role_id}/role_memberships/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.MembershipList) (schemas.Memberships, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Memberships{}, err
		}
		result := schemas.Memberships{Role: roleNameOf(role)}
		if args.IsFull() {
			result.Listed, result.Full, err = listFull(ctx, org.Memberships(role.ID), args.List)
			return result, err
		}
		result.Listed, result.Memberships, err = listRows(ctx, apiclient.As[membershipSummary](org.Memberships(role.ID)), args.List, membershipSummary.row)
		return result, err
	},
}

var membershipGet = Read[schemas.MembershipGet, schemas.Membership]{
	Name: "membership-get", Title: "Get a role membership",
	Description: "Get one person's membership of a role; an error says if the person is not in it.",
	Operation:   "GET roles/{role_id}/role_memberships/{id}/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.MembershipGet) (schemas.Membership, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Membership{}, err
		}
		membership, err := org.Membership(ctx, role, args.Member)
		if err != nil {
			return schemas.Membership{}, err
		}
		result := schemas.Membership{Role: roleNameOf(role)}
		if args.IsFull() {
			result.Full, err = schemas.ObjectOf(membership)
			return result, err
		}
		row := membershipRow(membership)
		result.Membership = &row
		return result, nil
	},
}

var membershipAdd = Write[schemas.MembershipAdd, schemas.MembershipWritten]{
	Name: membershipAddName, Title: "Add a member to a role",
	Description: "Put a person of the organization into a role. Somebody who is already in it stays.",
	Operation:   "POST roles/{role_id}/role_memberships/", Scopes: []string{organizationRead, memberRead},
	May: changes.Kinds{changes.MembershipAdd}, Idempotent: true,
	Plan: func(ctx context.Context, org directory.Reader, args schemas.MembershipAdd) (changes.Set, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		member, err := org.Member(ctx, args.Member)
		if err != nil {
			return nil, err
		}
		return changes.Set{changes.AddMember(org.OrganizationID(), role, member)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.MembershipAdd, outcomes []changes.Outcome) (schemas.MembershipWritten, error) {
		return membershipWritten(outcomes[0], outcomes[0].Membership), nil
	},
}

var membershipRemove = Write[schemas.MembershipRemove, schemas.MembershipWritten]{
	Name: membershipRemoveName, Title: "Remove a member from a role",
	Description: "Take a person out of a role; they stay in the organization. Somebody who is not in it is no error. Get the user's yes first, unless they named person and role.",
	Operation:   "DELETE roles/{role_id}/role_memberships/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.MembershipRemove}, Idempotent: true,
	Plan: func(ctx context.Context, org directory.Reader, args schemas.MembershipRemove) (changes.Set, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		membership, err := org.Membership(ctx, role, args.Member)
		var absent *directory.NotInRoleError
		if errors.As(err, &absent) {
			return changes.Set{changes.AlreadyRemoved(org.OrganizationID(), role, absent.Member)}, nil
		}
		if err != nil {
			return nil, err
		}
		return changes.Set{changes.RemoveMember(org.OrganizationID(), role, membership)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.MembershipRemove, outcomes []changes.Outcome) (schemas.MembershipWritten, error) {
		return membershipWritten(outcomes[0], outcomes[0].Change.Membership), nil
	},
}

// membershipWritten describes a write to a role. Without a membership the
// person was not in the role to begin with.
func membershipWritten(outcome changes.Outcome, membership *apiclient.RoleMembership) schemas.MembershipWritten {
	result := schemas.MembershipWritten{Role: roleNameOf(*outcome.Change.Role), Written: written(outcome)}
	if membership != nil {
		row := membershipRow(*membership)
		result.Membership = &row
		return result
	}
	user := outcome.Change.Member.User
	result.NotInRole = &schemas.PersonName{UserUUID: string(user.UUID), Name: directory.FullName(user), Email: user.Email}
	return result
}

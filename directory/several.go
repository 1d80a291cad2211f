package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
)

// MatchErrors says which of several names match nothing, or several things.
type MatchErrors struct{ Errors []*MatchError }

func (e *MatchErrors) Error() string {
	texts := make([]string, 0, len(e.Errors))
	for _, match := range e.Errors {
		texts = append(texts, match.Error())
	}
	return strings.Join(texts, "; ")
}

// People finds several people as Member does, each once, in the order given.
// Names that do not match are all in the one *MatchErrors; a single name gets
// the error of Member.
func (r Reader) People(ctx context.Context, refs []string) ([]apiclient.OrganizationMember, error) {
	byRef, err := r.byRef(ctx, refs)
	if err != nil {
		return nil, err
	}
	var people []apiclient.OrganizationMember
	for _, ref := range refs {
		member := byRef[ref]
		if !slices.ContainsFunc(people, func(p apiclient.OrganizationMember) bool { return p.User.UUID == member.User.UUID }) {
			people = append(people, member)
		}
	}
	return people, nil
}

// byRef finds people, each under the name that the caller gave.
func (r Reader) byRef(ctx context.Context, refs []string) (map[string]apiclient.OrganizationMember, error) {
	people := map[string]apiclient.OrganizationMember{}
	if len(refs) < 2 {
		for _, ref := range refs {
			member, err := r.Member(ctx, ref)
			if err != nil {
				return nil, err
			}
			people[ref] = member
		}
		return people, nil
	}
	find, err := r.memberFinder(ctx, refs)
	if err != nil {
		return nil, err
	}
	var misses MatchErrors
	for _, ref := range refs {
		member, err := find(ref)
		var miss *MatchError
		switch {
		case errors.As(err, &miss):
			misses.Errors = append(misses.Errors, miss)
		case err != nil:
			return nil, err
		}
		people[ref] = member
	}
	if len(misses.Errors) > 0 {
		return nil, &misses
	}
	return people, nil
}

// memberFinder lists the members once, to find several among them.
func (r Reader) memberFinder(ctx context.Context, refs []string) (func(ref string) (apiclient.OrganizationMember, error), error) {
	me := ""
	if slices.Contains(refs, Me) {
		user, err := r.me(ctx)
		if err != nil {
			return nil, err
		}
		me = string(user.UUID) // Some have no address, and another may have taken it.
	}
	rows, err := r.Members(apiclient.MemberFilter{}).Rows(ctx, maxScanned, 0)
	if err != nil {
		return nil, fmt.Errorf("list the members: %w", err)
	}
	return func(ref string) (apiclient.OrganizationMember, error) {
		written := ref
		if ref == Me {
			ref = me
		}
		member, err := memberAmong(rows.Results, written, bareAddress(ref))
		return member, unlessPartly(err, rows.NextOffset)
	}, nil
}

// Place is one person's place in a role: their membership, or who they are when
// they are not in it.
type Place struct {
	Membership *apiclient.RoleMembership
	Member     apiclient.OrganizationMember
}

// Places finds several people in role as Membership does, each once, in the
// order given. Somebody of the organization who is not in it has a Place
// without a membership.
func (r Reader) Places(ctx context.Context, role apiclient.Role, refs []string) ([]Place, error) {
	places := make([]Place, 0, len(refs))
	var absent []string
	for _, ref := range refs {
		membership, err := r.inRole(ctx, role, ref)
		if err != nil {
			return nil, err
		}
		if membership == nil {
			absent = append(absent, ref)
		}
		places = append(places, Place{Membership: membership})
	}
	// Candidates come from the whole organization: those from the role alone
	// would offer somebody else in place of one who is simply not in it.
	people, err := r.byRef(ctx, absent)
	if err != nil {
		return nil, err
	}
	seen := map[apiclient.UserID]bool{}
	kept := places[:0]
	for i, place := range places {
		if place.Membership == nil {
			place.Member = people[refs[i]]
		} else {
			place.Member = apiclient.OrganizationMember{User: place.Membership.User}
		}
		if !seen[place.Member.User.UUID] {
			seen[place.Member.User.UUID] = true
			kept = append(kept, place)
		}
	}
	return kept, nil
}

// inRole finds somebody in a role by the membership's UUID, the user's UUID, the
// e-mail address or @me; nil when nobody fits.
func (r Reader) inRole(ctx context.Context, role apiclient.Role, ref string) (*apiclient.RoleMembership, error) {
	wanted := bareAddress(ref)
	if ref == Me {
		me, err := r.me(ctx)
		if err != nil {
			return nil, err
		}
		wanted = string(me.UUID)
	}
	for _, membership := range role.Members {
		if sameID(string(membership.ID), wanted) || sameID(string(membership.User.UUID), wanted) || sameName(membership.User.Email, wanted) {
			return &membership, nil
		}
	}
	return nil, nil
}

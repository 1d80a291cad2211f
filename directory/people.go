package directory

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"

	"posthog-org-mcp/apiclient"
)

// Me names the owner of the key.
const Me = "@me"

// me reads the owner of the key.
func (r Reader) me(ctx context.Context) (apiclient.CurrentUser, error) {
	me, err := r.api.CurrentUser(ctx)
	if err != nil {
		return apiclient.CurrentUser{}, fmt.Errorf("find out who @me is: %w", err)
	}
	return me, nil
}

// Member finds a person of the organization by user UUID, e-mail address or
// @me. No match, or several, is a *MatchError.
func (r Reader) Member(ctx context.Context, ref string) (apiclient.OrganizationMember, error) {
	written, self := ref, apiclient.UserID("")
	if ref == Me {
		me, err := r.me(ctx)
		if err != nil {
			return apiclient.OrganizationMember{}, err
		}
		ref, self = me.Email, me.UUID
	}
	ref = bareAddress(ref)
	if strings.Contains(ref, "@") {
		// The filter answers in one short page; only a miss costs the whole list.
		page, err := r.Members(apiclient.MemberFilter{Email: ref}).Page(ctx, 0, 0)
		if err != nil {
			return apiclient.OrganizationMember{}, fmt.Errorf("look for the member: %w", err)
		}
		// A server that ignores the filter answers with somebody else.
		isWanted := func(user apiclient.UserBasic) bool {
			return sameName(user.Email, ref) && (self == "" || user.UUID == self)
		}
		if len(page.Results) == 1 && isWanted(page.Results[0].User) {
			return page.Results[0], nil
		}
	}
	if self != "" {
		ref = string(self) // Some have no address, and another may have taken it.
	}
	rows, err := r.Members(apiclient.MemberFilter{}).Rows(ctx, maxScanned, 0)
	if err != nil {
		return apiclient.OrganizationMember{}, fmt.Errorf("list the members: %w", err)
	}
	member, err := memberAmong(rows.Results, written, ref)
	return member, unlessPartly(err, rows.NextOffset)
}

// memberAmong finds the one of members that ref names, an id or an address.
// Written is how the caller wrote it, for the error.
func memberAmong(members []apiclient.OrganizationMember, written, ref string) (apiclient.OrganizationMember, error) {
	var all, matches []Candidate
	var found apiclient.OrganizationMember
	for _, member := range members {
		candidate := personCandidate(member.User)
		all = append(all, candidate)
		if sameName(member.User.Email, ref) || sameID(string(member.User.UUID), ref) || sameID(string(member.ID), ref) {
			matches = append(matches, candidate)
			found = member
		}
	}
	if _, err := only(ThingMember, written, matches, all); err != nil {
		return apiclient.OrganizationMember{}, err
	}
	return found, nil
}

// Project finds a project by id or exact name, any case, and reads it whole.
// No match, or several, is a *MatchError.
func (r Reader) Project(ctx context.Context, ref string) (apiclient.Project, error) {
	if id, err := strconv.Atoi(ref); err == nil && id > 0 {
		project, err := r.api.Project(ctx, r.organization, apiclient.ProjectID(id))
		if !errors.Is(err, apiclient.ErrNotFound) {
			return project, err
		}
	}
	rows, err := r.Projects().Rows(ctx, maxScanned, 0)
	if err != nil {
		return apiclient.Project{}, fmt.Errorf("list the projects: %w", err)
	}
	var all, matches []Candidate
	for _, row := range rows.Results {
		candidate := Candidate{ID: strconv.Itoa(int(row.ID)), Name: row.Name}
		all = append(all, candidate)
		if sameName(row.Name, ref) {
			matches = append(matches, candidate)
		}
	}
	match, err := only(ThingProject, ref, matches, all)
	if err != nil {
		return apiclient.Project{}, unlessPartly(err, rows.NextOffset)
	}
	id, err := strconv.Atoi(match.ID)
	if err != nil {
		return apiclient.Project{}, fmt.Errorf("read the project's id: %w", err)
	}
	return r.api.Project(ctx, r.organization, apiclient.ProjectID(id))
}

// bareAddress takes the address out of "Name <address>", the form in which
// candidates are shown.
func bareAddress(ref string) string {
	if parsed, err := mail.ParseAddress(ref); err == nil {
		return parsed.Address
	}
	return strings.TrimSpace(ref)
}

// personCandidate takes people's names in either order, and in part.
func personCandidate(user apiclient.UserBasic) Candidate {
	localPart, _, _ := strings.Cut(user.Email, "@")
	labels := []string{user.FullName(), localPart}
	if user.FirstName != "" && user.LastName != "" {
		labels = append(labels, user.LastName+" "+user.FirstName, user.FirstName, user.LastName)
	}
	return Candidate{ID: string(user.UUID), Name: user.FullName(), Email: user.Email, labels: labels}
}

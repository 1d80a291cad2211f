package directory

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/nearest"
	"posthog-org-mcp/visible"
)

// Thing is a kind of object that callers name.
type Thing string

// The things that a Reader resolves.
const (
	ThingRole      Thing = "role"
	ThingMember    Thing = "member"
	ThingProject   Thing = "project"
	ThingReference Thing = "external reference"
)

// Candidate is something that the caller may have meant.
type Candidate struct {
	ID   string
	Name string
	// Email is a person's address, by which they are named from call to call.
	Email string
	// labels are what a near miss is measured against; empty means Name.
	labels []string
}

// MatchError says that a name matched nothing, or several things.
type MatchError struct {
	Thing Thing
	// Ref is what the caller wrote.
	Ref string
	// Several is how many things match; 0 is that none does.
	Several int
	// Candidates are the first that match, or the closest when none does; at
	// most three, perhaps none.
	Candidates []Candidate
	// IsAll reports that nothing is close, and that Candidates are all there are.
	IsAll bool
}

// Error is a sentence without its full stop, in which the name is quoted.
func (e *MatchError) Error() string {
	ref := Quoted(e.Ref)
	switch {
	case e.Several > 0:
		return fmt.Sprintf("%d %ss are called %s", e.Several, e.Thing, ref)
	case e.Thing == ThingMember && e.Ref == Me:
		return "the key's owner (@me) is no member of this organization"
	case isID(e.Thing, e.Ref), e.Thing == ThingReference:
		return fmt.Sprintf("no %s has the id %s", e.Thing, ref)
	case e.Thing == ThingMember && strings.Contains(e.Ref, "@"):
		return "no member has the e-mail " + ref
	case e.Thing == ThingMember:
		return fmt.Sprintf("members are named by e-mail, and none is %s", ref)
	}
	return fmt.Sprintf("no %s is called %s", e.Thing, ref)
}

// NotInRoleError says that a person of the organization is not in a role.
type NotInRoleError struct {
	Role   apiclient.Role
	Member apiclient.OrganizationMember
}

func (e *NotInRoleError) Error() string {
	return fmt.Sprintf("%s is not in the role %s", Quoted(e.Member.User.FullName()), Quoted(e.Role.Name))
}

// maxQuoted is how many bytes of a name an error repeats.
const maxQuoted = 60

// Quoted repeats a name inside of a sentence about an error.
func Quoted(name string) string { return visible.QuoteShort(name, maxQuoted) }

// maxCandidates is how many near misses an error lists.
const maxCandidates = 3

// maxScanned bounds how many rows are read to match a name. Organizations are
// far smaller; beyond it only ids and exact e-mail addresses resolve.
const maxScanned = 5000

// only returns the single match, or says why there is none.
func only(thing Thing, ref string, matches, all []Candidate) (Candidate, error) {
	switch len(matches) {
	case 1:
		return matches[0], nil
	case 0:
		near, isAll := closest(thing, ref, all)
		return Candidate{}, &MatchError{Thing: thing, Ref: ref, Candidates: near, IsAll: isAll}
	}
	return Candidate{}, &MatchError{Thing: thing, Ref: ref, Several: len(matches), Candidates: matches[:min(len(matches), maxCandidates)]}
}

// closest returns the candidates that are spelled most like ref; when none is,
// all of them if they are few.
func closest(thing Thing, ref string, all []Candidate) (near []Candidate, isAll bool) {
	near = nearest.Candidates(bareName(thing, ref), all, func(c Candidate) []string {
		switch {
		case isID(thing, ref):
			return idLike(ref, c.ID)
		case c.labels == nil:
			return []string{c.Name}
		}
		return c.labels
	}, maxCandidates)
	if len(near) == 0 && len(all) <= maxCandidates {
		return all, true
	}
	return near, false
}

// bareName is what of a name tells near from far. Everybody's address has the
// same domain, which would make everybody alike; and with the wrong one it is
// still the same person.
func bareName(thing Thing, ref string) string {
	if thing != ThingMember {
		return ref
	}
	ref = bareAddress(ref)
	if at := strings.LastIndex(ref, "@"); at > 0 {
		return ref[:at]
	}
	return ref
}

// isID tells an id, or the beginning of a UUID, from a name.
func isID(thing Thing, ref string) bool {
	if thing == ThingProject {
		return strings.Trim(ref, "0123456789") == ""
	}
	return uuidShape.MatchString(ref)
}

var uuidShape = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f-]{0,28})?$`)

// idLike is the id where ref is its beginning, or has a letter or two wrong.
// Ids resemble each other by chance, so that more would offer anything.
func idLike(ref, id string) []string {
	ref, id = strings.ToLower(ref), strings.ToLower(id)
	if strings.HasPrefix(id, ref) {
		return []string{id}
	}
	wrong := 0
	if len(ref) != len(id) {
		return []string{}
	}
	for i := range ref {
		if ref[i] != id[i] {
			wrong++
		}
	}
	if wrong > 2 {
		return []string{}
	}
	return []string{id}
}

// ErrTooMany is a name that fits none of as many as are read to find one, where
// there are more: whether there is one is not known.
var ErrTooMany = fmt.Errorf("there are more than %d to look through", maxScanned)

// unlessPartly is the error of a search; that nothing fits can only be said when
// all were read.
func unlessPartly(err error, more *int) error {
	var miss *MatchError
	if more != nil && errors.As(err, &miss) && miss.Several == 0 {
		return ErrTooMany
	}
	return err
}

package directory

import (
	"fmt"
	"strconv"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/nearest"
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
	ID   string `json:"id"`
	Name string `json:"name"`
	// labels are what a near miss is measured against; empty means Name.
	labels []string
}

// MatchError says that a name matched nothing, or several things.
type MatchError struct {
	Thing Thing
	// Ref is what the caller wrote.
	Ref string
	// Several reports that Candidates all match; otherwise none does, and
	// Candidates are the closest, perhaps empty.
	Several    bool
	Candidates []Candidate
}

func (e *MatchError) Error() string {
	ref := e.Ref
	if runes := []rune(ref); len(runes) > maxQuoted {
		ref = string(runes[:maxQuoted]) + "…"
	}
	if e.Several {
		return fmt.Sprintf("several %ss match %s", e.Thing, strconv.Quote(ref))
	}
	return fmt.Sprintf("no %s matches %s", e.Thing, strconv.Quote(ref))
}

// NotInRoleError says that a person of the organization is not in a role.
type NotInRoleError struct {
	Role   apiclient.Role
	Member apiclient.OrganizationMember
}

func (e *NotInRoleError) Error() string {
	return fmt.Sprintf("%s is not in role %s", strconv.Quote(e.Member.User.FullName()), strconv.Quote(e.Role.Name))
}

// maxQuoted is how many characters of a caller's text an error repeats.
const maxQuoted = 60

// maxCandidates is how many near misses an error lists.
const maxCandidates = 3

// maxScanned bounds how many rows are read to match a name. Organizations are
// far smaller; beyond it only ids and exact e-mail addresses resolve.
const maxScanned = 5000

// fewEnough is how many things there may be for all of them to be candidates.
const fewEnough = 5

// closest returns the candidates that are spelled most like ref; when none is,
// all of them if they are few.
func closest(ref string, all []Candidate) []Candidate {
	// Everybody shares the domain, so it would make everybody alike.
	if at := strings.LastIndex(ref, "@"); at > 0 {
		ref = ref[:at]
	}
	near := nearest.Candidates(ref, all, func(c Candidate) []string {
		if c.labels == nil {
			return []string{c.Name}
		}
		return c.labels
	}, maxCandidates)
	if len(near) == 0 && len(all) <= fewEnough {
		return all
	}
	return near
}

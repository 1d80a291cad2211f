package directory

import (
	"fmt"
	"strconv"

	"posthog-org-mcp/nearest"
)

// Thing is a kind of object that callers name.
type Thing string

// The things that a Reader resolves.
const (
	ThingRole       Thing = "role"
	ThingMember     Thing = "member"
	ThingMembership Thing = "membership"
	ThingProject    Thing = "project"
	ThingReference  Thing = "external reference"
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
	// In names where was looked, when that is not the organization.
	In string
}

func (e *MatchError) Error() string {
	where := ""
	if e.In != "" {
		where = " in " + e.In
	}
	ref := e.Ref
	if runes := []rune(ref); len(runes) > maxQuoted {
		ref = string(runes[:maxQuoted]) + "…"
	}
	if e.Several {
		return fmt.Sprintf("several %ss%s match %s", e.Thing, where, strconv.Quote(ref))
	}
	return fmt.Sprintf("no %s%s matches %s", e.Thing, where, strconv.Quote(ref))
}

// maxQuoted is how many characters of a caller's text an error repeats.
const maxQuoted = 60

// maxCandidates is how many near misses an error lists.
const maxCandidates = 3

// maxScanned bounds how many rows are read to match a name. Organizations are
// far smaller; beyond it only ids and exact e-mail addresses resolve.
const maxScanned = 5000

// closest returns the candidates that are spelled most like ref.
func closest(ref string, all []Candidate) []Candidate {
	return nearest.Candidates(ref, all, func(c Candidate) []string {
		if c.labels == nil {
			return []string{c.Name}
		}
		return c.labels
	}, maxCandidates)
}

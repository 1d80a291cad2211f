package schemas

import (
	"fmt"
	"strings"
)

// Bounded is a result with rows that can be left out where its JSON would be too
// long. Rows stay whole: a name cut in half would be taken for a name.
type Bounded interface {
	// Rows are how many rows the result holds, and the fewest that make sense: a
	// list of none would have to be asked for again and again.
	Rows() (fewest, held int)
	// FirstRows is the result with the first n of its rows, fewer than it holds,
	// and with a note that says how many were left out to keep it under so many
	// bytes, and how to get them.
	FirstRows(n, bytes int) Bounded
}

// Essential is a result that must be told even where it does not fit without
// any row: what a write did, and why a call failed.
type Essential interface {
	// Essence is the shortest form of the result.
	Essence(bytes int) any
}

// leftOut says how many rows are missing, and what to do about it.
func leftOut(n, held, bytes int, what, next string) string {
	return fmt.Sprintf("%d of %d %s were left out to keep the answer under %d bytes; %s", held-n, held, what, bytes, next)
}

// cut is the frame of a list of which only the first n rows are told.
func (l Listed) cut(n, held, bytes int) Listed {
	next := l.Offset + n
	l.NextOffset = &next
	l.Note = addTo(l.Note, leftOut(n, held, bytes, "rows", fmt.Sprintf("call again with offset %d, a smaller limit, or fewer fields.", next)))
	return l
}

// cutRows is the frame and the rows of a list of which only the first n are told:
// short rows, or the API's own objects in their place.
func cutRows[R any](l Listed, rows []R, full []Object, n, bytes int) (Listed, []R, []Object) {
	return l.cut(n, len(rows)+len(full), bytes), first(rows, n), first(full, n)
}

func addTo(note, more string) string { return strings.TrimSpace(note + " " + more) }

// first are the first n of rows; nil stays nil.
func first[T any](rows []T, n int) []T { return rows[:min(n, len(rows))] }

// Rows implements Bounded.
func (r Roles) Rows() (fewest, held int) { return 1, len(r.Roles) + len(r.Full) }

// FirstRows implements Bounded.
func (r Roles) FirstRows(n, bytes int) Bounded {
	r.Listed, r.Roles, r.Full = cutRows(r.Listed, r.Roles, r.Full, n, bytes)
	return r
}

// Rows implements Bounded.
func (m Memberships) Rows() (fewest, held int) { return 1, len(m.Memberships) + len(m.Full) }

// FirstRows implements Bounded.
func (m Memberships) FirstRows(n, bytes int) Bounded {
	m.Listed, m.Memberships, m.Full = cutRows(m.Listed, m.Memberships, m.Full, n, bytes)
	return m
}

// Rows implements Bounded.
func (m Members) Rows() (fewest, held int) { return 1, len(m.Members) + len(m.Full) }

// FirstRows implements Bounded.
func (m Members) FirstRows(n, bytes int) Bounded {
	m.Listed, m.Members, m.Full = cutRows(m.Listed, m.Members, m.Full, n, bytes)
	return m
}

// Rows implements Bounded.
func (o Organizations) Rows() (fewest, held int) { return 1, len(o.Organizations) + len(o.Full) }

// FirstRows implements Bounded.
func (o Organizations) FirstRows(n, bytes int) Bounded {
	o.Listed, o.Organizations, o.Full = cutRows(o.Listed, o.Organizations, o.Full, n, bytes)
	return o
}

// Rows implements Bounded.
func (p Projects) Rows() (fewest, held int) { return 1, len(p.Projects) + len(p.Full) }

// FirstRows implements Bounded.
func (p Projects) FirstRows(n, bytes int) Bounded {
	p.Listed, p.Projects, p.Full = cutRows(p.Listed, p.Projects, p.Full, n, bytes)
	return p
}

// Rows implements Bounded.
func (r References) Rows() (fewest, held int) { return 1, len(r.References) + len(r.Full) }

// FirstRows implements Bounded.
func (r References) FirstRows(n, bytes int) Bounded {
	r.Listed, r.References, r.Full = cutRows(r.Listed, r.References, r.Full, n, bytes)
	return r
}

// Rows implements Bounded.
func (j Journal) Rows() (fewest, held int) { return 1, len(j.Writes) }

// FirstRows implements Bounded.
func (j Journal) FirstRows(n, bytes int) Bounded {
	next := j.Offset + n
	j.NextOffset = &next
	j.Note = addTo(j.Note, leftOut(n, len(j.Writes), bytes, "rows", fmt.Sprintf("call again with offset %d or a smaller limit.", next)))
	j.Writes = first(j.Writes, n)
	return j
}

// Rows implements Bounded. The API's own object has none.
func (r Role) Rows() (fewest, held int) {
	if r.Role == nil {
		return 0, 0
	}
	return 0, len(r.Role.Members)
}

// FirstRows implements Bounded.
func (r Role) FirstRows(n, bytes int) Bounded {
	cut := *r.Role
	r.Note = leftOut(n, len(cut.Members), bytes, "members", "membership-list has all of them, page by page.")
	cut.Members = first(cut.Members, n)
	r.Role = &cut
	return r
}

// Rows implements Bounded.
func (w Welcome) Rows() (fewest, held int) {
	return 0, len(w.SuggestedNextSteps) + len(w.ProductsInUse) + len(w.TeamMembers) + len(w.RecentActivity) + len(w.PopularDashboards)
}

// FirstRows implements Bounded. A section of which nothing is left is absent: an
// empty one would say that there is nothing.
func (w Welcome) FirstRows(n, bytes int) Bounded {
	_, held := w.Rows()
	w.Note = addTo(w.Note, leftOut(n, held, bytes, "rows", "PostHog's own welcome page shows them."))
	w.SuggestedNextSteps, n = section(w.SuggestedNextSteps, n)
	w.ProductsInUse, n = section(w.ProductsInUse, n)
	w.TeamMembers, n = section(w.TeamMembers, n)
	w.RecentActivity, n = section(w.RecentActivity, n)
	w.PopularDashboards, _ = section(w.PopularDashboards, n)
	return w
}

// section takes up to n rows, and says how many more may follow.
func section[T any](rows []T, n int) (taken []T, left int) {
	if n == 0 && len(rows) > 0 {
		return nil, 0
	}
	taken = first(rows, n)
	return taken, n - len(taken)
}

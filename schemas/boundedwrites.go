package schemas

// What a write did is told whatever its length: that something was changed, how
// to take it back, and what to do next are never among the rows that are left out.

// Rows implements Bounded: the lines of a preview.
func (w Written) Rows() (fewest, held int) {
	if w.Preview == nil {
		return 0, 0
	}
	return 0, len(w.Preview.WouldLose) + len(w.Preview.WouldDo)
}

// FirstRows implements Bounded. What would be lost comes first.
func (w Written) FirstRows(n, bytes int) Bounded {
	_, held := w.Rows()
	preview := *w.Preview
	w.Note = addTo(w.Note, leftOut(n, held, bytes, "lines of the preview", "tell the user so, or call with fewer people."))
	preview.WouldLose = first(w.Preview.WouldLose, n)
	preview.WouldDo = first(w.Preview.WouldDo, n-len(preview.WouldLose))
	w.Preview = &preview
	return w
}

// Essence implements Essential.
func (w Written) Essence(bytes int) any {
	if _, held := w.Rows(); held > 0 {
		return w.FirstRows(0, bytes)
	}
	w.Note = addTo(w.Note, restLeftOut)
	return w
}

const restLeftOut = "The rest of the answer was left out, because it is too long (--max-result-bytes)."

// Rows implements Bounded.
func (m MembershipsWritten) Rows() (fewest, held int) { return 0, len(m.Memberships) }

// FirstRows implements Bounded.
func (m MembershipsWritten) FirstRows(n, bytes int) Bounded {
	m.Note = addTo(m.Note, leftOut(n, len(m.Memberships), bytes, "rows", "membership-list shows who is in the role now."))
	m.Memberships = first(m.Memberships, n)
	return m
}

// Rows implements Bounded.
func (r RoleDeleted) Rows() (fewest, held int) {
	return 0, len(r.Lost.Members) + len(r.Lost.ExternalReferences)
}

// FirstRows implements Bounded.
func (r RoleDeleted) FirstRows(n, bytes int) Bounded {
	_, held := r.Rows()
	r.Note = addTo(r.Note, leftOut(n, held, bytes, "rows", "what they name went with the role all the same."))
	r.Lost.Members = first(r.Lost.Members, n)
	r.Lost.ExternalReferences = first(r.Lost.ExternalReferences, n-len(r.Lost.Members))
	return r
}

// Rows implements Bounded.
func (u Undone) Rows() (fewest, held int) { return 0, len(u.Changes) }

// FirstRows implements Bounded.
func (u Undone) FirstRows(n, bytes int) Bounded {
	u.Note = addTo(u.Note, leftOut(n, len(u.Changes), bytes, "rows", "journal-list has all of them."))
	u.Changes = first(u.Changes, n)
	return u
}

// Rows implements Bounded: the API's own object, if it was asked for.
func (t TokenRotated) Rows() (fewest, held int) {
	if t.Full == nil {
		return 0, 0
	}
	return 0, 1
}

// FirstRows implements Bounded.
func (t TokenRotated) FirstRows(int, int) Bounded {
	t.Full, t.Note = nil, addTo(t.Note, restLeftOut)
	return t
}

// Essence implements Essential. Where the token is must be told in any case.
func (t TokenRotated) Essence(int) any {
	t.Full, t.Project, t.Note = nil, ProjectName{}, addTo(t.Note, restLeftOut)
	return t
}

// Rows implements Bounded.
func (f Failure) Rows() (fewest, held int) { return 0, len(f.Changes) }

// FirstRows implements Bounded.
func (f Failure) FirstRows(n, bytes int) Bounded {
	f.Error = addTo(f.Error, leftOut(n, len(f.Changes), bytes, "changes", "journal-list has those that were begun."))
	f.Changes = first(f.Changes, n)
	return f
}

// cutText cuts a sentence that names a hundred things.
func cutText(text string) string {
	const most = 250
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Essence implements Essential.
func (f Failure) Essence(int) any {
	return Failure{
		Error: cutText(f.Error), NextStep: cutText(f.NextStep), Status: f.Status, Code: f.Code, RequestID: f.RequestID,
		RetryAfterSeconds: f.RetryAfterSeconds, Undo: f.Undo,
	}
}

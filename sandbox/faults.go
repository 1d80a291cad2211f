package sandbox

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Faults are the ways in which a sandbox misbehaves, and the ways in which an
// organization or a version of the API can differ from the usual. The zero
// value is none.
type Faults struct {
	// Latency is waited before each request is looked at.
	Latency time.Duration
	// HideMembers hides plain members from each other: such a caller sees only
	// themself, administrators and owners.
	HideMembers bool
	// CloseActions closes the three custom actions (the rotation of a secret
	// token, the lookup of a reference, the welcome page) to every key.
	CloseActions bool
	// NoProjectAdmin makes everybody a plain member in projects.
	NoProjectAdmin bool
	// NoMemberKeys refuses the keys of members below administrator.
	NoMemberKeys bool
	// ReadOnlyMCP is the organization's wish, in read_only_mcp_access, that
	// nothing be changed through an MCP server. The sandbox only states it.
	ReadOnlyMCP bool
	// NewProjectKeys refuses to rotate the token of a project that never had one.
	NewProjectKeys bool
	// RateLimit is how many requests a minute a key has; 0 is the API's 480. A
	// higher one raises the hourly limit of 4,800 to ten times itself.
	RateLimit int
	// Next spoils requests one by one: each is spoiled by the first fault of the
	// list that fits it and is not used up.
	Next []Fault
}

// Fault spoils some of the requests to come.
type Fault struct {
	Kind FaultKind
	// Times is how many requests it spoils: 0 is one, below 0 is all of them.
	Times int
	// Method and PathContains narrow it to some requests; empty is any. The
	// path is the decoded one, without the query.
	Method       string
	PathContains string
	// Status replaces the usual status of Fail (500) and Redirect (302).
	Status int
	// RetryAfter is what Throttle and Fail announce, in whole seconds; a time
	// below one second is announced as 0. Without it Throttle announces 1 and
	// Fail nothing.
	RetryAfter time.Duration
	// Location is where Redirect points; empty is the same path on a host that
	// does not exist.
	Location string
}

// FaultKind is how a fault spoils a request.
type FaultKind string

// The kinds of fault. The first group strikes before the deed, which is then
// not done; the second spoils the answer to a deed that was done.
const (
	Throttle   FaultKind = "throttle"    // 429 with Retry-After
	Fail       FaultKind = "fail"        // 500, or the status asked for
	Redirect   FaultKind = "redirect"    // 302 to another host
	DropBefore FaultKind = "drop-before" // the connection closed, no answer
	Hang       FaultKind = "hang"        // no answer until the client leaves

	CutBody     FaultKind = "cut-body"     // half of the body, then the connection closed
	EmptyBody   FaultKind = "empty-body"   // the right status and no body
	Garbage     FaultKind = "garbage"      // a body that is not JSON
	WrongShape  FaultKind = "wrong-shape"  // JSON of another shape: the right body inside an array
	EndlessBody FaultKind = "endless-body" // a body that goes on until the client leaves
	DropAfter   FaultKind = "drop-after"   // the connection closed, no answer
)

// FaultKinds returns all kinds of fault.
func FaultKinds() []FaultKind {
	return []FaultKind{
		Throttle, Fail, Redirect, DropBefore, Hang,
		CutBody, EmptyBody, Garbage, WrongShape, EndlessBody, DropAfter,
	}
}

// before reports whether the fault strikes before the deed.
func (k FaultKind) before() bool {
	switch k {
	case CutBody, EmptyBody, Garbage, WrongShape, EndlessBody, DropAfter:
		return false
	}
	return true
}

// faultBook keeps the faults and counts down those that are used up.
type faultBook struct {
	mu     sync.Mutex
	faults Faults
}

func (b *faultBook) set(faults Faults) {
	next := make([]Fault, len(faults.Next))
	for i, fault := range faults.Next {
		if fault.Times == 0 {
			fault.Times = 1
		}
		next[i] = fault
	}
	faults.Next = next
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = faults
}

// meet returns the faults as they stand, and the one that spoils this request:
// nil for none.
func (b *faultBook) meet(r *http.Request) (Faults, *Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	knobs := b.faults
	knobs.Next = nil
	for i := range b.faults.Next {
		fault := &b.faults.Next[i]
		if fault.Times == 0 || !fault.fits(r) {
			continue
		}
		if fault.Times > 0 {
			fault.Times--
		}
		met := *fault
		return knobs, &met
	}
	return knobs, nil
}

func (f Fault) fits(r *http.Request) bool {
	return (f.Method == "" || f.Method == r.Method) && strings.Contains(r.URL.Path, f.PathContains)
}

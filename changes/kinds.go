package changes

import "slices"

// Kind is a kind of write. There are eight, and nothing else changes an
// organization.
type Kind int

// The kinds of change.
const (
	RoleCreate Kind = iota + 1
	RoleRename
	RoleDelete
	MembershipAdd
	MembershipRemove
	ReferenceCreate
	ReferenceDelete
	TokenRotate
)

// Kinds is a set of kinds.
type Kinds []Kind

// Has reports whether kind is in the set.
func (k Kinds) Has(kind Kind) bool { return slices.Contains(k, kind) }

// Effect is what a call does to an organization.
type Effect string

// The effects, from harmless to grave.
const (
	Reads    Effect = "reads"
	Creates  Effect = "creates"
	Updates  Effect = "updates"
	Destroys Effect = "destroys"
)

// String returns the kind's name, such as "delete role".
func (k Kind) String() string { return k.rule().name }

// Effect returns what changes of this kind do.
func (k Kind) Effect() Effect { return k.rule().effect }

// Scopes returns the API scopes that changes of this kind need.
func (k Kind) Scopes() []string { return k.rule().scopes }

// Effect returns the gravest effect in the set.
func (k Kinds) Effect() Effect {
	gravity := []Effect{Reads, Creates, Updates, Destroys}
	gravest := Reads
	for _, kind := range k {
		if slices.Index(gravity, kind.Effect()) > slices.Index(gravity, gravest) {
			gravest = kind.Effect()
		}
	}
	return gravest
}

// Scopes returns the scopes that the kinds need together, each once.
func (k Kinds) Scopes() []string {
	var scopes []string
	for _, kind := range k {
		for _, scope := range kind.Scopes() {
			if !slices.Contains(scopes, scope) {
				scopes = append(scopes, scope)
			}
		}
	}
	return scopes
}

// NeedAdministrator reports that every kind in the set takes an administrator of
// the organization. A rotation takes one of the project.
func (k Kinds) NeedAdministrator() bool {
	return len(k) > 0 && !slices.ContainsFunc(k, func(kind Kind) bool { return kind.rule().inProject })
}

package changes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"posthog-org-mcp/apiclient"
)

// Limits are what the operator allows. The zero value allows everything.
type Limits struct {
	// ReadOnly refuses every change.
	ReadOnly bool
	// DryRun has every set planned, and none sent.
	DryRun bool
	// Without are the kinds of change that the operator has ruled out.
	Without Kinds
	// Organizations are the only ones that may be changed; empty is all.
	Organizations []apiclient.OrganizationID
}

// Reasons for which a change is refused before anything is sent.
var (
	// ErrReadOnly: the operator allows no writes.
	ErrReadOnly = errors.New("the server was started read-only")
	// ErrKindRuledOut: the operator allows no writes of this kind.
	ErrKindRuledOut = errors.New("the operator has ruled this kind of change out")
	// ErrOrganizationRuledOut: the operator allows other organizations only.
	ErrOrganizationRuledOut = errors.New("the operator has ruled this organization out")
	// ErrOrganizationReadOnly: the organization wants no changes through MCP servers.
	ErrOrganizationReadOnly = errors.New("the organization allows no changes through MCP servers")
	// ErrKindNotAllowed: the caller planned a kind of change that it has not declared.
	ErrKindNotAllowed = errors.New("this kind of change was not declared by the caller")
	// ErrOtherOrganization: the caller planned a change to an organization that
	// was not checked. A fault of the program.
	ErrOtherOrganization = errors.New("the change is about another organization than the call")
)

func (l Limits) allow(kind Kind) error {
	switch {
	case l.ReadOnly:
		return ErrReadOnly
	case l.Without.Has(kind):
		return fmt.Errorf("%w: %s", ErrKindRuledOut, kind)
	}
	return nil
}

// admit checks what can be checked before anything is planned, and finds out
// which organization @current is, once: PostHog resolves it anew at each
// request, and its owner may switch in the middle of a call. The organization's
// own wish is read anew for each write, and no setting goes round it.
func (e *Executor) admit(ctx context.Context, order Order) (apiclient.Organization, error) {
	if e.limits.ReadOnly {
		return apiclient.Organization{}, ErrReadOnly
	}
	organization, err := e.api.Reader().Organization(ctx, order.Organization)
	switch {
	case err != nil:
		return apiclient.Organization{}, fmt.Errorf("read the organization: %w", err)
	case len(e.limits.Organizations) > 0 && !slices.Contains(e.limits.Organizations, organization.ID):
		return apiclient.Organization{}, ErrOrganizationRuledOut
	case organization.ReadOnlyMCPAccess != nil && *organization.ReadOnlyMCPAccess:
		return apiclient.Organization{}, ErrOrganizationReadOnly
	}
	// PostHog would say the same, but only after a person was asked for a yes.
	if level := organization.MembershipLevel; level != nil && *level < apiclient.LevelAdministrator && order.May.NeedAdministrator() {
		return apiclient.Organization{}, fmt.Errorf("%w: the key's owner is %s", apiclient.ErrLevelTooLow, *level)
	}
	return organization, nil
}

// closedKinds remembers what the server has said it opens to no key, so that
// nobody is asked to confirm what cannot be done. Only the rotation can be
// closed among the kinds of change.
type closedKinds struct {
	rotate atomic.Pointer[apiclient.Error]
}

// note remembers a refusal of that sort.
func (c *closedKinds) note(kind Kind, err error) {
	var refusal *apiclient.Error
	if kind == TokenRotate && errors.Is(err, apiclient.ErrClosedToKeys) && errors.As(err, &refusal) {
		c.rotate.Store(refusal)
	}
}

// check returns the refusal that was remembered for a kind.
func (c *closedKinds) check(kind Kind) error {
	if refusal := c.rotate.Load(); kind == TokenRotate && refusal != nil {
		return refusal
	}
	return nil
}

package directory

import (
	"errors"
	"sync/atomic"

	"posthog-org-mcp/apiclient"
)

// closedOperations remembers which operations the server opens to no key. The
// refusal is about keys as such, so it holds for every organization.
type closedOperations struct {
	lookup, welcome closable
}

// closable is an operation that some versions of PostHog open to no key. It
// holds the refusal, once there was one.
type closable struct {
	refusal atomic.Pointer[apiclient.Error]
}

// unlessClosed asks the server, or answers with the refusal that it gave before.
// No other error is remembered: a scope can be added to the key meanwhile.
func unlessClosed[T any](operation *closable, ask func() (T, error)) (T, error) {
	if refusal := operation.refusal.Load(); refusal != nil {
		var none T
		return none, refusal
	}
	answer, err := ask()
	var refusal *apiclient.Error
	if errors.Is(err, apiclient.ErrClosedToKeys) && errors.As(err, &refusal) {
		operation.refusal.Store(refusal)
	}
	return answer, err
}

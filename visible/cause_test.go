package visible_test

import (
	"errors"
	"testing"

	"posthog-org-mcp/visible"
)

func TestACauseHasNoPeriodAndIsTheSameError(t *testing.T) {
	for said, want := range map[string]string{"Path not found.": "Path not found", "permission denied": "permission denied", "": ""} {
		err := errors.New(said)
		if got := visible.Cause(err); got.Error() != want || !errors.Is(got, err) {
			t.Errorf("%q became %q", said, got)
		}
	}
	if visible.Cause(nil) != nil {
		t.Error("no error has a cause")
	}
}

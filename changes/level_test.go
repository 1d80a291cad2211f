package changes_test

import (
	"errors"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

func TestALevelThatIsTooLowIsToldBeforeAnythingIsPlanned(t *testing.T) {
	s := newStage(t)
	sets := map[changes.Kind]changes.Change{}
	for kind, plan := range everyKind() {
		sets[kind] = plan(t, s.org)
	}
	member := s.again(t, func(config *apiclient.Config, _ *changes.Options) { config.Key = redact.NewSecret(sandbox.MemberKey) })
	for kind, change := range sets {
		member.sandbox.ForgetRequests()
		_, err := member.apply(t.Context(), change)
		if !errors.Is(err, apiclient.ErrLevelTooLow) {
			t.Errorf("%s: %v", kind, err)
		}
		// The level that a rotation takes is one in the project, which only PostHog knows.
		if wasAsked := member.writes() > 0; wasAsked != (kind == changes.TokenRotate) {
			t.Errorf("%s: PostHog was asked: %v", kind, wasAsked)
		}
	}
}

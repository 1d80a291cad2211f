package cli

import "testing"

func TestNpxIsAskedForTheVersionThatRuns(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3":       "posthog-org-mcp@1.2.3",
		"1.2.3-rc.1":  "posthog-org-mcp@1.2.3-rc.1",
		"dev":         "posthog-org-mcp",
		"":            "posthog-org-mcp",
		"1.2.3+dirty": "posthog-org-mcp",
	} {
		if got := npmPackage(version); got != want {
			t.Errorf("%q: %s", version, got)
		}
	}
}

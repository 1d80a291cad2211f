package assistants_test

import (
	"slices"
	"testing"

	"posthog-org-mcp/assistants"
)

func TestOnlyWhatSurelyStartsThisProgramDoes(t *testing.T) {
	for _, test := range []struct {
		words []string
		args  []string
		want  bool
	}{
		{[]string{"posthog-org-mcp", "--read-only"}, []string{"--read-only"}, true},
		{[]string{`C:\Tools\PostHog-Org-MCP.exe`}, nil, true},
		{[]string{"/opt/posthog-org-mcp"}, nil, true},
		{[]string{"npx", "-y", "posthog-org-mcp@1.2.3", "--host", "eu"}, []string{"--host", "eu"}, true},
		{[]string{"cmd", "/c", "npx", "-y", "posthog-org-mcp"}, nil, true},
		{[]string{"node", "/usr/lib/node_modules/posthog-org-mcp/launch.js", "--dry-run"}, []string{"--dry-run"}, true},
		{[]string{"docker", "run", "-i", "ghcr.io/somebody/posthog-org-mcp:1"}, nil, true},
		{[]string{"op", "run", "--", "posthog-org-mcp"}, nil, true},
		{[]string{"/usr/bin/touch", "posthog-org-mcp"}, nil, false},
		{[]string{"npx", "-y", "another"}, nil, false},
		{[]string{"pnpm", "dlx", "posthog-org-mcp"}, nil, true},
		{[]string{"env", "POSTHOG_HOST=eu", "/opt/posthog-org-mcp"}, nil, true},
		{[]string{"npx", "-y", "@somebody/posthog-org-mcp"}, nil, false},
		{[]string{"npx", "-y", "server-filesystem", "/home/maya/posthog-org-mcp"}, nil, false},
		{[]string{"node", "files.js", "/home/maya/posthog-org-mcp"}, nil, false},
		{[]string{"docker", "run", "-v", "/posthog-org-mcp", "another"}, nil, false},
		{[]string{"/opt/posthog-org-mcp-helper"}, nil, false},
	} {
		args, got := assistants.Server{Command: test.words[0], Args: test.words[1:]}.Arguments()
		if got != test.want || !slices.Equal(args, test.args) {
			t.Errorf("%q: %v %q", test.words, got, args)
		}
	}
}

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTheDoctorGivesAnEntryNoMoreThanItsClientDoes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the entries are shell scripts")
	}
	const script = "#!/bin/sh\ntouch \"$HOME/started\"\necho got $X >&2\nexit 2\n"
	for _, test := range []struct{ name, file, args, more, says, not string }{
		{"as Claude Code names it", ".claude.json", "", `"env": {"X": "${OF_THE_SHELL}"}`, "got word-of-the-shell", "client alone"},
		{"as Cursor names it", ".cursor/mcp.json", "", `"env": {"X": "${env:OF_THE_SHELL}"}`, "got word-of-the-shell", "client alone"},
		{"not as Cursor names it", ".cursor/mcp.json", "", `"env": {"X": "${OF_THE_SHELL}"}`, "client alone", "got"},
		{"by a client that fills in nothing", ".kiro/settings/mcp.json", "", `"env": {"X": "${OF_THE_SHELL}"}`, "client alone", "got"},
		{"in an argument", ".claude.json", `"${OF_THE_SHELL}"`, `"env": {}`, "client alone", "got"},
		{"switched off", ".kiro/settings/mcp.json", "", `"disabled": true`, "switched off in the client", "got"},
		{"not enabled", ".cursor/mcp.json", "", `"enabled": false`, "switched off in the client", "got"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSituation(t)
			s.environ["OF_THE_SHELL"] = "word-of-the-shell"
			program := s.file("bin/posthog-org-mcp", script, 0o700)
			s.file(test.file, fmt.Sprintf(`{"mcpServers": {"posthog-org": {"command": %q, "args": [%s], %s}}}`, program, test.args, test.more), 0o600)
			_, stdout, stderr := s.run()
			if !strings.Contains(stdout, test.says) || strings.Contains(stdout, test.not) {
				t.Errorf("%s%s", stdout, stderr)
			}
			if _, err := os.Stat(filepath.Join(s.home, "started")); (err == nil) != strings.HasPrefix(test.says, "got") {
				t.Errorf("started: %v", err == nil)
			}
		})
	}
}

package assistants_test

import (
	"testing"

	"posthog-org-mcp/assistants"
)

func TestAProcessBelongsToTheClientOfItsName(t *testing.T) {
	for process, want := range map[string]string{
		"Claude": "claude-desktop", "claude-desktop": "claude-desktop",
		"claude": "", "claude.exe": "", "Claude.exe": "", // Claude Code's, or may be
		"Cursor.exe": "cursor", "cursor.EXE": "cursor", "cursor": "cursor", "CURSOR": "",
		"code.exe": "vscode", "Code - Insiders.exe": "vscode-insiders", "lm studio.exe": "lm-studio",
	} {
		got := ""
		for _, client := range assistants.Clients() {
			if client.HasProcess(process) {
				got += client.Name
			}
		}
		if got != want {
			t.Errorf("%s belongs to %q, want %q", process, got, want)
		}
	}
}

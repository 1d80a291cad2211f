package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/harness"
)

func TestTheDemoEndsWithZeroAndPlainText(t *testing.T) {
	for _, environment := range []map[string]string{
		nil,
		// None of the user's own settings gets in its way.
		{"POSTHOG_HOST": "nonsense", "POSTHOG_PERSONAL_API_KEY": canary, "POSTHOG_MCP_READ_ONLY": "true", "FORCE_COLOR": "1"},
	} {
		day := harness.Run(t, harness.Command{Args: []string{"demo"}, Env: environment})
		if day.ExitCode != 0 || day.Stderr != "" {
			t.Fatalf("exit code %d, stderr %q, stdout:\n%s", day.ExitCode, day.Stderr, day.Stdout)
		}
		if strings.Contains(day.Stdout, "\x1b") {
			t.Error("escape codes, though nobody sees them")
		}
		contains(t, "the story", day.Stdout, "A new colleague", "No role is called", "all 21 tools were used", "everything came out right")
	}
}

func TestTheDemoAsJSONIsALineAStep(t *testing.T) {
	day := harness.Run(t, harness.Command{Args: []string{"demo", "--json"}})
	if day.ExitCode != 0 || day.Stderr != "" {
		t.Fatalf("exit code %d, stderr %q, stdout:\n%s", day.ExitCode, day.Stderr, day.Stdout)
	}
	lines := strings.Split(strings.TrimSuffix(day.Stdout, "\n"), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	contains(t, "the last line", lines[len(lines)-1], `"totals":{"ok":true`)
}

func TestTheDemoTakesNothingButItsFlag(t *testing.T) {
	for args, says := range map[string]string{
		"demo now":        `"demo" takes no argument`,
		"demo --jsonn":    "Did you mean --json?",
		"demo --json=mad": "true or false",
	} {
		code, stdout, stderr := run(t, nil, strings.Fields(args)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, says) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestADemoThatIsStoppedEndsWithOne(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, stdout, stderr := runAs(ctx, cli.Build{}, cli.Streams{}, "demo")
	if code != 1 || stdout != "" || !strings.Contains(stderr, "stopped before its end") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

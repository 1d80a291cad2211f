package config_test

import (
	"log/slog"
	"strings"
	"testing"
)

func TestASafeguardThatIsSwitchedOffIsWarnedAboutWhereThereAreWrites(t *testing.T) {
	for _, test := range []struct{ variable, flag, value, says string }{
		{"POSTHOG_MCP_CONFIRM", "--confirm", "never", "nothing is asked before roles are deleted, members removed or tokens rotated"},
		{"POSTHOG_MCP_JOURNAL", "--journal", "off", "writes leave no trace and cannot be undone"},
		{"POSTHOG_MCP_JOURNAL", "--journal", "No", "writes leave no trace and cannot be undone"},
		{"POSTHOG_MCP_ALLOW_SECRETS_IN_RESULTS", "--allow-secrets-in-results", "on", "rotated tokens go through the model"},
	} {
		t.Run(test.flag+"="+test.value, func(t *testing.T) {
			for where, variables := range map[string]env{test.variable: {test.variable: test.value}, test.flag: nil} {
				var args []string
				if variables == nil {
					args = []string{test.flag + "=" + test.value}
				}
				notes := mustLoad(t, variables, args...).Notes
				if len(notes) != 1 || notes[0].Level != slog.LevelWarn || !strings.HasPrefix(notes[0].Text, where+" is ") || !strings.Contains(notes[0].Text, test.says) {
					t.Errorf("got %v", notes)
				}
				for _, harmless := range []string{"--read-only", "--dry-run"} {
					if notes := mustLoad(t, variables, append(args, harmless)...).Notes; len(notes) > 0 {
						t.Errorf("with %s: %v", harmless, notes)
					}
				}
			}
		})
	}
}

func TestASafeguardThatIsOnIsNotRemarkedUpon(t *testing.T) {
	for _, arg := range []string{"--confirm=ask", "--confirm=preview", "--journal=on", "--allow-secrets-in-results=false"} {
		if notes := mustLoad(t, nil, arg).Notes; len(notes) > 0 {
			t.Errorf("%s: %v", arg, notes)
		}
	}
}

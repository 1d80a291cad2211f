package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
)

// given are settings as a command line gives them.
func given(t *testing.T, line string) []config.Given {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Register(flags)
	if err := flags.Parse(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	return config.AllGiven(flags, nil)
}

func line(settings []config.Given) string {
	var words []string
	for _, setting := range settings {
		words = append(words, setting.Flag()...)
	}
	return strings.Join(words, " ")
}

func TestWhatIsGivenNowWinsAndTheRestIsKept(t *testing.T) {
	root, err := filepath.Abs("/") // with its drive on Windows
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, now, given, kept, left string }{
		{"--tools roles", "", "--tools roles", "--tools roles", ""},
		{"--tools roles --read-only", "--tools welcome", "--read-only --tools welcome", "--read-only", ""},
		{"--profile a", "--profile b", "--profile b", "", ""},
		{"--profile a", "--key-command c", "--key-command c", "", "--profile a"},
		{"--key-command c --host eu --organization o", "--profile b", "--profile b", "", "--host eu --organization o --key-command c"},
		{"--sandbox --sandbox-data /f --tools roles", "--host eu --key-command c", "--tools roles --host eu --key-command c", "--tools roles", "--sandbox --sandbox-data " + root + "f"},
		{"--sandbox --tools roles", "--sandbox=false", "--sandbox=false --tools roles", "--tools roles", ""},
		{"--profile a --journal /j --read-only", "--sandbox", "--sandbox --read-only", "--read-only", "--profile a --journal " + root + "j"},
		{"--sandbox --organization o", "--log-level debug", "--sandbox --organization o --log-level debug", "--sandbox --organization o", ""},
	} {
		got := config.Renew(given(t, test.old), given(t, test.now), func(config.Setting) bool { return false }, false)
		if line(got.Given) != test.given || line(got.Kept) != test.kept || line(got.Left) != test.left {
			t.Errorf("%s, then %s: %q, kept %q, left %q", test.old, test.now, line(got.Given), line(got.Kept), line(got.Left))
		}
	}
}

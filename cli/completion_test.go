package cli_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/config"
	"posthog-org-mcp/tools"
)

// completed is what a shell is told to offer, and the number that says how.
func completed(t *testing.T, args ...string) (offers []string, directive string) {
	t.Helper()
	code, stdout, _ := run(t, nil, append([]string{"__complete"}, args...)...)
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if code != 0 || len(lines) == 0 {
		t.Fatalf("%q: exit code %d, %q", args, code, stdout)
	}
	for _, line := range lines[:len(lines)-1] {
		offer, _, _ := strings.Cut(line, "\t")
		offers = append(offers, offer)
	}
	return offers, lines[len(lines)-1]
}

// The directives, as cobra numbers them.
const (
	anyFile     = ":0"
	noFile      = ":4"
	noSpaceFile = ":6"
	folders     = ":16"
)

func TestShellsAreOfferedWhatCanComeNext(t *testing.T) {
	var all []string
	for _, tool := range tools.Catalog() {
		all = append(all, tool.Name)
	}
	for _, test := range []struct {
		args      []string
		offers    []string
		directive string
	}{
		{[]string{"ca"}, []string{"call"}, noFile},
		{[]string{"t"}, []string{"tools"}, noFile},
		{[]string{"tools", ""}, all, noFile},
		{[]string{"tools", "roles-d"}, []string{"roles-delete"}, noFile},
		{[]string{"tools", "roles-delete", ""}, nil, noFile},
		{[]string{"call", "membership-"}, []string{"membership-add", "membership-get", "membership-list", "membership-remove"}, noFile},
		{[]string{"call", "--sandbox", "undo"}, []string{"undo"}, noFile},
		{[]string{"--sandbox", "call", "undo"}, []string{"undo"}, noFile},
		{[]string{"call", "roles-get", ""}, nil, noFile},
		{[]string{"call", "roles-get", "--ro"}, []string{"--role"}, noFile},
		{[]string{"call", "roles-get", "--role", ""}, nil, noFile},
		{[]string{"call", "roles-get", "--view", ""}, []string{"compact", "full"}, noFile},
		{[]string{"call", "roles-get", "--view=f"}, []string{"full"}, noFile},
		{[]string{"call", "roles-get", "--role", "Support", "--view", "c"}, []string{"compact"}, noFile},
		{[]string{"call", "members-list", "--order", ""}, []string{"joined_at", "-joined_at"}, noFile},
		{[]string{"call", "membership-add", "--members", "x", "--member"}, []string{"--member", "--members"}, noFile},
		{[]string{"call", "membership-add", "--role", "x", "--role"}, nil, noFile},
		{[]string{"call", "roles-delete", "--confirma"}, nil, noFile},
		{[]string{"call", "roles-delete", "--y"}, []string{"--yes"}, noFile},
		{[]string{"call", "roles-list", "--log-level", ""}, []string{"debug", "info", "warn", "error"}, noFile},
		{[]string{"--confirm", ""}, []string{"ask", "preview", "never"}, noFile},
		{[]string{"serve", "--confirm", "n"}, []string{"never"}, noFile},
		{[]string{"undo", "--host", ""}, []string{"us", "eu"}, noFile},
		{[]string{"--organization", ""}, []string{"@current"}, noFile},
		{[]string{"--secrets-to", "p"}, []string{"page"}, noFile},
		{[]string{"--log-format", ""}, []string{"text", "json"}, noFile},
		{[]string{"--journal", ""}, []string{"off"}, anyFile},
		{[]string{"journal", "--journal", "/"}, nil, anyFile},
		{[]string{"--key-file", ""}, nil, anyFile},
		{[]string{"sandbox", "--data", ""}, nil, anyFile},
		{[]string{"--secret-dir", ""}, nil, folders},
		{[]string{"--timeout", ""}, nil, noFile},
		{[]string{"--tools", "dest"}, []string{"destroys"}, noSpaceFile},
		{[]string{"--exclude-tools", "roles,mem"}, []string{"roles,members-list", "roles,membership-add", "roles,membership-get", "roles,membership-list", "roles,membership-remove", "roles,memberships"}, noSpaceFile},
		{[]string{"tools", "--tools", "reads,un"}, []string{"reads,undo"}, noSpaceFile},
		{[]string{"journal", "--tool", "undo"}, []string{"undo"}, noFile},
		{[]string{"help", "ca"}, []string{"call"}, noFile},
		{[]string{"help", "call", "roles-g"}, []string{"roles-get"}, noFile},
		{[]string{"help", "version", ""}, nil, noFile},
		{[]string{"completion", ""}, []string{"bash", "fish", "powershell", "zsh"}, noFile},
		{[]string{"undo", ""}, nil, noFile},
	} {
		offers, directive := completed(t, test.args...)
		if !slices.Equal(offers, test.offers) || directive != test.directive {
			t.Errorf("%q: %q %s, want %q %s", test.args, offers, directive, test.offers, test.directive)
		}
	}
}

func TestEveryArgumentIsOfferedWithWhatItMeans(t *testing.T) {
	for _, tool := range tools.Catalog() {
		_, stdout, _ := run(t, nil, "__complete", "call", tool.Name, "--")
		help := "\n" + stdout
		_, explained, _ := run(t, nil, "call", tool.Name, "--help")
		_, own, _ := strings.Cut(explained, "\nFlags:\n")
		own, _, _ = strings.Cut(own, "\n\n")
		for line := range strings.Lines(own) {
			flag := strings.Trim(strings.Fields(line)[0], ",")
			if strings.HasPrefix(flag, "--") && !strings.Contains(help, "\n"+flag+"\t") {
				t.Errorf("%s: %s is not offered, or without its meaning", tool.Name, flag)
			}
		}
		if strings.Contains(stdout, "`") {
			t.Errorf("%s: backquotes are of no use in a shell:\n%s", tool.Name, stdout)
		}
	}
}

// What shells offer of a setting's words is what config takes.
func TestWhatIsOfferedForASettingIsTaken(t *testing.T) {
	some := []string{"host", "organization", "journal"} // these take other things too
	for _, setting := range config.Settings() {
		if setting.Flag == "" || setting.Value == "" || setting.Value == "LIST" {
			continue
		}
		offers, _ := completed(t, "--"+setting.Flag, "")
		load := func(value string) error {
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			config.Register(flags)
			if err := flags.Set(setting.Flag, value); err != nil {
				t.Fatal(err)
			}
			_, err := config.Load(t.Context(), flags, []string{"POSTHOG_PERSONAL_API_KEY=" + canary, "HOME=" + t.TempDir()})
			return err
		}
		for _, offer := range offers {
			if err := load(offer); err != nil {
				t.Errorf("--%s %s is offered: %v", setting.Flag, offer, err)
			}
		}
		// Settings of a few words say which, when they are given another.
		var wrong *config.Error
		if !errors.As(load("frobnicate"), &wrong) || slices.Contains(some, setting.Flag) {
			continue
		}
		next := wrong.Problems[0].Next
		if _, listed, ok := strings.Cut(next, "Use "); ok && strings.Contains(listed, " or ") && !strings.Contains(listed, "such as") {
			for _, word := range strings.FieldsFunc(strings.ReplaceAll(listed, " or ", ","), func(r rune) bool { return strings.ContainsRune(", .", r) }) {
				if !slices.Contains(offers, word) {
					t.Errorf("--%s takes %s, which is not offered: %q", setting.Flag, word, offers)
				}
			}
		}
	}
}

func TestEveryShellHasItsScript(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, stdout, stderr := run(t, nil, "completion", shell)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "__complete") || !strings.Contains(stdout, cli.Name) {
			t.Errorf("%s: exit code %d, stderr %q, %d bytes", shell, code, stderr, len(stdout))
		}
		code, stdout, stderr = run(t, nil, "completion", shell, "now")
		if code != 2 || stdout != "" {
			t.Errorf("%s now: exit code %d, stdout %q, stderr %s", shell, code, stdout, stderr)
		}
	}
	code, stdout, stderr := run(t, nil, "completion", "bsh")
	if code != 2 || stdout != "" || !strings.Contains(stderr, "Did you mean bash") {
		t.Errorf("exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
	code, stdout, _ = run(t, nil, "completion")
	if code != 0 || !strings.Contains(stdout, "powershell") {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
}

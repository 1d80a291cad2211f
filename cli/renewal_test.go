package cli_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
)

// signedIn keeps a profile of a name for the person, in a file.
func (p person) signedIn(name string) {
	p.t.Helper()
	profile := credentials.Profile{Name: name, Host: "https://eu.posthog.com", Kind: credentials.PersonalKey, Kept: credentials.InFile}
	if _, err := config.Profiles(p.environ).Save(p.t.Context(), profile, credentials.Secret{Key: redact.NewSecret(canary)}); err != nil {
		p.t.Fatal(err)
	}
}

// startsWith gives Cursor an entry of ours with arguments, as JSON, and variables.
func (p person) startsWith(args, env string) {
	p.t.Helper()
	p.has(".cursor/mcp.json", `{"mcpServers": {"posthog-org": {"command": "posthog-org-mcp", "args": [`+args+`], "env": {`+env+`}}}}`)
}

func TestASecondInstallationLosesNoSafeguard(t *testing.T) {
	key := `"POSTHOG_PERSONAL_API_KEY": "` + canary + `"`
	for _, test := range []struct {
		name, args, env string // of the entry that is there
		given           string
		wantArgs        string
		wantEnv         string
		says            []string
	}{
		{"nothing given", `"--tools", "roles", "--profile", "ro", "--log-level", "debug"`, "", "", "--tools roles --profile ro --log-level debug", "",
			[]string{"Cursor: kept from the entry: --tools roles --profile ro --log-level debug; --fresh writes it anew without them."}},
		{"one changed", `"--log-level=debug", "--read-only", "--profile", "ro"`, "", "--log-level warn", "--read-only --profile ro --log-level warn", "",
			[]string{"kept from the entry: --read-only --profile ro;"}},
		{"one taken out", `"--tools", "roles", "--profile", "ro"`, "", "--tools=", "--profile ro", "", nil},
		{"one switched off", `"--read-only", "--profile", "ro"`, "", "--read-only=false", "--read-only=false --profile ro", "", nil},
		{"as it was written", `"serve", "--log-level=debug", "--profile=ro"`, "", "", "serve --log-level=debug --profile=ro", "", nil},
		{"everything anew", `"--tools", "roles", "--profile", "ro", "--nonsense"`, "", "--fresh", "--profile default", "", nil},
		{"another profile", `"--tools", "roles", "--host", "eu", "--key-file", "/gone"`, "", "--profile ro", "--tools roles --profile ro", "",
			[]string{"kept from the entry: --tools roles;", "left out of the entry, because it does not go with what is given now: --host eu --key-file /gone."}},
		{"a sandbox", `"--sandbox", "--tools", "roles"`, "", "", "--sandbox --tools roles", "", nil},
		{"a sandbox that becomes real", `"--sandbox", "--tools", "roles"`, "", "--profile ro", "--tools roles --profile ro", "",
			[]string{"does not go with what is given now: --sandbox."}},
		{"a real one that becomes a sandbox", `"--read-only", "--organization", "0190f3a2-1000-7000-8000-000000000001", "--profile", "ro"`, "", "--sandbox", "--sandbox --read-only", "",
			[]string{"left out", "--profile ro --organization 0190f3a2-1000-7000-8000-000000000001"}},
		{"variables", ``, key + `, "POSTHOG_MCP_READ_ONLY": "true", "HTTPS_PROXY": "http://p:1"`, "--tools roles", "--tools roles",
			"POSTHOG_PERSONAL_API_KEY=" + canary + " POSTHOG_MCP_READ_ONLY=true HTTPS_PROXY=http://p:1",
			[]string{"kept from the entry: POSTHOG_MCP_READ_ONLY=true POSTHOG_PERSONAL_API_KEY;"}},
		{"a key that is replaced", ``, key, "--profile ro", "--profile ro", "", []string{"left out", ": POSTHOG_PERSONAL_API_KEY."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPerson(t)
			p.signedIn("default")
			p.signedIn("ro")
			p.startsWith(test.args, test.env)
			for range 2 { // the second time, nothing is lost of what the first one kept
				code, stdout, stderr := p.runs(append([]string{"install", "cursor", "--yes"}, strings.Fields(test.given)...)...)
				if code != 0 || strings.Contains(stdout+stderr, "CANARY") {
					t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
				}
				contains(t, "stderr", stderr, test.says...)
				entry, args := p.entry()
				if args != test.wantArgs || inWords(entry.Server.Env) != test.wantEnv {
					t.Errorf("%s\n%s\n%s", args, inWords(entry.Server.Env), stderr)
				}
				test.says = nil
			}
		})
	}
}

func inWords(variables []assistants.Variable) string {
	var words []string
	for _, variable := range variables {
		words = append(words, variable.Name+"="+variable.Value)
	}
	return strings.Join(words, " ")
}

func TestAnEntryThatCannotBeBuiltUponIsLeftUntilItIsToBeWrittenAnew(t *testing.T) {
	for args, says := range map[string]string{
		`"--nonsense"`:                      "--nonsense",
		`"call", "roles-list"`:              `"call"`,
		`"--profile", "gone"`:               "Kept from the entry was: --profile gone",
		`"--sandbox", "--log-level", "all"`: "Kept from the entry was: --sandbox --log-level all",
	} {
		p := newPerson(t)
		p.signedIn("default")
		p.startsWith(args, "")
		code, stdout, stderr := p.runs("install", "cursor", "zed", "--yes", "--read-only")
		if code == 0 || strings.Contains(stdout, "cursor") || !strings.Contains(stderr, "Zed: wrote") || !strings.Contains(stderr, says) || !strings.Contains(stderr, "--fresh") {
			t.Errorf("%s: exit code %d\n%s%s", args, code, stdout, stderr)
		}
		if code, _, stderr := p.runs("install", "cursor", "--yes", "--fresh", "--sandbox"); code != 0 {
			t.Errorf("%s: exit code %d\n%s", args, code, stderr)
		}
		if code, _, stderr := p.runs("uninstall", "zed", "--yes"); code != 0 {
			t.Fatalf("exit code %d\n%s", code, stderr)
		}
		if _, args := p.entry(); args != "--sandbox" {
			t.Errorf("%s", args)
		}
	}
}

func TestAVariableThatLeadsToAKeyDoesNotEndASandbox(t *testing.T) {
	p := newPerson(t, "POSTHOG_HOST=eu", "POSTHOG_PERSONAL_API_KEY="+canary)
	p.startsWith(`"--sandbox"`, "")
	if code, _, stderr := p.runs("install", "cursor", "--read-only", "--yes"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	if _, args := p.entry(); args != "--sandbox --read-only" {
		t.Errorf("%s", args)
	}
	code, _, stderr := p.runs("install", "cursor", "--key-in-config", "--yes")
	if code != 0 || !strings.Contains(stderr, "given now: --sandbox.") {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	if entry, args := p.entry(); args != "--read-only --host eu" || inWords(entry.Server.Env) != "POSTHOG_PERSONAL_API_KEY="+canary {
		t.Errorf("%s %v", args, entry.Server.Env)
	}
}

func TestACommandThatIsKeptIsShownAndRunOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("cat is no command here")
	}
	p := newPerson(t)
	ran := filepath.Join(p.home, "ran")
	command := "echo x >> " + ran + "; cat " + p.has("key", canary)
	if code, _, stderr := p.runs("install", "cursor", "zed", "--key-command", command, "--yes"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	code, stdout, stderr := p.runs("install", "cursor", "zed", "--read-only", "--yes")
	if code != 0 || !strings.Contains(stdout, `"--key-command", "`+command+`"`) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	// A command may unlock a password manager, so two entries that are alike ask it once.
	if times, err := os.ReadFile(ran); err != nil || string(times) != "x\nx\n" {
		t.Errorf("it ran %q, %v", times, err)
	}
}

package cli_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/cli"
	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
)

// person is somebody with a home of their own, at a terminal or not.
type person struct {
	t       *testing.T
	home    string
	environ []string
}

func newPerson(t *testing.T, environ ...string) person {
	t.Helper()
	home := t.TempDir()
	environ = append([]string{"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + filepath.Join(home, "AppData", "Roaming")}, environ...)
	return person{t: t, home: home, environ: environ}
}

// runs runs a command line where nobody can be asked.
func (p person) runs(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	return run(p.t, p.environ, args...)
}

// types runs a command line at a terminal, and types what is asked for.
func (p person) types(typed string, args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	return runAs(p.t.Context(), cli.Build{Version: "1.2.3"},
		cli.Streams{In: strings.NewReader(typed), InTerminal: true, Environ: p.environ}, args...)
}

// entry is the one entry that the person's clients have, and its arguments.
func (p person) entry() (assistants.Entry, string) {
	p.t.Helper()
	entries := assistants.Entries(assistants.ThisMachine(p.environ))
	if len(entries) != 1 || entries[0].Err != nil {
		p.t.Fatalf("%+v", entries)
	}
	return entries[0], strings.Join(entries[0].Server.Args, " ")
}

func (p person) has(path, text string) string {
	p.t.Helper()
	file := filepath.Join(p.home, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

// files are all that is in the home.
func (p person) files() []string {
	p.t.Helper()
	var found []string
	_ = filepath.WalkDir(p.home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	return found
}

func TestAnInstallationIsShownAskedForWrittenAndTakenBack(t *testing.T) {
	p := newPerson(t, "POSTHOG_MCP_TOOLS=roles")
	file := p.has(".cursor/mcp.json", "{\n\t\"mcpServers\": {}, // mine\n}\n")
	if code, stdout, stderr := p.types("no\n", "install", "cursor", "--sandbox"); code != 1 || !strings.Contains(stdout, "+") || !strings.Contains(stderr, "nothing was written") {
		t.Errorf("no: exit code %d\n%s%s", code, stdout, stderr)
	}
	if len(p.files()) != 1 {
		t.Errorf("after no: %v", p.files())
	}
	code, stdout, stderr := p.types("1\nyes\n", "install", "--sandbox", "--read-only")
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	contains(t, "stdout", stdout, "+++ "+file, `+			"args": ["--sandbox", "--read-only", "--tools", "roles"]`)
	contains(t, "stderr", stderr, "Which?", "cursor", `Type "yes"`, "Cursor: wrote the entry", ".bak", "Cursor's settings")
	if _, args := p.entry(); args != "--sandbox --read-only --tools roles" {
		t.Errorf("%s", args)
	}
	if code, stdout, stderr := p.runs("install", "cursor", "--sandbox", "--read-only", "--yes"); code != 0 || stdout != "" || !strings.Contains(stderr, "nothing to do") {
		t.Errorf("again: exit code %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := p.runs("uninstall"); code != 1 || !strings.Contains(stderr, "--yes") {
		t.Errorf("uninstall where nobody can be asked: exit code %d\n%s", code, stderr)
	}
	if code, stdout, stderr := p.types("yes\n", "uninstall"); code != 0 || !strings.Contains(stderr, "took the entry out") {
		t.Errorf("uninstall: exit code %d\n%s%s", code, stdout, stderr)
	}
	if got, _ := os.ReadFile(file); string(got) != "{\n\t\"mcpServers\": {}, // mine\n}\n" {
		t.Errorf("%s", got)
	}
	if code, _, stderr := p.runs("uninstall"); code != 0 || !strings.Contains(stderr, "No client has an entry") {
		t.Errorf("once more: exit code %d\n%s", code, stderr)
	}
}

func TestAKeyIsNotWrittenIntoAFileUnlessThatIsAskedFor(t *testing.T) {
	keyVariable := "POSTHOG_PERSONAL_API_KEY=" + canary
	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string
	}{
		{"no key at all", nil, nil, 2, "posthog-org-mcp login"},
		{"the key in a variable", []string{keyVariable}, nil, 1, "--key-in-config"},
		{"a command that holds it", nil, []string{"--key-command", "echo " + canary}, 1, "--key-command holds what looks like a key"},
		{"nothing to write", nil, []string{"--key-in-config", "--sandbox"}, 2, "which is not set"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPerson(t, test.environ...)
			code, stdout, stderr := p.runs(append([]string{"install", "cursor", "--yes"}, test.args...)...)
			if code != test.code || stdout != "" || strings.Contains(stderr, "CANARY") {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
			contains(t, "stderr", stderr, test.says)
			if files := p.files(); len(files) > 0 {
				t.Errorf("written: %v", files)
			}
		})
	}
	p := newPerson(t, keyVariable)
	p.has(".codex/config.toml", "")
	for _, args := range [][]string{{"--print"}, {"--yes"}, {"--yes", "--read-only"}} {
		code, stdout, stderr := p.runs(append([]string{"install", "codex", "--key-in-config"}, args...)...)
		if code != 0 || strings.Contains(stdout+stderr, "CANARY") || !strings.Contains(stdout, "POSTHOG_PERSONAL_API_KEY") && args[len(args)-1] == "--yes" {
			t.Errorf("%v: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
	entry, _ := p.entry()
	if len(entry.Server.Env) != 1 || entry.Server.Env[0].Value != canary {
		t.Errorf("%+v", entry.Server.Env)
	}
	code, stdout, stderr := p.runs("uninstall", "--yes")
	if code != 0 || strings.Contains(stdout+stderr, "CANARY") || !strings.Contains(stderr, "It holds a key") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if runtime.GOOS != "windows" {
		for _, file := range p.files() {
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v", file, info.Mode())
			}
		}
	}
}

func TestAnEntrySaysWhereTheKeyIsKept(t *testing.T) {
	p := newPerson(t, "POSTHOG_HOST=eu")
	file := p.has("keys/posthog", canary+"\n")
	if code, stdout, stderr := p.runs("install", "zed", "--key-file", "~/keys/posthog", "--confirm=preview", "--yes"); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if _, args := p.entry(); args != "--host eu --key-file "+file+" --confirm preview" {
		t.Errorf("%s", args)
	}
	// A setting that cannot be used is refused before anything is written.
	for _, wrong := range [][]string{{"--host", "ftp://x"}, {"--tools", "rolls"}, {"--key-file", "/missing"}, {"--name", "a b"}, {"--name", "__proto__"}, {"--name", "constructor"}, {"--name", "prototype"}} {
		before := len(p.files())
		if code, _, stderr := p.runs(append([]string{"install", "cursor", "--key-file", file, "--yes"}, wrong...)...); code != 2 || len(p.files()) != before {
			t.Errorf("%v: exit code %d\n%s", wrong, code, stderr)
		}
	}
}

func TestAnEntryNamesTheProfileThatLoginKept(t *testing.T) {
	p := newPerson(t)
	store := config.Profiles(p.environ)
	profile := credentials.Profile{Name: credentials.DefaultName, Host: "https://us.posthog.com", Kind: credentials.PersonalKey, Kept: credentials.InFile}
	if _, err := store.Save(t.Context(), profile, credentials.Secret{Key: redact.NewSecret(canary)}); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := p.runs("install", "cursor", "--yes"); code != 0 || strings.Contains(stdout+stderr, "CANARY") {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if _, args := p.entry(); args != "--profile default" {
		t.Errorf("%s", args)
	}
}

func TestFoldersOfThisProgramGoIntoTheEntryWhereTheyAreUnusual(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the variables mean nothing here")
	}
	p := newPerson(t)
	p.environ = append(p.environ, "XDG_STATE_HOME="+filepath.Join(p.home, "elsewhere"), "XDG_CONFIG_HOME="+filepath.Join(p.home, ".config"))
	file := p.has("key", canary)
	if code, stdout, stderr := p.runs("install", "cursor", "--key-file", file, "--yes"); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	entry, _ := p.entry()
	if len(entry.Server.Env) != 1 || entry.Server.Env[0] != (assistants.Variable{Name: "XDG_STATE_HOME", Value: filepath.Join(p.home, "elsewhere")}) {
		t.Errorf("%+v", entry.Server.Env)
	}
}

func TestOneFaultyFileDoesNotStopTheOthers(t *testing.T) {
	p := newPerson(t)
	p.has(".cursor/mcp.json", "{\n  oops\n}")
	code, _, stderr := p.runs("install", "cursor", "zed", "--sandbox", "--yes")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "stderr", stderr, "Cursor: ", "line 2, column 3", "left as it is", "Zed: wrote the entry")
	code, _, stderr = p.runs("uninstall", "--yes")
	if code != 1 || !strings.Contains(stderr, "Zed: took out the entry") || !strings.Contains(stderr, "line 2, column 3") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

func TestClientsAreNamedFoundAndGuessed(t *testing.T) {
	p := newPerson(t)
	for _, test := range []struct {
		typed, line string
		code        int
		says        []string
	}{
		{"", "install cursro --sandbox", 2, []string{`no client "cursro"`, "Did you mean cursor?", "install --help"}},
		{"", "install --sandbox", 2, []string{"No client was found", "claude-desktop"}},
		{"", "uninstall cursro", 2, []string{"Did you mean cursor?"}},
		{"", "uninstall cursor --yes", 0, []string{"nothing to do"}},
		{"", "install --sandbox --yes Cursor cursor", 0, []string{"Cursor: wrote"}},
		{"", "install --sandbox", 1, []string{"Found on this machine", "Which?", "nothing was chosen"}},
		{"2\ncursro\n,\n1\ny\n", "install --read-only --sandbox", 0, []string{`no number "2"`, `no client "cursro". Did you mean cursor?`, "names no client", "Cursor: wrote"}},
		{"", "install all --sandbox --yes --fresh", 0, []string{"Cursor: wrote"}},
		{"all\nyes\n", "install --tools roles --sandbox", 0, []string{"Cursor: wrote"}},
		{"y\n", "uninstall all", 0, []string{"Cursor: took out"}},
	} {
		code, _, stderr := p.types(test.typed, strings.Fields(test.line)...)
		if code != test.code {
			t.Errorf("%s: exit code %d\n%s", test.line, code, stderr)
		}
		contains(t, test.line, stderr, test.says...)
	}
	if code, _, stderr := p.runs("install", "--sandbox"); code != 2 || !strings.Contains(stderr, "posthog-org-mcp install cursor") {
		t.Errorf("where nobody can be asked: exit code %d\n%s", code, stderr)
	}
	offers, _ := completed(t, "install", "cursor", "c")
	if strings.Join(offers, " ") != "claude-desktop claude-code codex copilot-cli" {
		t.Errorf("%v", offers)
	}
}

func TestWhatNpxHasFetchedIsStartedByNpxAgain(t *testing.T) {
	for _, test := range []struct{ system, itself, want string }{
		{"linux", "/home/ana/.npm/_npx/1a/node_modules/posthog-org-mcp/bin/posthog-org-mcp", "npx -y posthog-org-mcp"},
		{"darwin", "/Users/ana/.npm/_npx/1a/node_modules/posthog-org-mcp/bin/posthog-org-mcp", "npx -y posthog-org-mcp"},
		{"windows", "C:/Users/Ana/AppData/Local/npm-cache/_npx/1a/node_modules/posthog-org-mcp/bin/posthog-org-mcp.exe", "cmd /c npx -y posthog-org-mcp"},
		{"linux", "/usr/bin/posthog-org-mcp", ""},
	} {
		command, args, started := cli.ByNpx(test.system, test.itself)
		if got := strings.Join(append([]string{command}, args...), " "); got != test.want || started != (test.want != "") {
			t.Errorf("%s on %s is started by %q", test.itself, test.system, got)
		}
	}
}

func TestAnInterruptionAtAQuestionIsToldInWords(t *testing.T) {
	p := newPerson(t)
	p.has(".cursor/mcp.json", "{}")
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, line := range []string{"install --sandbox", "install cursor --sandbox", "login"} {
		never, stop := io.Pipe()
		code, _, stderr := runAs(interrupted, cli.Build{}, cli.Streams{In: never, InTerminal: true, Environ: p.environ}, strings.Fields(line)...)
		if code != 1 || !strings.Contains(stderr, "interrupted; nothing was changed") || strings.Contains(stderr, "context canceled") {
			t.Errorf("%s: exit code %d\n%s", line, code, stderr)
		}
		_ = stop.Close()
	}
}

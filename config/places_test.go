package config_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
)

func TestTheStateDirectoryFollowsTheSystemsRules(t *testing.T) {
	for _, test := range []struct {
		name, system string
		environment  env
		want         string
	}{
		{"XDG", "linux", env{"HOME": "/home/ana", "XDG_STATE_HOME": "/var/ana"}, "/var/ana/posthog-org-mcp"},
		{"XDG alone", "freebsd", env{"XDG_STATE_HOME": "/var/ana"}, "/var/ana/posthog-org-mcp"},
		{"XDG relative", "linux", env{"HOME": "/home/ana", "XDG_STATE_HOME": "state"}, "/home/ana/.local/state/posthog-org-mcp"},
		{"home", "linux", env{"HOME": "/home/ana"}, "/home/ana/.local/state/posthog-org-mcp"},
		{"another Unix", "openbsd", env{"HOME": "/home/ana"}, "/home/ana/.local/state/posthog-org-mcp"},
		{"macOS", "darwin", env{"HOME": "/Users/ana", "XDG_STATE_HOME": "/var/ana"}, "/Users/ana/Library/Application Support/posthog-org-mcp"},
		{"Windows, not in AppData", "windows", env{"LOCALAPPDATA": `C:\Ana\AppData\Local`, "USERPROFILE": `C:\Ana`, "HOME": "/c/ana"}, `C:\Ana/.posthog-org-mcp`},
		{"Windows, no XDG", "windows", env{"USERPROFILE": `C:\Ana`, "XDG_STATE_HOME": "/x"}, `C:\Ana/.posthog-org-mcp`},
		{"no home", "linux", env{"LOCALAPPDATA": `C:\Local`}, ""},
		{"relative home", "linux", env{"HOME": "ana"}, ""},
		{"no home on macOS", "darwin", env{"XDG_STATE_HOME": "/var/ana"}, ""},
		{"no home on Windows", "windows", env{"HOME": "/c/ana"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := config.StateDirectory(test.system, test.environment); got != filepath.FromSlash(test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// homeAt is an environment with a home, by every system's name for it.
func homeAt(home string, more env) env {
	variables := env{"HOME": home, "USERPROFILE": home}
	for name, value := range more {
		variables[name] = value
	}
	return variables
}

func TestTheJournalAndTokensGoWhereTheyWereSentOrToTheStateDirectory(t *testing.T) {
	home := t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	state := config.StateDirectory(runtime.GOOS, homeAt(home, nil))
	data := filepath.Join(home, "org.db")
	for _, test := range []struct {
		name             string
		variables        env
		args             []string
		journal, secrets string
		temporary        bool
	}{
		{name: "default", journal: filepath.Join(state, "journal.jsonl"), secrets: filepath.Join(state, "tokens")},
		{name: "on", args: []string{"--journal=on"}, journal: filepath.Join(state, "journal.jsonl"), secrets: filepath.Join(state, "tokens")},
		{name: "off", args: []string{"--journal=OFF"}, secrets: filepath.Join(state, "tokens")},
		{name: "variables", variables: env{"POSTHOG_MCP_JOURNAL": "~/j", "POSTHOG_MCP_SECRET_DIR": "~/s"},
			journal: filepath.Join(home, "j"), secrets: filepath.Join(home, "s")},
		{name: "flags", variables: env{"POSTHOG_MCP_JOURNAL": "off", "POSTHOG_MCP_SECRET_DIR": "~/s"}, args: []string{"--journal=some/j", "--secret-dir=s"},
			journal: filepath.Join(here, "some", "j"), secrets: filepath.Join(here, "s")},
		{name: "sandbox", args: []string{"--sandbox"}, temporary: true},
		{name: "sandbox, variables for other runs", variables: env{"POSTHOG_MCP_JOURNAL": "~/j", "POSTHOG_MCP_SECRET_DIR": "~/s"},
			args: []string{"--sandbox"}, temporary: true},
		{name: "sandbox, flags", args: []string{"--sandbox", "--journal=~/j", "--secret-dir=~/s"},
			journal: filepath.Join(home, "j"), secrets: filepath.Join(home, "s")},
		{name: "sandbox, off", args: []string{"--sandbox", "--journal=off"}},
		{name: "sandbox with a file", args: []string{"--sandbox", "--sandbox-data", "~/org.db"}, journal: data + ".journal.jsonl", secrets: data + ".secrets"},
		{name: "sandbox with a file here", args: []string{"--sandbox", "--sandbox-data", "org.db"},
			journal: filepath.Join(here, "org.db.journal.jsonl"), secrets: filepath.Join(here, "org.db.secrets")},
		{name: "sandbox with a file, variables for other runs", variables: env{"POSTHOG_MCP_JOURNAL": "~/j", "POSTHOG_MCP_SECRET_DIR": "~/s"},
			args: []string{"--sandbox", "--sandbox-data", data}, journal: data + ".journal.jsonl", secrets: data + ".secrets"},
		{name: "sandbox with a file, flags", args: []string{"--sandbox", "--sandbox-data", data, "--journal=off", "--secret-dir=~/s"}, secrets: filepath.Join(home, "s")},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded := mustLoad(t, homeAt(home, test.variables), test.args...)
			if loaded.Journal != test.journal || loaded.SecretDir != test.secrets || loaded.JournalTemporary != test.temporary {
				t.Errorf("got journal %q, secrets %q, temporary %v", loaded.Journal, loaded.SecretDir, loaded.JournalTemporary)
			}
		})
	}
	if made, err := os.ReadDir(home); err != nil || len(made) > 0 {
		t.Errorf("loading made %v in the home directory (%v)", made, err)
	}
}

func TestATildeIsTheHomeDirectoryByTheSystemsRules(t *testing.T) {
	home := env{"HOME": "/home/ana", "USERPROFILE": `C:\Ana`}
	for _, test := range []struct{ system, path, want string }{
		{"linux", "~/tok", "/home/ana/tok"},
		{"linux", `~\tok`, `~\tok`}, // a file of that name
		{"windows", "~/tok", `C:\Ana/tok`},
		{"windows", `~\tok`, `C:\Ana/tok`},
		{"windows", `~ana\tok`, `~ana\tok`},
		{"windows", `tok\~\x`, `tok\~\x`},
	} {
		want := test.want
		if want != test.path {
			want = filepath.FromSlash(want)
		}
		if got := config.ExpandHome(test.system, home, test.path); got != want {
			t.Errorf("%s on %s is %s, want %s", test.path, test.system, got, want)
		}
	}
}

func TestAPlaceThatCannotBeUsedIsRefused(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := load(t, nil, "--journal", directory)
	refused(t, err, "--journal", "is a directory", "off")
	_, err = load(t, env{"POSTHOG_MCP_SECRET_DIR": file})
	refused(t, err, "POSTHOG_MCP_SECRET_DIR", "not a directory", "Name a folder")
	_, err = load(t, env{"POSTHOG_MCP_JOURNAL": "${JOURNAL}"})
	refused(t, err, "POSTHOG_MCP_JOURNAL", "placeholder")
	if runtime.GOOS != "windows" {
		_, err = load(t, nil, "--journal", os.DevNull)
		refused(t, err, "--journal", "not an ordinary file", "off")
	}
	if loaded := mustLoad(t, nil, "--journal", file, "--secret-dir", directory); loaded.Journal != file || loaded.SecretDir != directory {
		t.Errorf("got %q and %q", loaded.Journal, loaded.SecretDir)
	}
}

func TestWithoutAHomeARunAsksForThePlacesItNeeds(t *testing.T) {
	for _, test := range []struct {
		args    string
		missing []string // what the fault names; none: the run can start
	}{
		{"", []string{"the journal and rotated tokens", "--journal", "off", "--secret-dir"}},
		{"--journal=off", []string{"keep rotated tokens in", "--secret-dir"}},
		{"--secret-dir=s", []string{"keep the journal in", "--journal"}},
		{"--secrets-to=page", []string{"keep the journal in", "--journal"}},
		{"--allow-secrets-in-results", []string{"keep the journal in", "--journal"}},
		{"--journal=off --secrets-to=page", nil},
		{"--journal=off --allow-secrets-in-results", nil},
		{"--journal=j --secret-dir=s", nil},
		{"--read-only", nil},
		{"--dry-run", nil},
		{"--sandbox", nil},
		{"--sandbox --sandbox-data=org.db", nil},
	} {
		t.Run(test.args, func(t *testing.T) {
			_, err := load(t, homeAt("", nil), strings.Fields(test.args)...)
			if test.missing == nil {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			refused(t, err, "", append(test.missing, "no home directory")...)
			for _, setting := range []string{"--journal", "--secret-dir"} {
				if !slices.Contains(test.missing, setting) && strings.Contains(err.Error(), setting) {
					t.Errorf("it asks for %s, which this run does not need:\n%v", setting, err)
				}
			}
		})
	}
}

func TestTheJournalIsFoundWithoutKeyHomeOrAnyOtherSetting(t *testing.T) {
	home := t.TempDir()
	for _, test := range []struct {
		name string
		env  env
		args []string
		want string
	}{
		{"flag, nothing else", env{}, []string{"--journal", filepath.Join(home, "a.jsonl")}, filepath.Join(home, "a.jsonl")},
		{"variable, and other settings that are wrong", env{"POSTHOG_MCP_JOURNAL": filepath.Join(home, "b.jsonl"), "POSTHOG_HOST": "not a host", "POSTHOG_MCP_SANDBOX": "perhaps"}, nil, filepath.Join(home, "b.jsonl")},
		{"off", env{"POSTHOG_MCP_JOURNAL": "off"}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
			config.Register(flags, "journal")
			if err := flags.Parse(test.args); err != nil {
				t.Fatal(err)
			}
			var environ []string
			for name, value := range test.env {
				environ = append(environ, name+"="+value)
			}
			if got, err := config.JournalPath(flags, environ); err != nil || got != test.want {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
	if _, err := config.JournalPath(nil, nil); err == nil || !strings.Contains(err.Error(), "--journal") {
		t.Errorf("without a home: %v", err)
	}
}

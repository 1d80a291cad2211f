package assistants_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
)

type env = map[string]string

func named(t *testing.T, name string) assistants.Client {
	t.Helper()
	client, known := assistants.Named(name)
	if !known {
		t.Fatalf("no client %s", name)
	}
	return client
}

func TestEachClientsFileIsFoundByItsSystemsRules(t *testing.T) {
	for _, test := range []struct {
		client, system string
		environment    env
		want           string
	}{
		{"claude-desktop", "linux", env{"HOME": "/h"}, "/h/.config/Claude/claude_desktop_config.json"},
		{"claude-desktop", "linux", env{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/Claude/claude_desktop_config.json"},
		{"claude-desktop", "linux", env{"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "/h/.config/Claude/claude_desktop_config.json"},
		{"claude-desktop", "darwin", env{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/h/Library/Application Support/Claude/claude_desktop_config.json"},
		{"claude-desktop", "windows", env{"USERPROFILE": `C:\Ana`, "APPDATA": `C:\Ana\Roaming`}, `C:\Ana\Roaming/Claude/claude_desktop_config.json`},
		{"claude-desktop", "windows", env{"USERPROFILE": `C:\Ana`}, `C:\Ana/AppData/Roaming/Claude/claude_desktop_config.json`},
		{"claude-desktop", "windows", env{"HOMEDRIVE": `C:`, "HOMEPATH": `\Ana`}, `C:\Ana/AppData/Roaming/Claude/claude_desktop_config.json`},
		{"claude-code", "linux", env{"HOME": "/h"}, "/h/.claude.json"},
		{"claude-code", "darwin", env{"HOME": "/h", "CLAUDE_CONFIG_DIR": "/work/claude"}, "/work/claude/.claude.json"},
		{"claude-code", "windows", env{"USERPROFILE": `C:\Ana`}, `C:\Ana/.claude.json`},
		{"cursor", "linux", env{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/h/.cursor/mcp.json"},
		{"cursor", "windows", env{"USERPROFILE": `C:\Ana`, "APPDATA": `C:\R`}, `C:\Ana/.cursor/mcp.json`},
		{"vscode", "linux", env{"HOME": "/h"}, "/h/.config/Code/User/mcp.json"},
		{"vscode", "darwin", env{"HOME": "/h"}, "/h/Library/Application Support/Code/User/mcp.json"},
		{"vscode", "windows", env{"USERPROFILE": `C:\Ana`, "APPDATA": `C:\R`}, `C:\R/Code/User/mcp.json`},
		{"vscode-insiders", "darwin", env{"HOME": "/h"}, "/h/Library/Application Support/Code - Insiders/User/mcp.json"},
		{"windsurf", "windows", env{"USERPROFILE": `C:\Ana`}, `C:\Ana/.codeium/windsurf/mcp_config.json`},
		{"zed", "linux", env{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/zed/settings.json"},
		{"zed", "darwin", env{"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/h/.config/zed/settings.json"},
		{"zed", "windows", env{"USERPROFILE": `C:\Ana`, "APPDATA": `C:\R`}, `C:\R/Zed/settings.json`},
		{"codex", "linux", env{"HOME": "/h", "CODEX_HOME": "/c"}, "/c/config.toml"},
		{"codex", "windows", env{"USERPROFILE": `C:\Ana`}, `C:\Ana/.codex/config.toml`},
		{"gemini-cli", "linux", env{"HOME": "/h", "GEMINI_CLI_HOME": "/g"}, "/g/.gemini/settings.json"},
		{"copilot-cli", "linux", env{"HOME": "/h", "COPILOT_HOME": "/c"}, "/c/mcp-config.json"},
		{"kiro", "darwin", env{"HOME": "/h"}, "/h/.kiro/settings/mcp.json"},
		{"lm-studio", "darwin", env{"HOME": "/h"}, "/h/.lmstudio/mcp.json"},
		{"opencode", "darwin", env{"HOME": "/h"}, "/h/.config/opencode/opencode.json"},
	} {
		machine := assistants.Machine{System: test.system, Environment: test.environment}
		if got, err := named(t, test.client).File(machine); err != nil || got != filepath.FromSlash(test.want) {
			t.Errorf("%s on %s with %v: %q, %v; want %q", test.client, test.system, test.environment, got, err, test.want)
		}
	}
}

func TestEveryClientHasAPlaceOnEverySystem(t *testing.T) {
	for _, client := range assistants.Clients() {
		for _, system := range []string{"linux", "darwin", "windows"} {
			if len(client.Places(system)) == 0 {
				t.Errorf("%s has none on %s", client.Name, system)
			}
		}
		if client.Title == "" || !strings.HasSuffix(client.Next, ".") {
			t.Errorf("%+v", client)
		}
	}
}

func TestWithoutAHomeNothingIsFound(t *testing.T) {
	for _, environment := range []env{nil, {"HOME": "relative"}} {
		machine := assistants.Machine{System: "linux", Environment: environment}
		if _, err := named(t, "cursor").File(machine); !errors.Is(err, assistants.ErrNoHome) {
			t.Errorf("%v: %v", environment, err)
		}
		if named(t, "cursor").IsOn(machine) || len(assistants.Entries(machine)) > 0 {
			t.Errorf("%v: something is found", environment)
		}
	}
}

// Windows keeps a packaged program's own copy of its folder. The program reads no
// other, even where an older file lies about.
func TestThePackagedClaudeDesktopIsFoundWhereWindowsKeepsIt(t *testing.T) {
	home := t.TempDir()
	machine := assistants.Machine{System: "windows", Environment: env{
		"USERPROFILE": home, "APPDATA": filepath.Join(home, "Roaming"), "LOCALAPPDATA": filepath.Join(home, "Local"),
	}}
	client := named(t, "claude-desktop")
	old := place(t, machine, client, []byte("{}"))
	if old != filepath.Join(home, "Roaming", "Claude", "claude_desktop_config.json") {
		t.Errorf("without a package: %s", old)
	}
	if err := os.MkdirAll(filepath.Join(home, "Local", "Packages", "Claude_pzs8sxrjxfjjc"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(home, "Local", "Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Roaming", "Claude", "claude_desktop_config.json")
	if got, err := client.File(machine); err != nil || got != want {
		t.Errorf("with one: %s, %v", got, err)
	}
	install(t, machine, client, server())
	if entries := assistants.Entries(machine); len(entries) != 1 || entries[0].File != want {
		t.Errorf("%+v", entries)
	}
}

func TestOfSeveralPlacesTheOneThatIsThereIsUsed(t *testing.T) {
	for name, files := range map[string][]string{
		"opencode":  {".config/opencode/opencode.jsonc", ".config/opencode/opencode.json"},
		"lm-studio": {".cache/lm-studio/mcp.json", ".lmstudio/mcp.json"},
	} {
		for _, file := range files {
			machine := linux(t)
			path := filepath.Join(machine.Environment["HOME"], file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := named(t, name).File(machine); err != nil || got != path {
				t.Errorf("%s: %s, %v", file, got, err)
			}
		}
	}
}

func TestAClientIsOnAMachineWhereItsFileOrFolderIs(t *testing.T) {
	for _, test := range []struct {
		client, folder string
		want           bool
	}{
		{"cursor", ".cursor", true}, {"claude-code", ".claude", true}, {"codex", ".codex", true}, {"kiro", ".kiro", true},
		{"gemini-cli", ".gemini", false}, // Antigravity has the folder too
		{"claude-code", ".config", false}, {"vscode", ".config/Code", false}, {"vscode", ".config/Code/User", true},
	} {
		machine := linux(t)
		if named(t, test.client).IsOn(machine) {
			t.Errorf("%s is on an empty machine", test.client)
		}
		if err := os.MkdirAll(filepath.Join(machine.Environment["HOME"], test.folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if got := named(t, test.client).IsOn(machine); got != test.want {
			t.Errorf("%s with %s: %v", test.client, test.folder, got)
		}
	}
}

func TestFoldersThatWereMadeForAFileGoWithItWhereTheyAreEmpty(t *testing.T) {
	home := t.TempDir()
	for _, test := range []struct {
		client, system string
		environment    env
		gone, stays    string
		beside         string // a file of somebody else's
	}{
		{"windsurf", "linux", nil, ".codeium", "", ""},
		{"windsurf", "linux", nil, ".codeium/windsurf", ".codeium", ".codeium/other"},
		{"windsurf", "linux", nil, "", ".codeium/windsurf", ".codeium/windsurf/other"},
		{"zed", "linux", nil, ".config/zed", ".config", ""},
		{"zed", "linux", env{"XDG_CONFIG_HOME": filepath.Join(home, "settings")}, "settings/zed", "settings", ""},
		{"vscode", "darwin", nil, "Library/Application Support/Code", "Library/Application Support", ""},
		{"vscode", "windows", nil, "AppData/Roaming/Code", "AppData/Roaming", ""},
		{"codex", "linux", env{"CODEX_HOME": filepath.Join(home, "codex")}, "codex/config.toml", "codex", ""},
		{"gemini-cli", "linux", nil, ".gemini", "", ""},
		{"claude-code", "linux", nil, ".claude.json", "", ""},
	} {
		if runtime.GOOS == "windows" && test.system != "windows" {
			continue // a home with a drive is no absolute path elsewhere
		}
		machine := assistants.Machine{System: test.system, Environment: env{"HOME": home, "USERPROFILE": home}}
		for name, value := range test.environment {
			machine.Environment[name] = value
		}
		client := named(t, test.client)
		if test.beside != "" {
			file := filepath.Join(home, test.beside)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		install(t, machine, client, server("--read-only"))
		uninstall(t, machine, client)
		if _, err := os.Stat(filepath.Join(home, test.gone)); test.gone != "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %s is still there", test.client, test.gone)
		}
		if _, err := os.Stat(filepath.Join(home, test.stays)); err != nil {
			t.Errorf("%s: %v", test.client, err)
		}
		if test.beside != "" {
			_ = os.Remove(filepath.Join(home, test.beside))
		}
	}
}

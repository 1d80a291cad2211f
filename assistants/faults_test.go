package assistants_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
)

func TestAFileThatIsNotValidIsLeftAloneWithThePlaceOfItsFault(t *testing.T) {
	for _, test := range []struct {
		name, client, data string
		line, column       int
		says               string
	}{
		{"a missing comma", "cursor", "{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "not valid JSON"},
		{"cut short", "claude-code", `{"mcpServers": {`, 1, 17, "not valid JSON"},
		{"behind a mark and an umlaut", "vscode", "\ufeff{\"ä\": }", 1, 7, "not valid JSON"},
		{"a comment where none may be", "claude-desktop", "{\n  // mine\n}\n", 2, 3, "plain JSON"},
		{"a trailing comma where none may be", "claude-code", "{\n  \"a\": 1,\n}\n", 2, 9, "plain JSON"},
		{"a list", "cursor", "\n []", 2, 2, "no object"},
		{"servers that are a list", "cursor", "{\n  \"mcpServers\": []\n}", 2, 17, "something else than an object"},
		{"servers twice", "vscode", "{\"servers\": {},\n\"servers\": {}}", 2, 1, "a second time"},
		{"UTF-16", "claude-desktop", "\xff\xfe{\x00}\x00", 0, 0, "UTF-16"},
		{"bad TOML", "codex", "model = \"x\"\nbroken = = 1\n", 2, 10, "not valid TOML"},
		{"a key twice", "codex", "a = 1\na = 2\n", 2, 1, "not valid TOML"},
		{"servers on one line", "codex", "x = 1\nmcp_servers = { docs = { command = \"d\" } }\n", 2, 1, "on one line"},
		{"an entry on one line", "codex", "[mcp_servers]\nposthog-org = { command = \"posthog-org-mcp\" }\n", 2, 1, "another form"},
	} {
		t.Run(test.name, func(t *testing.T) {
			machine, client := linux(t), named(t, test.client)
			file := place(t, machine, client, []byte(test.data))
			_, err := client.Install(machine, server("--read-only"))
			var fault *assistants.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("%v", err)
			}
			if fault.File != file || fault.Line != test.line || fault.Column != test.column || !strings.Contains(fault.What, test.says) {
				t.Errorf("line %d, column %d: %v", fault.Line, fault.Column, err)
			}
			if got := read(t, file); string(got) != test.data {
				t.Errorf("the file is now\n%s", got)
			}
			if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 {
				t.Errorf("beside it are %v", files)
			}
		})
	}
}

func TestAFaultyFileIsAnEntryWithItsFault(t *testing.T) {
	machine := linux(t)
	place(t, machine, named(t, "cursor"), []byte("{"))
	place(t, machine, named(t, "codex"), []byte("[mcp_servers.mine]\ncommand = \"npx\"\nargs = [\"-y\", \"posthog-org-mcp@1\", \"--read-only\"]\nenv = { POSTHOG_HOST = \"eu\" }\n"))
	entries := assistants.Entries(machine)
	var fault *assistants.Fault
	if len(entries) != 2 || !errors.As(entries[0].Err, &fault) || fault.Line != 1 {
		t.Fatalf("%+v", entries)
	}
	if got := entries[1].Server; got.Name != "mine" || got.Command != "npx" || len(got.Args) != 3 || len(got.Env) != 1 || got.Env[0].Value != "eu" {
		t.Errorf("%+v", got)
	}
}

func TestAnEntryThatStartsTheProgramByAnotherOneIsOurs(t *testing.T) {
	for words, ours := range map[string]bool{
		`"npx", "args": ["-y", "posthog-org-mcp"]`:                                   true,
		`"cmd", "args": ["/c", "npx", "-y", "posthog-org-mcp@1.2", "--read-only"]`:   true,
		`"C:\\Windows\\cmd.exe", "args": ["/c", "npx.cmd", "-y", "posthog-org-mcp"]`: true,
		`"cmd", "args": ["/c", "npx", "-y", "another"]`:                              false,
	} {
		machine := linux(t)
		place(t, machine, named(t, "cursor"), []byte(`{"mcpServers": {"mine": {"command": `+words+`}}}`))
		if entries := assistants.Entries(machine); (len(entries) == 1) != ours || ours && entries[0].Err != nil {
			t.Errorf("%s: %+v", words, entries)
		}
	}
}

func TestANameThatBelongsToAnotherServerIsLeftToIt(t *testing.T) {
	machine, client := linux(t), named(t, "cursor")
	const data = `{"mcpServers": {"posthog-org": {"command": "npx", "args": ["other"]}}}`
	file := place(t, machine, client, []byte(data))
	var taken *assistants.TakenError
	if _, err := client.Install(machine, server()); !errors.As(err, &taken) || taken.File != file || taken.Command != "npx" {
		t.Errorf("install: %v", err)
	}
	if _, err := client.Uninstall(machine, assistants.UsualName, "npx"); !errors.As(err, &taken) {
		t.Errorf("uninstall: %v", err)
	}
}

func TestALinkStaysALinkAndAFileKeepsItsMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there, and files have no modes")
	}
	machine, client := linux(t), named(t, "claude-code")
	real := filepath.Join(t.TempDir(), "dotfiles.json")
	if err := os.WriteFile(real, []byte("{\n  \"a\": 1\n}\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	file, _ := client.File(machine)
	if err := os.Symlink(real, file); err != nil {
		t.Fatal(err)
	}
	written := install(t, machine, client, server())
	if target, err := os.Readlink(file); err != nil || target != real {
		t.Errorf("%q, %v", target, err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o640 || !bytes.Contains(read(t, real), []byte("posthog-org")) {
		t.Errorf("%v, %v, %s", info.Mode(), err, read(t, real))
	}
	if filepath.Dir(written.Backup) != filepath.Dir(file) {
		t.Errorf("the backup is in the linked file's folder: %s", written.Backup)
	}
	if info, err := os.Stat(written.Backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info.Mode(), err)
	}
	if err := os.Remove(real); err != nil {
		t.Fatal(err)
	}
	var fault *assistants.Fault
	if _, err := client.Install(machine, server()); !errors.As(err, &fault) || !strings.Contains(fault.What, "leads nowhere") {
		t.Errorf("%v", err)
	}
}

func TestAReadOnlyFileIsLeftAlone(t *testing.T) {
	machine, client := linux(t), named(t, "cursor")
	file := place(t, machine, client, []byte("{}\n"))
	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	change, err := client.Install(machine, server())
	if err != nil {
		t.Fatal(err)
	}
	var fault *assistants.Fault
	if _, err := change.Write(aDay); !errors.As(err, &fault) || !strings.Contains(err.Error(), "read-only") || !strings.Contains(err.Error(), "--print") {
		t.Errorf("%v", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 || string(read(t, file)) != "{}\n" {
		t.Errorf("%v, %s", files, read(t, file))
	}
}

func TestAFolderInTheFilesPlaceIsLeftAlone(t *testing.T) {
	machine, client := linux(t), named(t, "cursor")
	file, _ := client.File(machine)
	if err := os.MkdirAll(file, 0o755); err != nil {
		t.Fatal(err)
	}
	var fault *assistants.Fault
	if _, err := client.Install(machine, server()); !errors.As(err, &fault) || !strings.Contains(fault.What, "not an ordinary file") {
		t.Errorf("%v", err)
	}
}

// A running client writes its file whenever it likes.
func TestAFileThatChangedMeanwhileGetsTheEntryAndKeepsTheChange(t *testing.T) {
	machine, client := linux(t), named(t, "claude-code")
	file := place(t, machine, client, []byte("{\n  \"numStartups\": 1\n}\n"))
	change, err := client.Install(machine, server())
	if err != nil {
		t.Fatal(err)
	}
	place(t, machine, client, []byte("{\n  \"numStartups\": 2\n}\n"))
	if written := write(t, change); !written.Moved || !bytes.Contains(read(t, written.Backup), []byte(": 2")) {
		t.Errorf("%+v", written)
	}
	if got := read(t, file); !bytes.Contains(got, []byte(": 2")) || !bytes.Contains(got, []byte("posthog-org")) {
		t.Errorf("%s", got)
	}
}

func TestAnEntryThatChangedMeanwhileIsNotWrittenOver(t *testing.T) {
	machine, client := linux(t), named(t, "cursor")
	file := place(t, machine, client, []byte("{}"))
	change, err := client.Install(machine, server("--read-only"))
	if err != nil {
		t.Fatal(err)
	}
	install(t, machine, client, server("--dry-run"))
	var fault *assistants.Fault
	if _, err := change.Write(aDay); !errors.As(err, &fault) || !strings.Contains(fault.What, "has changed") {
		t.Errorf("%v", err)
	}
	if got := read(t, file); !bytes.Contains(got, []byte("--dry-run")) {
		t.Errorf("%s", got)
	}
}

func TestFoldersThatAreMissingAreMadeAndAFileOfOursGoesAgain(t *testing.T) {
	for _, client := range assistants.Clients() {
		machine := linux(t)
		written := install(t, machine, client, server("--read-only"))
		file, _ := client.File(machine)
		info, err := os.Stat(file)
		if err != nil || written.Backup != "" || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v, %+v", client.Name, err, written)
		}
		install(t, machine, client, server("--dry-run"))
		uninstall(t, machine, client)
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("%s: %v:\n%s", client.Name, err, read(t, file))
		}
	}
}

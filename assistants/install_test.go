package assistants_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/assistants"
)

// tester is a test, of either library.
type tester interface {
	Helper()
	Fatal(...any)
}

// aDay is when the tests write.
var aDay = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// linux is a machine whose home is a new folder: by the rules of Linux, where this
// system's paths are of that form.
func linux(t *testing.T) assistants.Machine {
	t.Helper()
	home := t.TempDir()
	machine := assistants.Machine{System: "linux", Environment: map[string]string{"HOME": home}}
	if runtime.GOOS == "windows" {
		machine = assistants.Machine{System: "windows", Environment: map[string]string{
			"USERPROFILE": home, "APPDATA": filepath.Join(home, ".config"), "HOME": home,
		}}
	}
	return machine
}

func server(args ...string) assistants.Server {
	return assistants.Server{Name: assistants.UsualName, Command: "/opt/bin/posthog-org-mcp", Args: args}
}

// samples are real files: NAME.json or NAME-WHAT.json belongs to the client NAME.
func samples(t *testing.T) map[string]assistants.Client {
	t.Helper()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	found := map[string]assistants.Client{}
	for _, file := range files {
		base := filepath.Base(file)
		for _, client := range assistants.Clients() {
			if strings.HasPrefix(base, client.Name+".") || strings.HasPrefix(base, client.Name+"-") && found[file].Name < client.Name {
				found[file] = client
			}
		}
		if found[file].Name == "" {
			t.Fatalf("%s belongs to no client", file)
		}
	}
	return found
}

// place writes a file where the client looks for it.
func place(t tester, machine assistants.Machine, client assistants.Client, data []byte) string {
	t.Helper()
	file, err := client.File(machine)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func install(t tester, machine assistants.Machine, client assistants.Client, server assistants.Server) assistants.Written {
	t.Helper()
	change, err := client.Install(machine, server)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, change)
}

func uninstall(t tester, machine assistants.Machine, client assistants.Client) assistants.Written {
	t.Helper()
	change, err := client.Uninstall(machine, assistants.UsualName, "")
	if err != nil {
		t.Fatal(err)
	}
	return write(t, change)
}

func write(t tester, change assistants.Change) assistants.Written {
	t.Helper()
	written, err := change.Write(aDay)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func read(t tester, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatWasInstalledIsReadBackAndTakenOutWithoutATrace(t *testing.T) {
	for sample, client := range samples(t) {
		t.Run(filepath.Base(sample), func(t *testing.T) {
			machine, original := linux(t), read(t, sample)
			file := place(t, machine, client, original)
			wanted := server("--read-only", "--tools", "roles,members")
			written := install(t, machine, client, wanted)
			if kept := read(t, written.Backup); !bytes.Equal(kept, original) {
				t.Errorf("the backup is\n%s", kept)
			}
			installed := read(t, file)
			entries := assistants.Entries(machine)
			if len(entries) != 1 || entries[0].Err != nil || entries[0].Client.Name != client.Name ||
				entries[0].Server.Command != wanted.Command || strings.Join(entries[0].Server.Args, " ") != "--read-only --tools roles,members" {
				t.Errorf("%+v in\n%s", entries, installed)
			}
			if change, err := client.Install(machine, wanted); err != nil || !change.Nothing() {
				t.Errorf("a second time is not nothing: %v", err)
			}
			uninstall(t, machine, client)
			if after := read(t, file); !bytes.Equal(after, original) {
				t.Errorf("before\n%s\ninstalled\n%s\nafter\n%s", original, installed, after)
			}
		})
	}
}

// Without the backup, what else was in the file must still be there.
func TestWithoutABackupAllButTheEntryIsLeft(t *testing.T) {
	exact := 0
	for sample, client := range samples(t) {
		machine, original := linux(t), read(t, sample)
		file := place(t, machine, client, original)
		written := install(t, machine, client, server("--read-only"))
		if err := os.Remove(written.Backup); err != nil {
			t.Fatal(err)
		}
		uninstall(t, machine, client)
		after, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // nothing else was in it
		}
		if bytes.Equal(after, original) {
			exact++
		} else {
			t.Logf("%s\n%s", sample, after)
		}
		if bytes.Contains(after, []byte("/opt/bin")) {
			t.Errorf("%s: the entry is still there:\n%s", sample, after)
		}
	}
	if exact < 12 {
		t.Errorf("only %d files came back to the byte", exact)
	}
}

package e2e_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// What cannot be written down is not sent; what only reads goes on.
func TestWithoutAJournalThatCanBeWrittenNoWriteGoesOut(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(t *testing.T, folder string) (journal string){
		"its folder is a file": func(t *testing.T, folder string) string {
			file := filepath.Join(folder, "file")
			if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(file, "journal.jsonl")
		},
		"its folder may not be written": func(t *testing.T, folder string) string {
			if runtime.GOOS == "windows" || os.Geteuid() == 0 {
				t.Skip("this user may write everywhere")
			}
			closed := filepath.Join(folder, "closed")
			if err := os.Mkdir(closed, 0o500); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(closed, "journal.jsonl")
		},
		"it is full of links": func(t *testing.T, folder string) string {
			link := filepath.Join(folder, "loop")
			if err := os.Symlink(link, link); err != nil {
				t.Skip("no links here: ", err)
			}
			return link
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			journal := place(t, t.TempDir())
			session := harness.Start(t, harness.Options{Env: unasked(stage.Env()), Args: []string{"--journal", journal}})
			noWriteGoesOut(t, session, stage)
			session.Close()
			if said := session.Stderr(); !strings.Contains(said, journal) {
				t.Errorf("the log does not say which file: %s", said)
			}
		})
	}
}

// noWriteGoesOut tries every tool of a server that cannot write its journal, and
// no secret either where it is the disk that is full.
func noWriteGoesOut(t *testing.T, session *harness.Session, stage *harness.Stage) {
	t.Helper()
	writers := 0
	for _, try := range everyTool() {
		result := session.Call(try.tool, try.args)
		switch {
		case try.tool == "journal-list" || try.tool == "undo":
			// They read the file that is not there.
		case !strings.Contains(strings.Join(try.want, ""), `"changed":true`):
			if result.IsError {
				t.Errorf("%s only reads, and yet: %s", try.tool, result.Text)
			}
		default:
			writers++
			got := failure(t, result)
			said := strings.Contains(got.Error, "journal cannot be written") ||
				try.tool == "project-secret-token-rotate" && strings.Contains(got.Error, "no place for the new token")
			if !said || !strings.Contains(got.Error, "Nothing was changed") || got.NextStep == "" {
				t.Errorf("%s: got %+v", try.tool, got)
			}
		}
	}
	if writers < 8 {
		t.Errorf("only %d tools write", writers)
	}
	wantNoWrite(t, stage)
}

// Two paths are known to be wrong before anything is tried.
func TestAPathThatIsNoFileStopsTheStart(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := [][]string{{"--journal", folder}, {"--secret-dir", file}}
	if _, err := os.Stat("/dev/full"); err == nil {
		wrong = append(wrong, []string{"--journal", "/dev/full"})
	}
	for _, args := range wrong {
		out := harness.Run(t, harness.Command{Env: stage.Env(), Args: args})
		if out.ExitCode != 2 || !strings.Contains(out.Stderr, args[0]+" is ") {
			t.Errorf("%q: exit code %d, stderr %s", args, out.ExitCode, out.Stderr)
		}
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "mine" {
		t.Errorf("the file holds %q, %v", content, err)
	}
}

// What cannot be handed over is not rotated.
func TestWithoutAPlaceForTheTokenNoRotationGoesOut(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(t *testing.T, folder string) (secrets string){
		"below a file": func(t *testing.T, folder string) string {
			file := filepath.Join(folder, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(file, "secrets")
		},
		"may not be written": func(t *testing.T, folder string) string {
			if runtime.GOOS == "windows" || os.Geteuid() == 0 {
				t.Skip("this user may write everywhere")
			}
			closed := filepath.Join(folder, "closed")
			if err := os.Mkdir(closed, 0o500); err != nil {
				t.Fatal(err)
			}
			return closed
		},
		"others can write there": func(t *testing.T, folder string) string {
			if runtime.GOOS == "windows" {
				t.Skip("Windows has no such modes")
			}
			open := filepath.Join(folder, "open")
			if err := os.Mkdir(open, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(open, 0o777); err != nil {
				t.Fatal(err)
			}
			return open
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, stage := newStage(t)
			secrets := place(t, t.TempDir())
			session := a.with("POSTHOG_MCP_CONFIRM", "never").start(t, "--secret-dir", secrets)
			got := failure(t, session.Call("project-secret-token-rotate", values{"project": sandbox.ProjectWebName}))
			if !strings.Contains(got.Error, "no place for the new token") || !strings.Contains(got.Error, "Nothing was changed") || !strings.Contains(got.NextStep, "--secret-dir") {
				t.Errorf("got %+v", got)
			}
			wantNoWrite(t, stage)
			if !wrote(t, session.Call("roles-create", values{"name": "Night shift"})).Changed {
				t.Error("another write was not made")
			}
			session.Close()
			if said := session.Stderr(); !strings.Contains(said, secrets) {
				t.Errorf("the log does not say which folder: %s", said)
			}
		})
	}
}

package e2e_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// endless are the examples that go on until they are interrupted.
var endless = []string{"posthog-org-mcp sandbox", "posthog-org-mcp journal --follow"}

// unplayable are the examples that cannot come out right here, with what they say
// instead: nobody types a key or an answer, and nothing was written that could be
// taken back.
var unplayable = map[string]string{
	"posthog-org-mcp login":                               "there was no key",
	"posthog-org-mcp login --host eu --profile work":      "there was no key",
	"posthog-org-mcp login --host us --open --store file": "there was no key",
	"posthog-org-mcp undo k3f9q2m7ab":                     "has no such write",
	"posthog-org-mcp undo k3f9q2m7ab.2 --yes":             "has no such write",
	"posthog-org-mcp call undo --id k3f9q2m7ab":           "has no such write",
	"posthog-org-mcp install":                             "Nobody can be asked here",
}

// Whoever reads a command's help copies its example. Each is run as it stands, by
// a shell, for somebody who has signed in.
func TestTheExamplesOfEveryCommandWork(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no sh")
	}
	examples := examplesOf(t, nil)
	slices.Sort(examples)
	examples = slices.Compact(examples)
	if len(examples) < 50 {
		t.Fatalf("there are %d examples", len(examples))
	}
	for _, example := range examples {
		if slices.ContainsFunc(endless, func(begin string) bool { return strings.HasPrefix(example, begin) }) {
			continue
		}
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			out := harness.Run(t, harness.Command{Binary: shell, Args: []string{"-c", playable(example)}, Env: newcomer(t, example)})
			if says, cannot := unplayable[example]; cannot {
				if out.ExitCode == 0 || !strings.Contains(out.Stderr, says) {
					t.Errorf("exit code %d:\n%s", out.ExitCode, out.Stderr)
				}
				return
			}
			if out.ExitCode != 0 {
				t.Errorf("exit code %d:\n%s%s", out.ExitCode, out.Stdout, out.Stderr)
			}
		})
	}
}

// examplesOf collects the examples in the help of a command and of all below it.
func examplesOf(t *testing.T, command []string) []string {
	t.Helper()
	help := harness.Run(t, harness.Command{Args: append(slices.Clone(command), "--help")}).Stdout
	var examples []string
	section, isTools := "", false
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		name, isIndented := strings.CutPrefix(line, "  ")
		switch {
		case !isIndented:
			section = line
			isTools = len(command) == 1 && command[0] == "call" && strings.HasSuffix(line, ":") && !slices.Contains([]string{"Usage:", "Examples:", "Flags:"}, line)
		case section == "Examples:":
			examples = append(examples, name)
		case section == "Available Commands:" || isTools:
			child := strings.Fields(name)[0]
			examples = append(examples, examplesOf(t, append(slices.Clone(command), child))...)
		}
	}
	return examples
}

// playable has a person say yes. Where it is installed is theirs to choose.
func playable(example string) string {
	asks := strings.Contains(example, "install ") || strings.HasSuffix(example, "uninstall") || strings.Contains(example, "call ")
	if asks && !strings.Contains(example, "--yes") && !strings.Contains(example, "--print") {
		return example + " --yes"
	}
	return example
}

// newcomer is the environment of somebody who has what an example takes for
// granted: the program in the PATH, a key, a client, and a sign-in unless the
// example brings its own way to PostHog.
func newcomer(t *testing.T, example string) map[string]string {
	t.Helper()
	environment := harness.Environment(t, nil)
	home, programs := environment["HOME"], t.TempDir()
	write := func(path, content string, mode os.FileMode) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(home, ".posthog-key"), sandbox.AdminKey+"\n", 0o600)
	write(filepath.Join(programs, "op"), "#!/bin/sh\n[ \"$2\" = op://Private/PostHog/key ] && "+opSays(example), 0o700)
	if err := os.Symlink(harness.Binary(t), filepath.Join(programs, "posthog-org-mcp")); err != nil {
		t.Fatal(err)
	}
	environment["PATH"] = programs + string(filepath.ListSeparator) + os.Getenv("PATH")
	for _, own := range []string{"--sandbox", "POSTHOG_HOST", "--host", "--key-command", " login"} {
		if strings.Contains(example, own) {
			return environment
		}
	}
	// Not held to the API's document: the doctor asks once without a key.
	box := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(box)
	t.Cleanup(func() {
		server.Close()
		_ = box.Close() // nothing is kept
	})
	run := func(stdin string, args ...string) {
		if out := harness.Run(t, harness.Command{Args: args, Env: environment, Stdin: stdin}); out.ExitCode != 0 {
			t.Fatal(out.Stderr)
		}
	}
	for _, profile := range []string{"default", "work"} {
		run(sandbox.AdminKey, "login", "--store", "file", "--host", server.URL, "--profile", profile)
	}
	run("", "install", "claude-desktop", "cursor", "--yes")
	return environment
}

// opSays is what the password manager of an example does: for a sign-in nothing,
// because PostHog would be asked about its key.
func opSays(example string) string {
	if strings.Contains(example, " login") {
		return "true\n"
	}
	return "echo " + sandbox.AdminKey + "\n"
}

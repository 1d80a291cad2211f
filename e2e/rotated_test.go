package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// logIn signs in as a user, with the secret in a file.
func (a account) logIn(t *testing.T, key string, args ...string) harness.Output {
	t.Helper()
	return harness.Run(t, harness.Command{Env: a.environment, Args: append([]string{"login", "--store", "file"}, args...), Stdin: key + "\n"})
}

// A key that its owner rotates goes on working without a restart, wherever it is
// kept, and neither the old nor the new one is seen anywhere but there.
func TestAKeyThatIsRotatedNeedsNoRestart(t *testing.T) {
	t.Parallel()
	for where, prefix := range map[string]string{"file": "phx_", "command": "phx_", "profile": "phx_", "profile, without a prefix": ""} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			before, after := prefix+canary+"before0123456789abcdefghijkl", prefix+canary+"after0123456789abcdefghijklm"
			stage := harness.Backend(t, sandbox.Options{})
			roll := func(old, secret string) {
				if err := stage.Sandbox.RollKey(t.Context(), old, secret); err != nil {
					t.Fatal(err)
				}
			}
			roll(sandbox.AdminKey, before)
			a := newAccount(t, map[string]string{"POSTHOG_HOST": stage.URL, "POSTHOG_MCP_LOG_LEVEL": "debug"})
			file := filepath.Join(a.environment["HOME"], "key")
			keep := func(key string) {
				if strings.HasPrefix(where, "profile") {
					out := a.logIn(t, key, "--host", stage.URL, "--profile", "work")
					(&looker{T: t, key: key, rotated: key}).at("login", out.Stdout+out.Stderr)
					if out.ExitCode != 0 {
						t.Fatalf("login: %d, %s", out.ExitCode, out.Stderr)
					}
					return
				}
				if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			keep(before)
			args := map[string][]string{"file": {"--key-file", file}, "command": {"--key-command", "cat " + file}}[where]
			if args == nil {
				args = []string{"--profile", "work"}
			}
			session := a.start(t, args...)
			if got := session.Call("roles-list", nil); got.IsError {
				t.Fatal(got.Text)
			}
			roll(before, after)
			keep(after)
			if got := session.Call("roles-create", values{"name": "Night shift"}); got.IsError {
				t.Fatal(got.Text)
			}
			whoami := session.Call("whoami", nil)
			if whoami.IsError || !strings.Contains(whoami.Text, sandbox.AdminEmail) {
				t.Error(whoami.Text)
			}
			if created := writes(stage); len(created) != 1 {
				t.Errorf("sent %q", created) // reads that come before it have renewed the key
			}
			session.Close()
			if said := session.Stderr(); strings.Count(said, "refused and read again") != 1 {
				t.Errorf("stderr: %s", said)
			}
			look := &looker{T: t, key: before, rotated: after}
			look.at("stderr", session.Stderr())
			look.at("whoami", string(whoami.Raw))
			for path, content := range files(t, a.environment["HOME"]) {
				if path == file || filepath.Base(filepath.Dir(path)) == "secrets" && filepath.Base(filepath.Dir(filepath.Dir(path))) == "posthog-org-mcp" {
					continue // where it is kept
				}
				look.at(path, content)
			}
		})
	}
}

func TestAKeyInAVariableThatIsRotatedIsRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	session, stage := startWith(t, sandbox.AdminKey, sandbox.Faults{})
	if err := stage.Sandbox.RollKey(t.Context(), sandbox.AdminKey, "phx_rolled_0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	if got := failure(t, session.Call("roles-list", nil)); !strings.Contains(got.Error, "does not accept the API key") {
		t.Errorf("got %+v", got)
	}
}

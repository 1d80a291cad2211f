package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/harness"
)

// What install writes into any client's file starts a server that does what the
// settings say, and uninstall leaves nothing that does.
func TestWhatIsInstalledStartsAServer(t *testing.T) {
	environment := harness.Environment(t, nil)
	command := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(harness.Binary(t), args...)
		cmd.Dir = environment["HOME"]
		for name, value := range environment {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	var names []string
	for _, client := range assistants.Clients() {
		names = append(names, client.Name)
	}
	command(append([]string{"install", "--sandbox", "--read-only", "--tools", "roles", "--yes"}, names...)...)
	machine := assistants.Machine{System: assistants.ThisMachine(nil).System, Environment: environment}
	entries := assistants.Entries(machine)
	if len(entries) != len(names) {
		t.Fatalf("%d entries in the files of %d clients: %+v", len(entries), len(names), entries)
	}
	for i, entry := range entries {
		if entry.Err != nil || entry.Server.Command != entries[0].Server.Command || strings.Join(entry.Server.Args, " ") != "--sandbox --read-only --tools roles" {
			t.Errorf("%s: %+v", names[i], entry)
		}
	}
	session := harness.Start(t, harness.Options{Binary: entries[0].Server.Command, Args: entries[0].Server.Args})
	var tools []string
	for _, tool := range session.Tools() {
		tools = append(tools, tool.Name)
	}
	if got := strings.Join(tools, " "); got != "roles-get roles-list" {
		t.Errorf("it offers %s", got)
	}
	if said := command("uninstall", "--yes"); !strings.Contains(said, "Claude Desktop: took out the entry") {
		t.Errorf("%s", said)
	}
	for _, entry := range entries {
		if _, err := os.Stat(entry.File); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", entry.File, err)
		}
	}
}

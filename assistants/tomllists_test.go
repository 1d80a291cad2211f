package assistants_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
)

func TestAListOfTablesBetweenTheTablesOfAnEntryStays(t *testing.T) {
	const hooks = "[[hooks]]\ncommand = \"theirs\"\n\n[hooks.more]\na = 1\n\n[[hooks]]\ncommand = \"theirs too\"\n"
	for what, after := range map[string]string{
		"variables": "[mcp_servers.posthog-org.env]\nPOSTHOG_HOST = \"eu\"\n",
		"tools":     "[mcp_servers.posthog-org.tools.roles-list]\napproval_mode = \"approve\"\n",
		"a list":    "[[mcp_servers.posthog-org.things]]\nenv = 1\n",
	} {
		machine, client := linux(t), named(t, "codex")
		file := place(t, machine, client, []byte("[mcp_servers.posthog-org]\ncommand = \"posthog-org-mcp\"\n\n"+hooks+"\n"+after))
		uninstall(t, machine, client)
		if got := strings.TrimSpace(string(read(t, file))); got != strings.TrimSpace(hooks) {
			t.Errorf("%s:\n%s", what, got)
		}
	}
}

func TestAnEntryBetweenListsOfTablesIsWrittenIntoItsOwnTable(t *testing.T) {
	machine, client := linux(t), named(t, "codex")
	const before = "[[hooks]]\ncommand = \"theirs\"\n\n[mcp_servers.posthog-org]\ncommand = \"posthog-org-mcp\"\n\n[[hooks]]\ncommand = \"theirs too\"\n"
	file := place(t, machine, client, []byte(before))
	install(t, machine, client, server("--read-only"))
	want := strings.Replace(before, "\"posthog-org-mcp\"\n", "\"/opt/bin/posthog-org-mcp\"\nargs = [\"--read-only\"]\n", 1)
	if got := string(read(t, file)); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

func TestServersThatAreAListOfTablesAreLeftAlone(t *testing.T) {
	machine, client := linux(t), named(t, "codex")
	const data = "[[mcp_servers]]\ncommand = \"theirs\"\n"
	file := place(t, machine, client, []byte(data))
	var fault *assistants.Fault
	if _, err := client.Install(machine, server()); !errors.As(err, &fault) || !strings.Contains(fault.What, "as a list") {
		t.Errorf("%v", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != data {
		t.Errorf("%v\n%s", err, got)
	}
}

package assistants_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
)

// Each of these was the end of the program, or of the user's patience.
func TestAFileThatIsNestedTooDeepIsLeftAlone(t *testing.T) {
	const many = 1_500_000
	for _, test := range []struct{ client, data, says string }{
		{"cursor", `{"a":` + strings.Repeat("[", many), "nested more than"},
		{"cursor", strings.Repeat(`{"a":`, many), "nested more than"},
		{"claude-desktop", `{"a": "]", /* ] */ "b": ` + strings.Repeat("[", many) + strings.Repeat("]", many) + "}", "nested more than"},
		{"codex", "[a" + strings.Repeat(".a", 300_000) + "]\n", "nested more than"},
		{"codex", "a" + strings.Repeat(".'a'", 300_000) + " = 1\n", "nested more than"},
		{"codex", "a = " + strings.Repeat("[", many), "nested more than"},
		{"codex", "b = \"\"\"x\"\"\"\"\na = " + strings.Repeat("[", many), "nested more than"},
		{"codex", "a = " + strings.Repeat("{a=", many), "nested more than"},
		{"cursor", `{"a": "` + strings.Repeat("x", 17<<20) + `"}`, "larger than 16 MiB"},
	} {
		machine, client := linux(t), named(t, test.client)
		place(t, machine, client, []byte(test.data))
		var fault *assistants.Fault
		if _, err := client.Install(machine, server()); !errors.As(err, &fault) || !strings.Contains(fault.What, test.says) {
			t.Errorf("%.20s: %v", test.data, err)
		}
		if entries := assistants.Entries(machine); len(entries) != 1 || !errors.As(entries[0].Err, &fault) {
			t.Errorf("%.20s: %v", test.data, entries)
		}
	}
}

func TestWhatOnlyLooksDeepIsRead(t *testing.T) {
	var numbers, deep strings.Builder
	for i := range 500 {
		_, _ = fmt.Fprintf(&numbers, "%d.5, ", i)
		deep.WriteString(`[{`)
	}
	for _, test := range []struct{ client, data string }{
		{"cursor", `{"a": "\"` + deep.String() + `", // ` + deep.String() + "\n" + `"b": 1 /* " ` + deep.String() + `*/}`},
		{"codex", "a = [" + numbers.String() + "]\nb = \"\"\"\n\\\"" + deep.String() + "\"\"\"\nc = '''" + deep.String() + "'''\nd = '" + deep.String() + "' # " + deep.String() + "\n"},
	} {
		machine, client := linux(t), named(t, test.client)
		place(t, machine, client, []byte(test.data))
		if _, err := client.Install(machine, server()); err != nil {
			t.Errorf("%s: %v", test.client, err)
		}
	}
}

func TestABackupThatIsNoOrdinaryFileIsNoBackup(t *testing.T) {
	machine, client := linux(t), named(t, "codex")
	const before = "model = \"x\"\n"
	file := place(t, machine, client, []byte(before))
	install(t, machine, client, server())
	makePipe(t, file+".posthog-org-mcp-x.bak")
	if err := os.Symlink(file+".posthog-org-mcp-x.bak", file+".posthog-org-mcp-y.bak"); err != nil {
		t.Skip(err)
	}
	uninstall(t, machine, client)
	if got := string(read(t, file)); got != before {
		t.Errorf("%s", got)
	}
}

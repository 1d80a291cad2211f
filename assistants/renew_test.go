package assistants_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posthog-org-mcp/assistants"
)

func TestWhatTheClientOrTheUserAddedToTheEntryStays(t *testing.T) {
	for _, test := range []struct{ client, before, after string }{
		{"cursor", `{
  "mcpServers": {
    "posthog-org": {
      "command": "/old/posthog-org-mcp", // by hand
      "args": [
        "--dry-run"
      ],
      "env": {"POSTHOG_HOST": "eu", "HTTPS_PROXY": "http://proxy:3128"},
      "disabled": true
    }
  }
}
`, `{
  "mcpServers": {
    "posthog-org": {
      "command": "/opt/bin/posthog-org-mcp", // by hand
      "args": ["--read-only"],
      "env": {"HTTPS_PROXY": "http://proxy:3128"},
      "disabled": true
    }
  }
}
`},
		{"claude-code", `{"mcpServers":{"posthog-org":{"command":"posthog-org-mcp","env":{"POSTHOG_PERSONAL_API_KEY":"phx_x"}}}}`,
			`{"mcpServers":{"posthog-org":{"command":"/opt/bin/posthog-org-mcp","type": "stdio", "args": ["--read-only"]}}}`},
		{"codex", `[mcp_servers.posthog-org]
command = "posthog-org-mcp" # by hand
startup_timeout_sec = 20

[mcp_servers.posthog-org.env]
POSTHOG_HOST = "eu"
# the office
HTTPS_PROXY = "http://proxy:3128"

[mcp_servers.posthog-org.tools.roles-list]
approval_mode = "approve"
`, `[mcp_servers.posthog-org]
command = "/opt/bin/posthog-org-mcp" # by hand
startup_timeout_sec = 20
args = ["--read-only"]
env = { HTTPS_PROXY = "http://proxy:3128" }

[mcp_servers.posthog-org.tools.roles-list]
approval_mode = "approve"
`},
	} {
		machine, client := linux(t), named(t, test.client)
		file := place(t, machine, client, []byte(test.before))
		install(t, machine, client, server("--read-only"))
		if got := string(read(t, file)); got != test.after {
			t.Errorf("%s:\n%s\nwant\n%s", test.client, got, test.after)
		}
		if change, err := client.Install(machine, server("--read-only")); err != nil || !change.Nothing() {
			t.Errorf("%s: a second time is not nothing: %v", test.client, err)
		}
	}
}

func TestADifferenceShowsNothingOfOtherServersAndNoKey(t *testing.T) {
	secrets := []string{"ghp_0123456789abcdefghijABCDEFGHIJ012345", "secret-in-a-comment", "tok_0123456789abcdefghij", "ana@example.com", "k-of-another-kind", "bare0123456789bare0123456789"}
	for sample, client := range samples(t) {
		machine := linux(t)
		place(t, machine, client, read(t, sample))
		wanted := server("--read-only")
		wanted.Env = []assistants.Variable{{Name: "POSTHOG_PERSONAL_API_KEY", Value: "k-of-another-kind"}}
		change, err := client.Install(machine, wanted)
		if err != nil {
			t.Fatal(err)
		}
		shown := change.Diff(strings.ToUpper)
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(shown), strings.ToLower(secret)) {
				t.Errorf("%s: %q is shown:\n%s", sample, secret, shown)
			}
		}
		for _, own := range []string{"/OPT/BIN/POSTHOG-ORG-MCP", "--READ-ONLY", "POSTHOG_PERSONAL_API_KEY"} {
			if !strings.Contains(shown, own) {
				t.Errorf("%s: %q is not shown:\n%s", sample, own, shown)
			}
		}
	}
	machine, client := linux(t), named(t, "cursor")
	place(t, machine, client, []byte("{\n  \"a\": 1 // bare0123456789bare0123456789\n}"))
	change, err := client.Install(machine, server())
	if err != nil {
		t.Fatal(err)
	}
	if shown := change.Diff(strings.ToLower); strings.Contains(shown, "bare0123456789") {
		t.Errorf("%s", shown)
	}
}

func TestAFileOnOneLongLineIsShownByItsEntry(t *testing.T) {
	machine, client := linux(t), named(t, "claude-code")
	place(t, machine, client, []byte(`{"a":"`+strings.Repeat("x", 5000)+`"}`))
	change, err := client.Install(machine, server("--read-only"))
	if err != nil {
		t.Fatal(err)
	}
	if shown := change.Diff(strings.ToLower); len(shown) > 800 || !strings.Contains(shown, `+  "args": ["--read-only"],`) {
		t.Errorf("%d bytes:\n%s", len(shown), shown)
	}
}

// Any file that the client could read comes back to the byte, and what is in it
// besides our entry is never touched.
func TestAnyFileComesBackToTheByte(t *testing.T) {
	client := named(t, "zed")
	rapid.Check(t, func(rt *rapid.T) {
		machine := linux(t)
		original := []byte(document(rt))
		rt.Logf("%q", original)
		file := place(rt, machine, client, original)
		install(rt, machine, client, server("--read-only"))
		installed := read(rt, file)
		for _, comment := range []string{"// note", "/* c, } */", "// no comment"} {
			if bytes.Count(installed, []byte(comment)) != bytes.Count(original, []byte(comment)) {
				rt.Fatalf("a comment %q is gone:\n%s", comment, installed)
			}
		}
		uninstall(rt, machine, client)
		if after := read(rt, file); !bytes.Equal(after, original) {
			rt.Fatalf("before\n%q\ninstalled\n%q\nafter\n%q", original, installed, after)
		}
		// Once more without the backups: the entry alone goes, and what is left is
		// a file that a further installation can use.
		if err := os.RemoveAll(machine.Environment["HOME"]); err != nil {
			rt.Fatal(err)
		}
		place(rt, machine, client, original)
		written := install(rt, machine, client, server("--read-only"))
		if err := os.Remove(written.Backup); err != nil {
			rt.Fatal(err)
		}
		uninstall(rt, machine, client)
		if after, err := os.ReadFile(file); err == nil && bytes.Contains(after, []byte("/opt/bin")) {
			rt.Fatalf("the entry is still there:\n%s", after)
		}
		if _, err := client.Install(machine, server("--read-only")); err != nil {
			rt.Fatal(err)
		}
	})
}

// document is a settings file with comments, blanks and commas wherever they may be.
func document(t *rapid.T) string {
	servers := ""
	if rapid.Bool().Draw(t, "has servers") {
		servers = `"context_servers"` + blank(t) + ":" + blank(t) + thing(t, 1)
	}
	whole := thing(t, 2)
	if servers != "" {
		if inner := strings.TrimSpace(whole[1:]); inner == "}" {
			whole = "{" + servers + "}"
		} else {
			whole = "{" + blank(t) + servers + "," + whole[1:]
		}
	}
	mark := rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "mark")
	text := blank(t) + whole + blank(t)
	if rapid.Bool().Draw(t, "CRLF") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return mark + text
}

// thing is an object.
func thing(t *rapid.T, depth int) string {
	var out strings.Builder
	out.WriteString("{")
	count := rapid.IntRange(0, 3).Draw(t, "members")
	for i := range count {
		value := rapid.SampledFrom([]string{"1", `"x // no comment"`, "[1, 2]", `["a",]`, "null", `"}"`}).Draw(t, "value")
		if depth > 0 && rapid.Bool().Draw(t, "deeper") {
			value = thing(t, depth-1)
		}
		out.WriteString(blank(t) + `"k` + string(rune('a'+i)) + `"` + blank(t) + ":" + blank(t) + value + blank(t))
		if i < count-1 || rapid.Bool().Draw(t, "comma") {
			out.WriteString(",")
		}
	}
	if count == 0 && depth == 2 {
		// A file without anything in it may go with the entry.
		return `{"kz": 0}`
	}
	return out.String() + blank(t) + "}"
}

func blank(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", " ", "\n  ", "\n\t", " // note\n", "/* c, } */"}).Draw(t, "blank")
}

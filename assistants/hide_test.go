package assistants_test

import (
	"strings"
	"testing"
)

func TestNoValueOfOthersIsShownHoweverItIsWritten(t *testing.T) {
	for _, test := range []struct{ client, data string }{
		{"cursor", `{
  "mcpServers": {
    /* it's theirs */ "theirs": {"env": {"PW":"swordfish", "PIN": 1234567, "it's": "swordfish"}},
    /* the word is
       swordfish */
    "more": ["swordfish",
      1234567], // swordfish
    "posthog-org": {
      "command": "/old/posthog-org-mcp", // swordfish
      "env": {"PW": "swordfish", "PIN": 1234567, "POSTHOG_HOST": "eu"},
      "headers": {"x": "swordfish"}
    }
  } // 1234567
}
`},
		{"codex", `[mcp_servers.theirs] # it's swordfish
env = { PW = 'swordfish', PIN = 1234567, 'it"s' = "swordfish" }
long = """
swordfish
  "quoted" swordfish"""
literal = '''
# swordfish '''
day = 1979-05-27T07:32:00Z # 1234567
# swordfish
[mcp_servers.posthog-org]
command = "/old/posthog-org-mcp" # swordfish
http_headers = { x = "swordfish" }
[mcp_servers.posthog-org.env]
PW = "swordfish"
PIN = 1234567
LONG = """
swordfish
"""
POSTHOG_HOST = "eu"
`},
	} {
		for _, newline := range []string{"\n", "\r\n"} {
			machine, client := linux(t), named(t, test.client)
			place(t, machine, client, []byte(strings.ReplaceAll(test.data, "\n", newline)))
			change, err := client.Install(machine, server("--read-only"))
			if err != nil {
				t.Fatal(err)
			}
			same := func(text string) string { return text }
			shown := change.Diff(same)
			for _, secret := range []string{"swordfish", "1234567", "1979"} {
				if strings.Contains(shown, secret) {
					t.Errorf("%s: %s is shown:\n%s", test.client, secret, shown)
				}
			}
			for _, wanted := range []string{"/old/posthog-org-mcp", "/opt/bin/posthog-org-mcp", "--read-only", `"eu"`} {
				if !strings.Contains(shown, wanted) {
					t.Errorf("%s: %s is not shown:\n%s", test.client, wanted, shown)
				}
			}
		}
	}
}

// The lines of what is shown are those of the file.
func TestADifferenceIsShownLineForLine(t *testing.T) {
	machine, client := linux(t), named(t, "codex")
	place(t, machine, client, []byte("a = 1\nb = '''\nx\ny'''\n\n[mcp_servers.posthog-org]\ncommand = \"posthog-org-mcp\"\nother = 2\n"))
	change, err := client.Install(machine, server())
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(change.Diff(strings.TrimSpace), "@@")
	const want = ` -4,5 +4,6 @@
 …
 
 [mcp_servers.posthog-org]
-command = "posthog-org-mcp"
+command = "/opt/bin/posthog-org-mcp"
 other = …
+args = []`
	if got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

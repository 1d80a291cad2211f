package doctor

import (
	"strings"
	"testing"

	"posthog-org-mcp/config"
)

func TestAReportThatIsPostedNamesNobody(t *testing.T) {
	p := newPrivateWords(Subject{Environ: []string{"HOME=/home/ana", "USERPROFILE=/home/ana"}}, "linux")
	p.add("Hedgebox", "(organization)")
	p.add("Hedgebox Labs", "(other organization)")
	p.add("a", "(too short)")
	for text, want := range map[string]string{
		`"Hedgebox Labs" and "Hedgebox"`:         `"(other organization)" and "(organization)"`,
		"/home/ana/.local/state":                 "~/.local/state",
		"/home/raj/key and C:\\Users\\Raj\\key":  "/home/(user)/key and C:\\Users\\(user)\\key",
		"ana.kovac@example.com wrote":            "(e-mail) wrote",
		"0190f3a2-1000-7000-8000-000000000001":   "(id)",
		"10.1.2.3 but 127.0.0.1:80":              "(address) but 127.0.0.1:80",
		"[2001:db8::1]:443":                      "(address):443",
		"login --profile ana-1.":                 "login --profile (profile).",
		"Profiles: default, web, v1.2. Or":       "Profiles: (profiles). Or",
		"Did you mean web? Or sign in":           "Did you mean (profile)? Or sign in",
		"phx_…cdef and phx_abcdefgh0123456789":   "(key) and (key)",
		"version 1.2.3 with go1.26.0 on a table": "version 1.2.3 with go1.26.0 on a table",
	} {
		if got := p.text(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
	for _, word := range []string{"default", `"default"`, "warn", "@current", "true", "us.posthog.com"} {
		p.add(word, "(common)")
		if got := p.text(word); got != word {
			t.Errorf("%s, which everybody may have, becomes %s", word, got)
		}
	}
	if strings.Contains(p.text("a cat"), "(too short)") {
		t.Error("a single letter is taken for a name")
	}
}

func TestAReportFromWindowsNamesNobodyHoweverItsPathsAreWritten(t *testing.T) {
	settings := config.Explanation{Config: config.Config{
		Journal:   `c:\users\ana kovac\.posthog-org-mcp\journal.jsonl`,
		SecretDir: `D:\Team Hedgebox\secrets`,
	}}
	p := newPrivateWords(Subject{Settings: settings, Environ: []string{`USERPROFILE=C:\Users\Ana Kovac`}}, "windows")
	p.add(`"HEDGEBOX\\ana"`, "(owner)")
	for text, want := range map[string]string{
		`"C:\Users\Ana Kovac\key.txt"`:                        `"~\key.txt"`,
		`"C:\\Users\\Ana Kovac\\key.txt"`:                     `"~\\key.txt"`,
		`c:\users\ana kovac\key.txt`:                          `~\key.txt`,
		`"C:\\USERS\\ANA KOVAC\\AppData"`:                     `"~\\AppData"`,
		`C:\Users\Ana Kovac\.posthog-org-mcp\journal.jsonl`:   `~\.posthog-org-mcp\journal.jsonl`,
		`d:\\Users\\Raj Patel\\key.txt, c:\users\ANAKO~1`:     `d:\\Users\\(user)\\key.txt, c:\users\(user)`,
		`C:/Users/Raj Patel/key.txt`:                          `C:/Users/(user)/key.txt`,
		`"d:\\team hedgebox\\secrets" below D:\Team Hedgebox`: `"(secret folder)" below (secret folder)`,
		`"hedgebox\ana" or "HEDGEBOX\\ana"`:                   `(owner) or (owner)`,
	} {
		if got := p.text(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

// Whatever nobody thought of is in quotation marks, for all that is not ours is.
func TestWordsOfOthersGoEvenIfNobodyHasNamedThem(t *testing.T) {
	p := newPrivateWords(Subject{Environ: []string{"HOME=/home/ana"}}, "linux")
	for text, want := range map[string]string{
		`PostHog says: 418 "Ana Kovac of \"Acme\" at intranet".`:    `PostHog says: 418 "…".`,
		`Cursor, "posthog-org" in "/home/ana/.cursor/mcp.json"`:     `Cursor, "posthog-org" in "~/.cursor/mcp.json"`,
		`Cursor, "acme" in "/srv/acme/mcp.json"`:                    `Cursor, "…" in "…"`,
		`"POSTHOG_READ_ONLY" is set; profile "default", as "1.2.3"`: `"POSTHOG_READ_ONLY" is set; profile "default", as "1.2.3"`,
		`host = "https://eu.posthog.com", of (owner)`:               `host = "https://eu.posthog.com", of (owner)`,
	} {
		if got := p.text(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

func TestAFolderBesideTheHomeIsNotTakenForIt(t *testing.T) {
	settings := config.Explanation{Config: config.Config{Journal: "/home/anabel/hedgebox/journal.jsonl"}}
	p := newPrivateWords(Subject{Settings: settings, Environ: []string{"HOME=/home/ana"}}, "linux")
	if got := p.text("/home/anabel/hedgebox"); got != "(journal)" {
		t.Errorf("it becomes %s", got)
	}
}

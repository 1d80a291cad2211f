package doctor

import (
	"strings"
	"testing"
)

func TestAReportThatIsPostedNamesNobody(t *testing.T) {
	p := newPrivateWords(Subject{Environ: []string{"HOME=/home/ana", "USERPROFILE=/home/ana"}})
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
		"phx_…cdef and phx_abcdefgh0123456789":   "(key) and (key)",
		"version 1.2.3 with go1.26.0 on a table": "version 1.2.3 with go1.26.0 on a table",
	} {
		if got := p.text(text); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
	if strings.Contains(p.text("a cat"), "(too short)") {
		t.Error("a single letter is taken for a name")
	}
}

package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"posthog-org-mcp/page"
)

// between is what stands in a page between two tags.
func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, begin)
	inside, _, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("there is no %s in %s", begin, text)
	}
	return inside
}

func TestThePolicyAllowsThePagesOwnStyleAndScriptAndNoOthers(t *testing.T) {
	const script = `history.length;`
	text := page.Document("Title", "", "<p>Text", script)
	policy := page.Policy(script, "'none'")
	for directive, allowed := range map[string]string{
		"style-src": between(t, text, "<style>", "</style>"), "script-src": between(t, text, "<script>", "</script>"),
	} {
		sum := sha256.Sum256([]byte(allowed))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("%s lacks %s", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	if policy := page.Policy("", "'self'"); strings.Contains(policy, "script-src") || !strings.Contains(policy, "form-action 'self';") {
		t.Errorf("without a script the policy is %s", policy)
	}
	if strings.Contains(page.Document("Title", "", "<p>Text", ""), "<script") {
		t.Error("a page without a script has one")
	}
}

func TestAPageIsKeptByNobody(t *testing.T) {
	w := httptest.NewRecorder()
	page.CloseOff(w.Header(), "", "'none'")
	page.Write(w, http.StatusGone, "text")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if w.Code != http.StatusGone || w.Body.String() != "text" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestWhatABrowserSaysOfARequestCounts(t *testing.T) {
	for _, test := range []struct {
		name, value string
		judge       func(http.Header) bool
		want        bool
	}{
		{"Sec-Fetch-Dest", "document", page.IsWhole, true},
		{"Sec-Fetch-Dest", "", page.IsWhole, true},
		{"Sec-Fetch-Dest", "iframe", page.IsWhole, false},
		{"Sec-Fetch-Site", "same-origin", page.IsFromOwnForm, true},
		{"Sec-Fetch-Site", "", page.IsFromOwnForm, true},
		{"Sec-Fetch-Site", "same-site", page.IsFromOwnForm, false},
	} {
		if got := test.judge(http.Header{test.name: {test.value}}); got != test.want {
			t.Errorf("%s: %s counts as %t", test.name, test.value, got)
		}
	}
}

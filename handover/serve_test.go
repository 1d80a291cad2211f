package handover_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"posthog-org-mcp/handover"
)

func TestAClickShowsTheTokenOnceAndThenItIsGone(t *testing.T) {
	pages, client := onLoopback(t)
	slot := prepare(t, pages, acme)
	address := put(t, slot).URL
	once := client.once(t, address)
	client.post(t, address, once, nil).want(t, http.StatusOK, canary, "Acme", "id 42", "us.posthog.example", "It will not be shown again", "Copy")
	if handover.IsHeld(slot) {
		t.Error("the token is still in memory")
	}
	for range 2 {
		client.get(t, address).wantGone(t, "shown here once")
		client.post(t, address, once, nil).wantGone(t, "shown here once")
	}
}

func TestALookWithoutAClickShowsNothingAndBurnsNothing(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	for range 3 {
		client.get(t, address).want(t, http.StatusOK, "Show the token", "Acme", "id 42")
		client.get(t, address+"?utm_source=chat").want(t, http.StatusOK, "Show the token")
		if head := client.send(t, http.MethodHead, address, nil, ""); head.status != http.StatusOK || head.body != "" {
			t.Errorf("HEAD: %d, %q", head.status, head.body)
		}
	}
	client.reveal(t, address).want(t, http.StatusOK, canary)
}

func TestOfManyClicksOneIsShownTheToken(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	once := client.once(t, address)
	var shown atomic.Int32
	var clicks sync.WaitGroup
	for range 20 {
		clicks.Go(func() {
			if strings.Contains(client.post(t, address, once, nil).body, canary) {
				shown.Add(1)
			}
		})
	}
	clicks.Wait()
	if shown.Load() != 1 {
		t.Errorf("shown %d times", shown.Load())
	}
}

func TestAFormWithoutWhatThePageGaveItIsRefusedAndBurnsNothing(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	other := put(t, prepare(t, pages, acme)).URL
	once := client.once(t, address)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, answer := range map[string]answer{
		"nothing":              client.send(t, http.MethodPost, address, form, ""),
		"an empty field":       client.send(t, http.MethodPost, address, form, "once="),
		"a guess":              client.post(t, address, "guess", nil),
		"another page's":       client.post(t, address, client.once(t, other), nil),
		"it in the address":    client.send(t, http.MethodPost, address+"?once="+once, form, ""),
		"it in another format": client.send(t, http.MethodPost, address, http.Header{"Content-Type": {"text/plain"}}, "once="+once),
	} {
		t.Run(name, func(t *testing.T) { answer.wantNothing(t, http.StatusForbidden) })
	}
	long := client.send(t, http.MethodPost, address, form, "once="+once+"&more="+strings.Repeat("x", 5000))
	long.wantNothing(t, http.StatusBadRequest)
	client.post(t, address, once, nil).want(t, http.StatusOK, canary)
}

func TestOnlyTheExactHostIsAnswered(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	host := hostOf(t, address)
	once := client.once(t, address)
	_, port, _ := strings.Cut(host, ":")
	for _, wrong := range []string{
		"localhost:" + port, "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:" + port, "rebound.example:" + port, "rebound.example", host + ".rebound.example",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions} {
			client.send(t, method, address, http.Header{"Host": {wrong}, "Content-Type": {"application/x-www-form-urlencoded"}}, "once="+once).
				wantNothing(t, http.StatusMisdirectedRequest)
		}
	}
	client.post(t, address, once, nil).want(t, http.StatusOK, canary)
}

func TestAnotherOriginIsRefusedAndBurnsNothing(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	own := "http://" + hostOf(t, address)
	once := client.once(t, address)
	for _, origins := range [][]string{
		{"https://evil.example"}, {"null"}, {""}, {"http://127.0.0.1:1"}, {"http://127.0.0.1"},
		{strings.Replace(own, "http:", "https:", 1)}, {strings.Replace(own, "127.0.0.1", "localhost", 1)}, {own, "https://evil.example"},
	} {
		client.send(t, http.MethodGet, address, http.Header{"Origin": origins}, "").wantNothing(t, http.StatusForbidden)
		client.send(t, http.MethodOptions, address, http.Header{"Origin": origins}, "").wantNothing(t, http.StatusForbidden)
		client.post(t, address, once, http.Header{"Origin": origins}).wantNothing(t, http.StatusForbidden)
	}
	client.send(t, http.MethodGet, address, http.Header{"Origin": {own}}, "").want(t, http.StatusOK, "Show the token")
	client.post(t, address, once, http.Header{"Origin": {own}}).want(t, http.StatusOK, canary)
}

// What browsers say of where a request comes from (Sec-Fetch-*).
func TestALinkWorksFromAnywhereAndAClickFromThePageOnly(t *testing.T) {
	for _, test := range []struct {
		name, site, mode, dest string
		get, post              int
	}{
		{"a browser that does not say, or no browser", "", "", "", http.StatusOK, http.StatusOK},
		{"the page itself", "same-origin", "navigate", "document", http.StatusOK, http.StatusOK},
		{"an address that was typed in, or a link in a chat program", "none", "navigate", "document", http.StatusOK, http.StatusForbidden},
		{"a link in a chat on the web", "cross-site", "navigate", "document", http.StatusOK, http.StatusForbidden},
		{"a link on another port of this machine", "same-site", "navigate", "document", http.StatusOK, http.StatusForbidden},
		{"a frame in another site", "cross-site", "navigate", "iframe", http.StatusForbidden, http.StatusForbidden},
		{"a frame in the page itself", "same-origin", "navigate", "iframe", http.StatusForbidden, http.StatusForbidden},
		{"an object in another site", "cross-site", "navigate", "object", http.StatusForbidden, http.StatusForbidden},
		{"an image in another site", "cross-site", "no-cors", "image", http.StatusForbidden, http.StatusForbidden},
		{"a script in another site", "cross-site", "no-cors", "script", http.StatusForbidden, http.StatusForbidden},
		{"a fetch by another site", "cross-site", "cors", "empty", http.StatusForbidden, http.StatusForbidden},
		{"a fetch by another port", "same-site", "no-cors", "empty", http.StatusForbidden, http.StatusForbidden},
		{"a fetch by the page itself", "same-origin", "cors", "empty", http.StatusForbidden, http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			pages, client := onLoopback(t)
			address := put(t, prepare(t, pages, acme)).URL
			once := client.once(t, address)
			header := http.Header{}
			for name, value := range map[string]string{"Sec-Fetch-Site": test.site, "Sec-Fetch-Mode": test.mode, "Sec-Fetch-Dest": test.dest} {
				if value != "" {
					header.Set(name, value)
				}
			}
			get := client.send(t, http.MethodGet, address, header, "")
			if get.status != test.get || strings.Contains(get.body, canary) {
				t.Errorf("GET: %d, want %d", get.status, test.get)
			}
			post := client.post(t, address, once, header)
			if post.status != test.post || strings.Contains(post.body, canary) != (test.post == http.StatusOK) {
				t.Errorf("POST: %d, want %d", post.status, test.post)
			}
			if test.post != http.StatusOK {
				client.post(t, address, once, nil).want(t, http.StatusOK, canary)
			}
		})
	}
}

func TestUnknownPathsAndMethodsGetNothing(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	root := "http://" + hostOf(t, address)
	path := strings.TrimPrefix(address, root)
	once := client.once(t, address)
	for _, unknown := range []string{"", "/", "/favicon.ico", path + "/", path[:len(path)-1], strings.ToLower(path), "/" + path, "/x/.." + path} {
		client.get(t, root+unknown).wantNothing(t, http.StatusNotFound)
		client.post(t, root+unknown, once, nil).wantNothing(t, http.StatusNotFound)
		client.send(t, http.MethodOptions, root+unknown, nil, "").wantNothing(t, http.StatusNotFound)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, "BREW"} {
		refused := client.send(t, method, address, nil, "")
		refused.wantNothing(t, http.StatusMethodNotAllowed)
		if allow := refused.header.Get("Allow"); allow != "GET, HEAD, POST" {
			t.Errorf("Allow: %s", allow)
		}
	}
	client.post(t, address, once, nil).want(t, http.StatusOK, canary)
}

func TestAQuestionAboutTheWholeServerGetsNothing(t *testing.T) {
	pages, _ := onLoopback(t)
	host := hostOf(t, put(t, prepare(t, pages, acme)).URL)
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "OPTIONS * HTTP/1.1\r\nHost: %s\r\n\r\n", host); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(content), "HTTP/1.1 404 ") {
		t.Errorf("%v: %s", err, content)
	}
}

func TestOtherPeoplesTextIsText(t *testing.T) {
	pages, client := onLoopback(t)
	hostile := acme
	hostile.Host = `<img src=x>`
	hostile.ProjectName = `<script>alert(1)</script>"'&` + "\xff"
	hostile.SettingsURL = `https://x.example/"><script>alert(2)</script>`
	slot := prepare(t, pages, hostile)
	address := handover.AddressOf(slot)
	var bodies []string
	bodies = append(bodies, client.get(t, address).body)
	if _, err := slot.Put(token); err != nil {
		t.Fatal(err)
	}
	bodies = append(bodies, client.get(t, address).body, client.reveal(t, address).body, client.get(t, address).body)
	for _, body := range bodies {
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img") || strings.Contains(body, "\xff") {
			t.Errorf("markup came through:\n%s", body)
		}
		if !strings.Contains(body, "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;\uFFFD") {
			t.Errorf("the name is not there:\n%s", body)
		}
	}
}

func TestSettingsAreALinkOnlyIfTheyAreAWebPage(t *testing.T) {
	for _, test := range []struct{ settings, want, not string }{
		{"https://x.example/s?a=1&b=2", `<a href="https://x.example/s?a=1&amp;b=2" rel="noreferrer">the project&#39;s`, "javascript:"},
		{"javascript:alert(1)", "the project's settings in PostHog", "<a "},
		{"", "the project's settings in PostHog", "<a "},
	} {
		pages, client := onLoopback(t)
		label := acme
		label.SettingsURL = test.settings
		slot := prepare(t, pages, label)
		if err := slot.Discard(); err != nil {
			t.Fatal(err)
		}
		body := client.get(t, handover.AddressOf(slot)).body
		if want := strings.ReplaceAll(test.want, "&#39;", "'"); !strings.Contains(body, want) || strings.Contains(body, test.not) {
			t.Errorf("settings %q:\n%s", test.settings, body)
		}
	}
}

func TestAProjectWithoutANameHasItsID(t *testing.T) {
	pages, client := onLoopback(t)
	client.get(t, put(t, prepare(t, pages, handover.Label{ProjectID: 7})).URL).want(t, http.StatusOK, "secret token of project 7 on PostHog")
}

func TestEveryAnswerKeepsTheBrowserClosed(t *testing.T) {
	pages, client := onLoopback(t)
	address := put(t, prepare(t, pages, acme)).URL
	asking := client.get(t, address)
	refused := client.post(t, address, "guess", nil)
	misdirected := client.send(t, http.MethodGet, address, http.Header{"Host": {"rebound.example"}}, "")
	showing := client.reveal(t, address)
	gone := client.get(t, address)
	unknown := client.get(t, address+"x")
	for _, test := range []struct {
		name                   string
		answer                 answer
		script, form, referrer string
	}{
		{"asking", asking, "", "'self'", "same-origin"},
		{"showing", showing, "; script-src " + hashOf(t, showing, "script"), "'none'", "no-referrer"},
		{"gone", gone, "", "'none'", "no-referrer"},
		{"refused", refused, "", "'none'", "no-referrer"},
		{"misdirected", misdirected, "", "'none'", "no-referrer"},
		{"unknown", unknown, "", "'none'", "no-referrer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, want := range map[string]string{
				"Cache-Control": "no-store",
				"Content-Security-Policy": "default-src 'none'; style-src " + hashOf(t, showing, "style") + test.script +
					"; form-action " + test.form + "; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Referrer-Policy":              test.referrer,
				"X-Content-Type-Options":       "nosniff",
				"X-Frame-Options":              "DENY",
			} {
				if got := test.answer.header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestOnlyThePageWithTheTokenHasAScript(t *testing.T) {
	pages, client := onLoopback(t)
	slot := prepare(t, pages, acme)
	address := handover.AddressOf(slot)
	before := client.get(t, address).body
	put(t, slot)
	before += client.get(t, address).body
	if showing := client.reveal(t, address).body; strings.Count(showing, "<script") != 1 {
		t.Errorf("scripts in the page:\n%s", showing)
	}
	if around := before + client.get(t, address).body; strings.Contains(around, "<script") {
		t.Errorf("a script in another page:\n%s", around)
	}
}

// hashOf names the content of the page's one element of that kind as a policy does.
func hashOf(t *testing.T, page answer, element string) string {
	t.Helper()
	_, rest, found := strings.Cut(page.body, "<"+element+">")
	content, _, closed := strings.Cut(rest, "</"+element+">")
	if !found || !closed {
		t.Fatalf("no %s in the page:\n%s", element, page.body)
	}
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

// visitor asks for pages as a browser without any of its headers would.
type visitor struct {
	http *http.Client
}

func newVisitor(transport *http.Transport) *visitor {
	return &visitor{&http.Client{Transport: transport, CheckRedirect: func(request *http.Request, _ []*http.Request) error {
		return fmt.Errorf("a redirect to %s", request.URL)
	}}}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) send(t *testing.T, method, address string, header http.Header, body string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Host = header.Get("Host")
	response, err := v.http.Do(request)
	if err != nil {
		t.Error(err)
		return answer{}
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

func (v *visitor) get(t *testing.T, address string) answer {
	t.Helper()
	return v.send(t, http.MethodGet, address, nil, "")
}

func (v *visitor) post(t *testing.T, address, once string, more http.Header) answer {
	t.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, values := range more {
		header[name] = values
	}
	return v.send(t, http.MethodPost, address, header, url.Values{"once": {once}}.Encode())
}

// once is what the form of the asking page holds.
func (v *visitor) once(t *testing.T, address string) string {
	t.Helper()
	page := v.get(t, address)
	field := regexp.MustCompile(`<input type="hidden" name="once" value="([A-Z2-7]{26})">`).FindStringSubmatch(page.body)
	if field == nil {
		t.Fatalf("no form in the page: %d\n%s", page.status, page.body)
	}
	return field[1]
}

// reveal clicks the button.
func (v *visitor) reveal(t *testing.T, address string) answer {
	t.Helper()
	return v.post(t, address, v.once(t, address), nil)
}

// want checks the status and the words, and that the token is there only if it is among them.
func (a answer) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	expected := false
	for _, word := range words {
		expected = expected || word == canary
		if !strings.Contains(a.body, word) {
			t.Errorf("the page does not say %q:\n%s", word, a.body)
		}
	}
	if strings.Contains(a.body, canary) && !expected {
		t.Errorf("the page has the token:\n%s", a.body)
	}
}

func (a answer) wantGone(t *testing.T, why string) {
	t.Helper()
	a.want(t, http.StatusGone, "The token is gone", why, `href="`+acme.SettingsURL+`"`)
}

func (a answer) wantNothing(t *testing.T, status int) {
	t.Helper()
	if a.status != status || a.body != "" {
		t.Errorf("got %d and %q, want %d and nothing", a.status, a.body, status)
	}
}

package handover

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
)

// serve answers one request. What is wrong about a request is answered with a
// status and nothing else.
//
// A GET shows no secret: chat clients and browsers fetch an address that they
// merely come across. The secret takes a click, which is a POST from the page
// itself.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request) {
	closeOff(w.Header())
	// A name that somebody lets point to 127.0.0.1 makes their page no page of ours.
	if r.Host != p.host {
		w.WriteHeader(http.StatusMisdirectedRequest)
		return
	}
	if !p.ownOrigin(r.Header) || !wholePage(r.Header) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var once string
	if r.Method == http.MethodPost {
		if !fromOwnForm(r.Header) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
		if err := r.ParseForm(); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		once = r.PostForm.Get(onceField)
	}
	now, found := p.visit(r.URL.Path, once)
	switch {
	case !found:
		w.WriteHeader(http.StatusNotFound)
	case r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Method == http.MethodPost && now.state == asking:
		w.WriteHeader(http.StatusForbidden)
	default:
		answer(w, now)
	}
}

// onceField is the name of the form's hidden field.
const onceField = "once"

// closeOff sets what every answer says to a browser, refusals included: keep
// nothing, tell nobody, let nobody in.
func closeOff(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy("", "'none'"))
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
}

// policy allows a page its style, the script if it has one, and a form to
// whom it says; nothing else is loaded, run, framed or sent.
func policy(script, form string) string {
	allowed := "default-src 'none'; style-src " + hashOf(style)
	if script != "" {
		allowed += "; script-src " + hashOf(script)
	}
	return allowed + "; form-action " + form +
		"; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// hashOf names a text in a policy. Unlike a nonce it fits that text alone.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// ownOrigin is false for what another page sends. Links and addresses that are
// typed in have no origin.
func (p *Pages) ownOrigin(header http.Header) bool {
	origins := header.Values("Origin")
	return len(origins) == 0 || len(origins) == 1 && origins[0] == "http://"+p.host
}

// wholePage is false for what a browser does not open as a page of its own: a
// frame, an image, a fetch. From where a link to the page was followed does not
// matter: a chat in the browser is another site, a chat program is none.
// Programs that are no browsers, and old browsers, do not say.
func wholePage(header http.Header) bool {
	return unsetOr(header, "Sec-Fetch-Dest", "document")
}

// fromOwnForm is false when the browser says that another site's form is sent,
// another port of 127.0.0.1 included.
func fromOwnForm(header http.Header) bool {
	return unsetOr(header, "Sec-Fetch-Site", "same-origin")
}

func unsetOr(header http.Header, name, want string) bool {
	value := header.Get(name)
	return value == "" || value == want
}

// answer writes the page for what there is to say.
func answer(w http.ResponseWriter, now view) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	status, page := http.StatusOK, ""
	switch now.state {
	case waiting:
		page = waitingPage(now.label)
	case asking:
		header.Set("Content-Security-Policy", policy("", "'self'"))
		// With no-referrer a browser sends the form from the origin "null".
		// This one tells other sites as little.
		header.Set("Referrer-Policy", "same-origin")
		page = askingPage(now)
	case showing:
		header.Set("Content-Security-Policy", policy(script, "'none'"))
		page = showingPage(now)
	default:
		status, page = http.StatusGone, gonePage(now)
	}
	w.WriteHeader(status)
	// Who has gone away before the end has nobody to tell.
	_, _ = io.WriteString(w, page)
}

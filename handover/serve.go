package handover

import (
	"net/http"

	"posthog-org-mcp/page"
)

// serve answers one request. What is wrong about a request is answered with a
// status and nothing else.
//
// A GET shows no secret: chat clients and browsers fetch an address that they
// merely come across. The secret takes a click, which is a POST from the page
// itself.
func (p *Pages) serve(w http.ResponseWriter, r *http.Request) {
	page.CloseOff(w.Header(), "", "'none'")
	// A name that somebody lets point to 127.0.0.1 makes their page no page of ours.
	if r.Host != p.host {
		w.WriteHeader(http.StatusMisdirectedRequest)
		return
	}
	if !p.ownOrigin(r.Header) || !page.IsWhole(r.Header) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var once string
	if r.Method == http.MethodPost {
		if !page.IsFromOwnForm(r.Header) {
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

// ownOrigin is false for what another page sends. Links and addresses that are
// typed in have no origin.
func (p *Pages) ownOrigin(header http.Header) bool {
	origins := header.Values("Origin")
	return len(origins) == 0 || len(origins) == 1 && origins[0] == "http://"+p.host
}

// answer writes the page for what there is to say.
func answer(w http.ResponseWriter, now view) {
	header := w.Header()
	status, text := http.StatusOK, ""
	switch now.state {
	case waiting:
		text = waitingPage(now.label)
	case asking:
		header.Set("Content-Security-Policy", page.Policy("", "'self'"))
		// With no-referrer a browser sends the form from the origin "null".
		// This one tells other sites as little.
		header.Set("Referrer-Policy", "same-origin")
		text = askingPage(now)
	case showing:
		header.Set("Content-Security-Policy", page.Policy(script, "'none'"))
		text = showingPage(now)
	default:
		status, text = http.StatusGone, gonePage(now)
	}
	page.Write(w, status, text)
}

package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// consentPage asks the person whether a client may do what it asks for. The
// client's name and address are its own words.
func consentPage(client clientDocument, scopes []string, people []consenter, request string) string {
	host := client.ID
	if address, err := url.Parse(client.ID); err == nil {
		host = address.Host
	}
	var may, who strings.Builder
	for _, words := range inWords(scopes) {
		may.WriteString("<li>" + html.EscapeString(words) + "</li>\n")
	}
	for i, person := range people {
		checked := ""
		if i == 0 {
			checked = " checked"
		}
		who.WriteString(`<label><input type="radio" name="person" value="` + html.EscapeString(person.UUID) + `"` + checked + `> <span><bdi>` +
			html.EscapeString(strings.TrimSpace(person.FirstName+" "+person.LastName)) + `</bdi><br><small>` +
			html.EscapeString(levelName(person.Level)+", "+person.Email) + "</small></span></label>\n")
	}
	return document("Allow access?", `
<h1>Allow <bdi>`+html.EscapeString(client.Name)+`</bdi> to use PostHog as you?</h1>
<p class="small">Its address is <bdi>`+html.EscapeString(host)+`</bdi>.</p>
<form method="post" action="/oauth/authorize/">
<input type="hidden" name="request" value="`+html.EscapeString(request)+`">
<fieldset><legend>You are</legend>
`+who.String()+`</fieldset>
<h2>It may</h2>
<ul>
`+may.String()+`</ul>
<p class="row"><button name="answer" value="allow">Allow</button> <button class="quiet" name="answer" value="deny">Deny</button></p>
</form>
<p class="small">This is a sandbox on your machine: `+html.EscapeString(OrganizationName)+` and its people are made up.</p>
`)
}

// refusedPage says why there is nothing to consent to.
func refusedPage(why string) string {
	return document("This sign-in cannot go on", `
<h1>This sign-in cannot go on</h1>
<p>`+html.EscapeString(why)+`</p>
`)
}

func levelName(level int) string {
	switch level {
	case owner:
		return "owner"
	case administrator:
		return "administrator"
	}
	return "member"
}

// inWords says what scopes allow. Who may change something may see it too.
func inWords(scopes []string) []string {
	var words []string
	for _, scope := range scopes {
		object, action, _ := strings.Cut(scope, ":")
		switch {
		case action == "write":
			words = append(words, "see and change "+scopeObjects()[object])
		case !slices.Contains(scopes, object+":write"):
			words = append(words, "see "+scopeObjects()[object])
		}
	}
	return words
}

// pageAnswer is a page for a browser. Its form leads to the sandbox, and from
// there, if there is one, to the client's address.
func pageAnswer(status int, page, redirect string) answer {
	header := closedOff(consentStyle, redirect)
	header.Set("Content-Type", "text/html; charset=utf-8")
	return answer{status: status, header: header, body: []byte(page)}
}

// closedOff are the headers that keep a page to itself: no frames, no scripts,
// nothing from elsewhere, nothing kept.
func closedOff(style, redirect string) http.Header {
	form := "'none'"
	if address, err := url.Parse(redirect); err == nil && address.Host != "" {
		// Browsers hold the redirect that answers a form to the policy too.
		form = "'self' " + address.Scheme + "://" + address.Host
	}
	sum := sha256.Sum256([]byte(style))
	return http.Header{
		"Cache-Control": {"no-store"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action " + form + "; frame-ancestors 'none'; base-uri 'none'"},
		"Referrer-Policy":        {"same-origin"},
		"X-Content-Type-Options": {"nosniff"},
		"X-Frame-Options":        {"DENY"},
	}
}

func document(title, body string) string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + title + ` (sandbox)</title>
<style>` + consentStyle + `</style>
</head>
<body>
<main>` + body + `</main>
</body>
</html>
`
}

const consentStyle = `
:root { color-scheme: light dark; --line: light-dark(#dcd9d1, #45423b); --quiet: light-dark(#6a665c, #b3aea2); --fill: light-dark(#b1461b, #f2a07c); --onfill: light-dark(#fff, #201510); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: light-dark(#f5f3ee, #1a1916); color: light-dark(#23211c, #ece9e2); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 32rem; padding: 1.75rem 2rem; border: 1px solid var(--line); border-radius: .75rem; background: light-dark(#fff, #23221e); overflow-wrap: anywhere; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3; }
h2, legend { margin: 0; padding: 0; font-size: .95rem; font-weight: 600; }
p, ul { margin: 0 0 1rem; }
ul { padding-left: 1.25rem; }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
label { display: flex; gap: .75rem; align-items: baseline; margin-top: .5rem; padding: .55rem .8rem; border: 1px solid var(--line); border-radius: .5rem; cursor: pointer; }
label:has(:checked) { border-color: var(--fill); }
input { accent-color: var(--fill); }
small, .small { color: var(--quiet); font-size: .875rem; }
.row { display: flex; gap: .75rem; }
button { padding: .55rem 1.3rem; border: 1px solid var(--fill); border-radius: .5rem; background: var(--fill); color: var(--onfill); font: inherit; font-weight: 600; cursor: pointer; }
button.quiet { border-color: var(--line); background: none; color: inherit; }
:focus-visible { outline: 2px solid var(--fill); outline-offset: 2px; }
main > :last-child { margin-bottom: 0; }
`

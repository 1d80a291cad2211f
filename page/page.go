// Package page is the look and the guard of the pages that this program serves
// on loopback: one frame, one style, and headers that keep a page to itself.
// What a page says is its package's own.
package page

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
)

// Write sends a page. Who has gone away before the end has nobody to tell.
func Write(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}

// CloseOff sets what every answer says to a browser, refusals included: keep
// nothing, tell nobody, let nobody in. See Policy for what the page may do.
func CloseOff(header http.Header, script, form string) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", Policy(script, form))
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
}

// Policy allows a page its style, the script if it has one, and a form to whom
// it says, such as 'self' or 'none'; nothing else is loaded, run, framed or sent.
func Policy(script, form string) string {
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

// IsWhole is false for what a browser does not open as a page of its own: a
// frame, an image, a fetch. From where a link to the page was followed does not
// matter: a chat in the browser is another site, a chat program is none.
// Programs that are no browsers, and old browsers, do not say.
func IsWhole(header http.Header) bool { return unsetOr(header, "Sec-Fetch-Dest", "document") }

// IsFromOwnForm is false when the browser says that another site's form is sent,
// another port of 127.0.0.1 included.
func IsFromOwnForm(header http.Header) bool { return unsetOr(header, "Sec-Fetch-Site", "same-origin") }

func unsetOr(header http.Header, name, want string) bool {
	value := header.Get(name)
	return value == "" || value == want
}

// Document is the frame of every page, put together by hand: html/template would
// make the program larger by a sixth. Title, head and body are HTML, the script
// is what Policy allows. A page that translates itself would send what is on it
// to whoever translates.
func Document(title, head, body, script string) string {
	if script != "" {
		body += "<script>" + script + "</script>\n"
	}
	return `<!doctype html>
<html lang="en" translate="no">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="google" content="notranslate">
<title>` + title + `</title>` + head + `
<style>` + style + `</style>
</head>
<body>
<main>` + body + `</main>
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#d8dbe2, #3a3f4b); --quiet: light-dark(#5b6272, #a3abbd); --fill: light-dark(#2457d6, #8fb0ff); --onfill: light-dark(#fff, #10131a); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: light-dark(#f4f5f8, #14161b); color: light-dark(#1b1e26, #e7e9ef); font: 1rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 36rem; padding: 1.75rem 2rem; border: 1px solid var(--line); border-radius: .75rem; background: light-dark(#fff, #1c1f26); overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.3; }
p { margin: 0 0 1rem; }
main > :last-child, main > p:has(+ script) { margin-bottom: 0; }
code { display: block; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: light-dark(#f4f5f8, #14161b); font: 1rem/1.5 ui-monospace, monospace; user-select: all; }
button { padding: .55rem 1.1rem; border: 0; border-radius: .5rem; background: var(--fill); color: var(--onfill); font: inherit; font-weight: 600; cursor: pointer; }
button:hover { filter: brightness(1.08); }
form { margin: 0 0 1rem; }
:focus-visible { outline: 2px solid var(--fill); outline-offset: 2px; }
a { color: var(--fill); }
.row { display: flex; gap: .75rem; align-items: center; }
.small, #said { color: var(--quiet); font-size: .9rem; }
`

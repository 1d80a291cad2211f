package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
)

// The pages are whole texts of this file: nothing that came with a request or
// from a host is in them.

func lastPageOf(err error) string {
	switch {
	case err == nil:
		return document("You are signed in", `
<h1>You are signed in</h1>
<p>This program can now work with your PostHog organization, with what you have allowed.</p>
<p>You can close this page and go back to where you came from.</p>
`)
	case errors.Is(err, ErrDenied):
		return document("You said no", `
<h1>You said no</h1>
<p>Nothing was allowed, and nothing was stored.</p>
<p>You can close this page. If it was a slip, start the sign-in again where you came from.</p>
`)
	}
	return document("The sign-in did not work", `
<h1>The sign-in did not work</h1>
<p>Nothing was stored. The program that you came from says why.</p>
<p>You can close this page.</p>
`)
}

func strangerPage() string {
	return document("Not this sign-in", `
<h1>Not this sign-in</h1>
<p>This page belongs to a sign-in, but not to the one that is waited for. It has changed nothing.</p>
<p>If you are signing in, go on in the page that was opened for it.</p>
`)
}

func overPage() string {
	return document("This sign-in is over", `
<h1>This sign-in is over</h1>
<p>The program that you came from says what became of it. You can close this page.</p>
`)
}

// show writes a page.
func show(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page) // who has gone away has nobody to tell
}

// closeOff sets what every answer says to a browser: keep nothing, tell nobody,
// let nobody in, run nothing but the one line of ours.
func closeOff(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src "+hashOf(style)+"; script-src "+hashOf(script)+
		"; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
}

// hashOf names a text in a policy.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// document is the frame of every page.
func document(title, body string) string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + title + `</title>
<style>` + style + `</style>
</head>
<body>
<main>` + body + `</main>
<script>` + script + `</script>
</body>
</html>
`
}

// script takes the code, which is used up, out of the address and the history.
const script = `history.replaceState(null, '', location.pathname);`

const style = `
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: light-dark(#f4f5f8, #14161b); color: light-dark(#1b1e26, #e7e9ef); font: 1rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 32rem; padding: 1.75rem 2rem; border: 1px solid light-dark(#d8dbe2, #3a3f4b); border-radius: .75rem; background: light-dark(#fff, #1c1f26); }
h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.3; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
`

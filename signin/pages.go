package signin

import (
	"errors"

	"posthog-org-mcp/page"
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

func twicePage() string {
	return document("Opened twice", `
<h1>Opened twice</h1>
<p>Another browser has opened this sign-in before, so it is ended. That may have been another
browser of yours, or somebody else on this machine.</p>
<p>Start the sign-in again where you came from. You can close this page.</p>
`)
}

func document(title, body string) string { return page.Document(title, "", body, script) }

// script takes the code, which is used up, out of the address and the history.
const script = `history.replaceState(null, '', location.pathname);`

package handover

import (
	"html"
	"strconv"
	"strings"
)

// The pages are put together by hand: html/template would make the program
// larger by a sixth. Whatever is not written in this file goes through escape.
func escape(text string) string {
	return html.EscapeString(strings.ToValidUTF8(text, "\uFFFD"))
}

func waitingPage(label Label) string {
	return document("Not there yet", `<meta http-equiv="refresh" content="3">`, `
<h1>Not there yet</h1>
<p>This page will hand over the new secret token of `+project(label)+`.</p>
<p>The token does not exist yet. The page looks again every few seconds.</p>
`)
}

func askingPage(now view) string {
	return document("A secret token for you", "", `
<h1>A secret token for you</h1>
<p>This page has the new secret token of `+project(now.label)+`.</p>
<p>It shows the token <strong>once</strong>. Have the place ready where the token goes.</p>
<form method="post">
<input type="hidden" name="`+onceField+`" value="`+escape(now.once)+`">
<button>Show the token</button>
</form>
<p class="small">The page waits until `+now.expires.Local().Format("15:04 MST")+`, then it drops the token.</p>
`)
}

func showingPage(now view) string {
	return document("Your secret token", "", `
<h1>Your secret token</h1>
<p>This is the new secret token of `+project(now.label)+`:</p>
<p><code id="token" tabindex="0">`+escape(now.secret.Reveal())+`</code></p>
<p class="row"><button id="copy" type="button" hidden>Copy</button> <span id="said" role="status"></span></p>
<p><strong>It will not be shown again.</strong> It is gone from here when you leave, close or reload this page.</p>
<script>`+script+`</script>
`)
}

func gonePage(now view) string {
	var why string
	switch now.state {
	case seen:
		why = "It was shown here once, as this page does, and was not kept. If it was not you who saw it, rotate the token again."
	case expired:
		why = "Nobody had it shown in time, so this page has dropped it."
	default:
		why = "No token was handed over here."
	}
	return document("The token is gone", "", `
<h1>The token is gone</h1>
<p>This page was for the new secret token of `+project(now.label)+`.</p>
<p>`+why+`</p>
<p>The token that is in force can be read in `+settings(now.label)+`.</p>
`)
}

// project names the project. Its name is other people's text, which may even
// try to turn the direction of the words around it.
func project(label Label) string {
	id := "project " + strconv.Itoa(label.ProjectID)
	if name := strings.TrimSpace(label.ProjectName); name != "" {
		id = `the project <strong><bdi>` + escape(name) + `</bdi></strong> (id ` + strconv.Itoa(label.ProjectID) + `)`
	}
	return id + " on " + escape(label.hostOr("PostHog"))
}

func settings(label Label) string {
	if !strings.HasPrefix(label.SettingsURL, "https://") && !strings.HasPrefix(label.SettingsURL, "http://") {
		return "the project's settings in PostHog"
	}
	return `<a href="` + escape(label.SettingsURL) + `" rel="noreferrer">the project's settings in PostHog</a>`
}

// document is the frame of every page. A page that translates itself would
// send the token to whoever translates.
func document(title, head, body string) string {
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

// script is all that runs in the showing page. After a reload or a step back
// the browser asks for the page again, which then says that the token is gone;
// a copy that it has kept to come back to holds no token.
const script = `
const token = document.getElementById('token');
const copy = document.getElementById('copy');
const said = document.getElementById('said');
history.replaceState(null, '', location.href);
addEventListener('pagehide', () => { token.textContent = ''; });
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
copy.hidden = false;
copy.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(token.textContent);
    said.textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren(token);
    said.textContent = 'Selected. Press Ctrl+C, or ⌘C on a Mac.';
  }
});
`

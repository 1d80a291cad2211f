package handover

import (
	"html"
	"strconv"
	"strings"

	"posthog-org-mcp/page"
)

// Whatever is not written in this file goes through escape.
func escape(text string) string {
	return html.EscapeString(strings.ToValidUTF8(text, "\uFFFD"))
}

func waitingPage(label Label) string {
	return page.Document("Not there yet", `<meta http-equiv="refresh" content="3">`, `
<h1>Not there yet</h1>
<p>This page will hand over the new secret token of `+project(label)+`.</p>
<p>The token does not exist yet. The page looks again every few seconds.</p>
`, "")
}

func askingPage(now view) string {
	return page.Document("A secret token for you", "", `
<h1>A secret token for you</h1>
<p>This page has the new secret token of `+project(now.label)+`.</p>
<p>It shows the token <strong>once</strong>. Have the place ready where the token goes.</p>
<form method="post">
<input type="hidden" name="`+onceField+`" value="`+escape(now.once)+`">
<button>Show the token</button>
</form>
<p class="small">The page waits until `+now.expires.Local().Format("15:04 MST")+`, then it drops the token.</p>
`, "")
}

func showingPage(now view) string {
	return page.Document("Your secret token", "", `
<h1>Your secret token</h1>
<p>This is the new secret token of `+project(now.label)+`:</p>
<p><code id="token" tabindex="0">`+escape(now.secret.Reveal())+`</code></p>
<p class="row"><button id="copy" type="button" hidden>Copy</button> <span id="said" role="status"></span></p>
<p><strong>It will not be shown again.</strong> It is gone from here when you leave, close or reload this page.</p>
`, script)
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
	return page.Document("The token is gone", "", `
<h1>The token is gone</h1>
<p>This page was for the new secret token of `+project(now.label)+`.</p>
<p>`+why+`</p>
<p>The token that is in force can be read in `+settings(now.label)+`.</p>
`, "")
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

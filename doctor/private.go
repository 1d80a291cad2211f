package doctor

import (
	"cmp"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
)

// privateWords are what a report holds that is nobody else's business, and what
// stands in their place when it is posted. It is safe for concurrent use.
type privateWords struct {
	redactor *redact.Redactor

	mu    sync.Mutex
	words map[string]string
}

// newPrivateWords knows what the settings and the environment tell by themselves.
func newPrivateWords(subject Subject) *privateWords {
	settings := subject.Settings.Config
	p := &privateWords{redactor: redact.New(settings.Key, settings.SigningSecret), words: map[string]string{}}
	home := config.HomeDirectory(runtime.GOOS, subject.Environ)
	p.add(home, "~")
	for _, origin := range subject.Settings.Origins {
		if origin.Free && origin.Where != "" && !isHarmless(origin) {
			p.add(origin.Value, "(value of "+cmp.Or(origin.Setting.Flag, origin.Setting.Variable)+")")
			p.add(strings.Trim(origin.Value, `"`), "(value of "+cmp.Or(origin.Setting.Flag, origin.Setting.Variable)+")")
		}
	}
	p.addPath(settings.Journal, home, "(journal)")
	p.addPath(settings.SecretDir, home, "(secret folder)")
	p.addPath(settings.SandboxData, home, "(sandbox data)")
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"} {
		p.add(variable(subject.Environ, name), "(proxy)")
	}
	return p
}

// isHarmless reports whether a free value is one that everybody may have.
func isHarmless(origin config.Origin) bool {
	switch strings.ToLower(strings.Trim(origin.Value, `"`)) {
	case "us", "eu", "@current", "off", "https://us.posthog.com", "https://eu.posthog.com", "us.posthog.com", "eu.posthog.com":
		return true
	}
	return origin.Setting.Flag == "tools" || origin.Setting.Flag == "exclude-tools"
}

// addPath adds the path of something that was put elsewhere than into the home
// folder: below that, everybody has the same.
func (p *privateWords) addPath(path, home, stands string) {
	if home == "" || !strings.HasPrefix(path, home) {
		p.add(path, stands)
		p.add(filepath.Dir(path), stands)
	}
}

// shortestWord is how long a word must be to be searched for.
const shortestWord = 3

func (p *privateWords) add(word, stands string) {
	if len(word) < shortestWord || word == string(filepath.Separator) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.words[word]; !known {
		p.words[word] = stands
	}
}

// hide returns a text as it is shown here, and remembers that it is private.
func (x *examination) hide(text, stands string) string {
	x.private.add(text, stands)
	return text
}

// shape is private whatever it says.
type shape struct {
	of     *regexp.Regexp
	stands string
}

func shapes() []shape {
	return []shape{
		{regexp.MustCompile(`\bph[a-z]_[\w…*]*`), "(key)"},
		{regexp.MustCompile(`[\w.+%-]+@[\w-]+(?:\.[\w-]+)+`), "(e-mail)"},
		{regexp.MustCompile(`\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b`), "(id)"},
		{regexp.MustCompile(`(/Users/|/home/|[A-Za-z]:\\Users\\)[^/\\"\s]+`), "${1}(user)"},
		{regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`), "(address)"},
		{regexp.MustCompile(`\[[0-9a-fA-F:]*:[0-9a-fA-F:]+(?:%\w+)?\]`), "(address)"},
	}
}

// text is a text that is safe to post.
func (p *privateWords) text(text string) string {
	p.mu.Lock()
	words := make([]string, 0, len(p.words))
	for word := range p.words {
		words = append(words, word)
	}
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(words))
	for _, word := range words {
		pairs = append(pairs, word, p.words[word])
	}
	p.mu.Unlock()
	text = strings.NewReplacer(pairs...).Replace(p.redactor.Text(text))
	for _, shape := range shapes() {
		if strings.Contains(shape.stands, "$") {
			text = shape.of.ReplaceAllString(text, shape.stands)
			continue
		}
		text = shape.of.ReplaceAllStringFunc(text, func(found string) string {
			if strings.HasPrefix(found, "127.") || found == "[::1]" {
				return found // this machine
			}
			return shape.stands
		})
	}
	return text
}

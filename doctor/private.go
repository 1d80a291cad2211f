package doctor

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
)

// privateWords are what a report holds that is nobody else's business, and what
// stands in their place when it is posted. It is safe for concurrent use.
type privateWords struct {
	redactor *redact.Redactor
	system   string // as runtime.GOOS names it; its rules of paths are used

	mu    sync.Mutex
	words map[string]string
}

// newPrivateWords knows what the settings and the environment tell by themselves.
func newPrivateWords(subject Subject, system string) *privateWords {
	settings := subject.Settings.Config
	p := &privateWords{redactor: redact.New(settings.Key, settings.SigningSecret), system: system, words: map[string]string{}}
	home := config.HomeDirectory(system, subject.Environ)
	p.add(home, "~")
	for _, origin := range subject.Settings.Origins {
		if origin.Where != "" {
			p.addValue(origin, origin.Value)
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

// addValue adds what a setting was given, where anything may stand in it.
func (p *privateWords) addValue(origin config.Origin, value string) {
	bare, stands := strings.Trim(value, `"`), "(value of "+nameOf(origin.Setting)+")"
	switch {
	case !origin.Free, origin.Setting.Flag == "tools", origin.Setting.Flag == "exclude-tools":
	case origin.Setting.Flag == "profile":
		// It may be any word: only in quotes and in the path of its secret is it
		// surely the name.
		p.add(strconv.Quote(bare), stands)
		if !isCommon(bare) {
			p.add(filepath.Join("secrets", bare), filepath.Join("secrets", "(profile)"))
		}
	default:
		p.add(strconv.Quote(bare), stands)
		p.add(bare, stands)
	}
}

// isCommon reports whether everybody may have a value: a setting's default, the
// word of a switch, or an address of PostHog Cloud.
func isCommon(word string) bool {
	word = strings.ToLower(strings.Trim(word, `"`))
	switch word {
	case "true", "false", "yes", "no", "on", "off", "us", "eu", "us.posthog.com", "eu.posthog.com", "https://us.posthog.com", "https://eu.posthog.com":
		return true
	}
	return slices.ContainsFunc(config.Settings(), func(setting config.Setting) bool { return setting.Default == word && word != "" })
}

// addPath adds the path of something that was put elsewhere than into the home
// folder: below that, everybody has the same.
func (p *privateWords) addPath(path, home, stands string) {
	if home == "" || !p.isBelow(path, home) {
		p.add(path, stands)
		p.add(path[:max(0, strings.LastIndexAny(path, p.separators()))], stands)
	}
}

// isBelow reports whether a path is that of a folder or of something in it.
func (p *privateWords) isBelow(path, folder string) bool {
	if len(path) < len(folder) || !p.same(path[:len(folder)], folder) {
		return false
	}
	rest := path[len(folder):]
	return rest == "" || strings.ContainsAny(rest[:1], p.separators())
}

func (p *privateWords) separators() string {
	if p.system == "windows" {
		return `\/`
	}
	return "/"
}

// same compares words as the system compares names: on Windows in any case.
func (p *privateWords) same(one, other string) bool {
	return one == other || p.system == "windows" && strings.EqualFold(one, other)
}

// shortestWord is how long a word must be to be searched for.
const shortestWord = 3

// add hides a word, however often its backslashes are written: texts are quoted
// in some places and not in others.
func (p *privateWords) add(word, stands string) {
	if len(word) < shortestWord || word == string(filepath.Separator) || isCommon(word) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	once := strings.ReplaceAll(word, `\\`, `\`)
	for _, written := range []string{word, once, strings.ReplaceAll(once, `\`, `\\`)} {
		if _, known := p.words[written]; !known {
			p.words[written] = stands
		}
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
		{regexp.MustCompile(`(--profile )[A-Za-z0-9](?:[\w.-]*\w)?`), "${1}(profile)"},
		{regexp.MustCompile(`(Profiles: )[\w.-]+(?:, [\w.-]+)*\.`), "${1}(profiles)."},
		{regexp.MustCompile(`(Did you mean ).+(\? Or sign in)`), "${1}(profile)${2}"},
		{regexp.MustCompile(`(?i)([a-z]:[\\/]+users[\\/]+)[^\\/":*?<>|\r\n]+`), "${1}(user)"}, // names have blanks there
		{regexp.MustCompile(`(/Users/|/home/)[^/\\"\s]+`), "${1}(user)"},
		{regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`), "(address)"},
		{regexp.MustCompile(`\[[0-9a-fA-F:]*:[0-9a-fA-F:]+(?:%\w+)?\]`), "(address)"},
	}
}

// replaced is a text in which something stands for each word. Where several begin
// at one place, the first of them counts.
func (p *privateWords) replaced(text string, words []string) string {
	var out strings.Builder
	for text != "" {
		at := slices.IndexFunc(words, func(word string) bool { return len(text) >= len(word) && p.same(text[:len(word)], word) })
		if at < 0 {
			out.WriteByte(text[0])
			text = text[1:]
			continue
		}
		out.WriteString(p.words[words[at]])
		text = text[len(words[at]):]
	}
	return out.String()
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
	text = p.replaced(p.redactor.Text(text), words)
	p.mu.Unlock()
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
	return inQuotes.ReplaceAllStringFunc(text, func(found string) string {
		if ownWord.MatchString(found) {
			return found
		}
		return `"…"`
	})
}

// What is not ours stands in quotation marks: whatever nobody thought of, such as
// the words of a host, goes with it. What stays are paths in the home folder,
// variables, versions, and the words of settings.
var (
	inQuotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	ownWord  = regexp.MustCompile(`^"(?:~(?:[\\/].*)?|\([a-z A-Z-]+\)(?:[\\/].*)?|[A-Z][A-Z0-9_]*|v?[0-9][\w.+-]*|dev|default|posthog-org(?:-mcp)?|us|eu|@current|https://(?:us|eu)\.posthog\.com)"$`)
)

package config

import (
	"regexp"
	"strings"
)

// isPlaceholder recognises what should have been replaced by a value: a
// client's or shell's variable that nobody expanded, or an example's <blank>.
// A shell command may hold such things, but not be nothing else.
func (v value) isPlaceholder() bool {
	if wholePlaceholder.MatchString(v.text) {
		return true
	}
	return !v.setting.Shell && innerPlaceholder.MatchString(v.text)
}

var (
	wholePlaceholder = regexp.MustCompile(`^(?:\$\{[^}]*\}|\{\{[^}]*\}\}|\$\(?[A-Za-z_][A-Za-z0-9_:.]*\)?|%[A-Za-z_][A-Za-z0-9_]*%|<[^<>]*>)$`)
	innerPlaceholder = regexp.MustCompile(`\$\{|\{\{`)
)

// leftEmpty is the placeholder of a bundle's manifest, whole. Claude Desktop
// leaves it as it is where the user left the setting empty.
var leftEmpty = regexp.MustCompile(`^\$\{user_config\.[A-Za-z0-9_.-]+\}$`)

func (l *loader) placeholder(v value) {
	what := "holds the placeholder " + Quote(v.text) + ": nobody has filled it in."
	if v.setting.Sensitive {
		what = "holds a placeholder instead of a value: nobody has filled it in."
	}
	next := "Set the variable that it names where the client runs, or remove the setting from the client's configuration."
	if strings.HasPrefix(v.setting.Variable, keyVariable) {
		l.keyBlank = true
	}
	if v.setting.Variable == keyVariable {
		next = "Set the variable that it names where the client runs, or give " + keyFileVariable + " instead. " + l.keyAdvice()
	}
	l.fail(v.where, what, next)
}

// isStandIn recognises what examples print in the place of a key.
func isStandIn(key string) bool { return standIn.MatchString(key) }

var standIn = regexp.MustCompile(`(?i)^(?:ph[a-z]_)?(?:(?:your|my|insert|replace|change|example|some)[-_ ](?:[a-z]+[-_ ]?)+|changeme|x{3,})$`)

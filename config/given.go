package config

import "github.com/spf13/pflag"

// Given is a setting that somebody gave a value, for a run that somebody else
// will start: paths are absolute.
type Given struct {
	Setting Setting
	Where   string // the flag or variable
	Text    string // the value, which may be a secret where the setting is sensitive
}

// AllGiven returns the settings that flags and environment give a value, in the
// table's order, without those that --sandbox passes over. It checks nothing:
// Load does.
func AllGiven(flags *pflag.FlagSet, environ []string) []Given {
	l := &loader{environment: variables(environ)}
	var given []Given
	for _, setting := range Settings() {
		v := l.inSandbox(setting.lookup(flags, l.environment))
		if v.where == "" {
			continue
		}
		if setting.Variable == sandboxVariable {
			l.sandbox(v)
		}
		switch _, isSwitch := switchWord(v.text); setting.Value {
		case "FILE", "FOLDER":
			v.text = l.absolute(v.text)
		case "PATH|off":
			if !isSwitch {
				v.text = l.absolute(v.text)
			}
		}
		given = append(given, Given{Setting: setting, Where: v.where, Text: v.text})
	}
	return given
}

// Flag is the setting as a flag of a command line, which may be two words.
func (g Given) Flag() []string {
	name := "--" + g.Setting.Flag
	switch {
	case !g.Setting.Switch:
		if len(g.Text) > 0 && g.Text[0] == '-' {
			return []string{name + "=" + g.Text}
		}
		return []string{name, g.Text}
	case isOn(g.Text):
		return []string{name}
	default:
		return []string{name + "=false"}
	}
}

func isOn(text string) bool {
	on, _ := switchWord(text)
	return on
}

// IsKey reports whether the setting is the key itself.
func (g Given) IsKey() bool { return g.Setting.Variable == keyVariable }

// missingKey is what Load says where no key is given at all.
const missingKey = "There is no PostHog API key."

// IsMissingKey reports whether the fault is that no key is given at all.
func (p Problem) IsMissingKey() bool { return p.Where == "" && p.What == missingKey }

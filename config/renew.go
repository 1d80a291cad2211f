package config

import (
	"slices"
	"strings"
)

// Renewal is what becomes of settings that are kept somewhere, such as in a
// client's file, when they are written anew: each list is in the table's order.
type Renewal struct {
	Given []Given // all that count from now on
	Kept  []Given // those of them that nobody gave now
	Left  []Given // those that were there and do not go with what is given now
}

// Renew joins the settings that were there with those that are given now, which
// win. A key comes from one source, so that another one takes the old one's place;
// and what is told the sandbox and what a real account are not mixed.
//
// Variables that lead to a key do not end a sandbox: they are passed over
// there as always. KeyMeant says that the one with the key itself is meant all the
// same. Settings that are cleared are not kept.
func Renew(old, now []Given, cleared func(Setting) bool, keyMeant bool) Renewal {
	wasSandbox := isSandbox(old)
	sandbox := wasSandbox && !slices.ContainsFunc(now, func(g Given) bool {
		return g.Setting.Variable == sandboxVariable || g.leadsToKey() && (g.ByFlag() || g.IsKey() && keyMeant)
	}) || isSandbox(now)
	if sandbox {
		now = slices.DeleteFunc(slices.Clone(now), func(g Given) bool { return g.Setting.InSandbox != Used && !g.ByFlag() })
	}
	stays := func(g Given) bool {
		switch {
		case sandbox != wasSandbox:
			return g.Setting.InSandbox == Used && !strings.HasPrefix(g.Setting.Variable, sandboxVariable)
		case g.leadsToKey():
			return !slices.ContainsFunc(now, Given.leadsToKey)
		case g.Setting.Flag == "host" || g.Setting.Flag == "organization":
			return !slices.ContainsFunc(now, func(given Given) bool { return given.Setting.Flag == profileFlag }) // it brings its own
		}
		return true
	}
	var renewal Renewal
	for _, setting := range Settings() {
		of := func(g Given) bool { return g.Setting.Variable == setting.Variable }
		was, is := slices.IndexFunc(old, of), slices.IndexFunc(now, of)
		switch {
		case is >= 0:
			renewal.Given = append(renewal.Given, now[is])
		case was < 0 || cleared(setting):
		case stays(old[was]):
			renewal.Given, renewal.Kept = append(renewal.Given, old[was]), append(renewal.Kept, old[was])
		default:
			renewal.Left = append(renewal.Left, old[was])
		}
	}
	return renewal
}

func isSandbox(given []Given) bool {
	return slices.ContainsFunc(given, func(g Given) bool { return g.Setting.Variable == sandboxVariable && isOn(g.Text) })
}

// leadsToKey reports whether the setting says where a key comes from.
func (g Given) leadsToKey() bool {
	return strings.HasPrefix(g.Setting.Variable, keyVariable) || g.Setting.Variable == profileVariable
}

// ByFlag reports whether a flag gives the value, and not the environment.
func (g Given) ByFlag() bool { return strings.HasPrefix(g.Where, "--") }

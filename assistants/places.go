package assistants

import (
	"cmp"
	"errors"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ErrNoHome is returned where the environment names no home directory, and so
// no client's file can be found.
var ErrNoHome = errors.New("there is no home directory to look for the clients' files in")

// Machine is where clients are looked for.
type Machine struct {
	System      string // as runtime.GOOS names it; its path rules are used
	Environment map[string]string
}

// ThisMachine is the machine the program runs on, with an environment as
// os.Environ gives it.
func ThisMachine(environ []string) Machine {
	machine := Machine{System: runtime.GOOS, Environment: map[string]string{}}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if machine.System == "windows" {
			name = strings.ToUpper(name)
		}
		if _, seen := machine.Environment[name]; !seen {
			machine.Environment[name] = value
		}
	}
	return machine
}

// places are where a client's file may be, by system. A place begins with ~ or
// with {VARIABLE or another place}. The first one whose file exists is used,
// else the last; one with a * in it is used wherever its folder exists.
type places struct{ linux, mac, windows []string }

func (p places) on(system string) []string {
	switch system {
	case "windows":
		return p.windows
	case "darwin":
		return p.mac
	default:
		return p.linux
	}
}

// Places are where the client's file may be on a system, for documentation:
// ~ is the home directory, {A or B} the variable A or, where it is not set, B.
func (c Client) Places(system string) []string { return c.places.on(system) }

// File is the client's configuration file on a machine, whether or not it is
// there. The error is ErrNoHome.
func (c Client) File(machine Machine) (string, error) {
	file := ""
	for _, place := range c.places.on(machine.System) {
		expanded, err := machine.expand(place)
		if err != nil {
			return "", err
		}
		if folder, rest, packaged := cutWildcard(expanded); packaged {
			if matches, _ := filepath.Glob(folder); len(matches) > 0 {
				return matches[0] + rest, nil
			}
			continue
		}
		file = expanded
		if _, err := os.Lstat(expanded); err == nil {
			return expanded, nil
		}
	}
	return file, nil
}

// IsOn reports whether a client seems to be on a machine: its file is there, or
// the folder that it makes for itself.
func (c Client) IsOn(machine Machine) bool {
	file, err := c.File(machine)
	if err != nil {
		return false
	}
	signs := []string{file}
	for _, sign := range c.signs {
		if expanded, err := machine.expand(sign); err == nil {
			signs = append(signs, expanded)
		}
	}
	if c.signs == nil {
		signs = append(signs, filepath.Dir(file))
	}
	for _, sign := range signs {
		if _, err := os.Stat(sign); err == nil {
			return true
		}
	}
	return false
}

// folders are those between a client's file and the places that belong to the
// system or that the user has named, the innermost first.
func (c Client) folders(machine Machine, file string) []string {
	var others []string
	for _, place := range c.places.on(machine.System) {
		if choice, _, found := strings.Cut(strings.TrimPrefix(place, "{"), "}"); found {
			name, _, _ := strings.Cut(choice, " or ")
			others = append(others, machine.Environment[name])
		}
		if expanded, err := machine.expand(place); err == nil && strings.Contains(place, "*") {
			if packaged, _ := filepath.Match(expanded, file); packaged {
				return nil // The system made them.
			}
		}
	}
	for _, folder := range []string{"", ".config", ".cache", "Library", "Library/Application Support", "AppData", "AppData/Roaming", "AppData/Local"} {
		if expanded, err := machine.expand(path.Join("~", folder)); err == nil {
			others = append(others, expanded)
		}
	}
	var own []string
	for folder := filepath.Dir(file); folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if slices.ContainsFunc(others, func(other string) bool { return other != "" && filepath.Clean(other) == folder }) {
			return own
		}
		own = append(own, folder)
	}
	return nil // it is in none of them
}

// cutWildcard splits a path behind its part with a *.
func cutWildcard(file string) (pattern, rest string, found bool) {
	before, after, found := strings.Cut(file, "*")
	end := strings.IndexAny(after, `/\`)
	if !found || end < 0 {
		return "", "", false
	}
	return before + "*" + after[:end], after[end:], true
}

// expand fills in a place.
func (m Machine) expand(place string) (string, error) {
	if choice, rest, found := strings.Cut(strings.TrimPrefix(place, "{"), "}"); found && strings.HasPrefix(place, "{") {
		name, fallback, _ := strings.Cut(choice, " or ")
		// A relative folder would be another one wherever a client starts.
		if folder := m.Environment[name]; folder != "" && m.isAbsolute(folder) {
			return filepath.Join(folder, rest), nil
		}
		return m.expand(fallback + rest)
	}
	home := m.Environment["HOME"]
	if m.System == "windows" {
		home = cmp.Or(m.Environment["USERPROFILE"], m.Environment["HOMEDRIVE"]+m.Environment["HOMEPATH"])
	}
	if home == "" || !m.isAbsolute(home) {
		return "", ErrNoHome
	}
	return filepath.Join(home, strings.TrimPrefix(place, "~")), nil
}

func (m Machine) isAbsolute(folder string) bool { return m.System == "windows" || path.IsAbs(folder) }

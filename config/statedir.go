package config

import (
	"path"
	"path/filepath"
)

// stateDirectory is where this program keeps what it has to remember for the
// user, by the rules of an operating system (as runtime.GOOS names it). It is
// "" where the environment names no home. Nothing is created.
func stateDirectory(system string, environment map[string]string) string {
	base := ""
	home := homeDirectory(system, environment)
	switch local, state := environment["LOCALAPPDATA"], environment["XDG_STATE_HOME"]; {
	case system == "windows" && local != "":
		base = local
	case system != "windows" && system != "darwin" && path.IsAbs(state):
		base = state
	case home == "":
		return ""
	case system == "windows":
		base = filepath.Join(home, "AppData", "Local")
	case system == "darwin":
		base = filepath.Join(home, "Library", "Application Support")
	default:
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "posthog-org-mcp")
}

// configDirectory is where this program keeps what the user has set up, by the
// same rules. Here a relative XDG_CONFIG_HOME counts as none, too.
func configDirectory(system string, environment map[string]string) string {
	base := ""
	home := homeDirectory(system, environment)
	switch roaming, set := environment["APPDATA"], environment["XDG_CONFIG_HOME"]; {
	case system == "windows" && roaming != "":
		base = roaming
	case system != "windows" && system != "darwin" && path.IsAbs(set):
		base = set
	case home == "":
		return ""
	case system == "windows":
		base = filepath.Join(home, "AppData", "Roaming")
	case system == "darwin":
		base = filepath.Join(home, "Library", "Application Support")
	default:
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "posthog-org-mcp")
}

// homeDirectory is the user's home, or "" where the environment names none. A
// relative one would be another folder wherever a client starts the program.
func homeDirectory(system string, environment map[string]string) string {
	home := environment[homeVariable(system)]
	if system != "windows" && !path.IsAbs(home) {
		return ""
	}
	return home
}

func homeVariable(system string) string {
	if system == "windows" {
		return "USERPROFILE"
	}
	return "HOME"
}

package config

import (
	"path"
	"path/filepath"
)

// stateDirectory is where this program keeps what it has to remember for the
// user, by the rules of an operating system (as runtime.GOOS names it). It is
// "" where the environment names no home. Nothing is created.
func stateDirectory(system string, environment map[string]string) string {
	return ownDirectory(system, environment, "XDG_STATE_HOME", filepath.Join(".local", "state"))
}

// configDirectory is where this program keeps what the user has set up, by the
// same rules. Except on Linux and its like it is the same folder.
func configDirectory(system string, environment map[string]string) string {
	return ownDirectory(system, environment, "XDG_CONFIG_HOME", ".config")
}

// ownDirectory is a folder of this program's. Where the freedesktop rules hold, it
// is below the one that a variable names, or else below usual in the home.
//
// On Windows it is not in AppData: Claude Desktop is a package there, and Windows
// gives whatever a package starts a copy of AppData of its own. The server would
// keep its journal, tokens and sign-ins where no terminal finds them.
func ownDirectory(system string, environment map[string]string, variable, usual string) string {
	home, named := homeDirectory(system, environment), environment[variable]
	switch {
	case system != "windows" && system != "darwin" && path.IsAbs(named):
		return filepath.Join(named, folderName)
	case home == "":
		return ""
	case system == "windows":
		return filepath.Join(home, "."+folderName)
	case system == "darwin":
		return filepath.Join(home, "Library", "Application Support", folderName)
	default:
		return filepath.Join(home, usual, folderName)
	}
}

const folderName = "posthog-org-mcp"

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

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
)

// surroundings are the variables that say where this program's files and the
// keyring are. Many clients pass on little but HOME and PATH, and their server
// would not find the profile, and would write another journal than the one that
// commands here read.
func (a *app) surroundings(settings config.Config) []assistants.Variable {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || settings.Sandbox {
		return nil
	}
	environment := assistants.ThisMachine(a.streams.Environ).Environment
	var variables []assistants.Variable
	for _, folder := range []struct{ variable, usual string }{{"XDG_CONFIG_HOME", ".config"}, {"XDG_STATE_HOME", ".local/state"}} {
		value := environment[folder.variable]
		if filepath.IsAbs(value) && filepath.Clean(value) != filepath.Join(environment["HOME"], folder.usual) {
			variables = append(variables, assistants.Variable{Name: folder.variable, Value: value})
		}
	}
	// One per login, such as in /tmp, would be another one tomorrow.
	if bus := environment[busVariable]; settings.Profile != "" && strings.HasPrefix(bus, "unix:path=/run/user/") {
		variables = append(variables, assistants.Variable{Name: busVariable, Value: bus})
	}
	return variables
}

// busVariable says how the keyring is reached on Linux.
const busVariable = "DBUS_SESSION_BUS_ADDRESS"

// refuseKeys refuses settings given now that would put a key into the client's
// file in plain text, unless that was asked for.
func (a *app) refuseKeys(cmd *cobra.Command, renewal config.Renewal, told installing) error {
	keys := 0
	for _, setting := range renewal.Given {
		switch {
		case setting.IsKey():
			keys++
			if !told.keyInConfig && !isKept(renewal, setting) {
				return fmt.Errorf("the key is in %s, which the client will not see.\n%s\nWith --key-in-config it is written into the client's file, in plain text", setting.Where, keyPlaces)
			}
		case !told.keyInConfig && !isKept(renewal, setting) && a.redactor.Text(setting.Text) != setting.Text:
			return fmt.Errorf("%s holds what looks like a key, which would be in the client's file in plain text.\nLet it name where the key is kept", setting.Where)
		}
	}
	if told.keyInConfig && keys == 0 {
		return &usageError{cmd, "--key-in-config writes the key of POSTHOG_PERSONAL_API_KEY, which is not set."}
	}
	return nil
}

// keyPlaces says how an entry can find a key.
const keyPlaces = `Sign in once with "posthog-org-mcp login", or keep the key in a file and name it with --key-file.`

// withoutKey says what install needs where no key is given at all.
func withoutKey(err error) error {
	var wrong *config.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) != 1 || !wrong.Problems[0].IsMissingKey() {
		return err
	}
	return &config.Error{Problems: []config.Problem{{
		What: "The client would start a server without a key.",
		Next: keyPlaces + "\nTo try it without a key, install it with --sandbox.",
	}}}
}

// command is how a client starts this program: by the name in PATH where that
// leads here, because it stays when a package manager brings a new version.
func (a *app) command() (command string, args []string, err error) {
	itself, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("this program cannot find its own file for the client to start: %w", err)
	}
	if command, args, started := byNpx(runtime.GOOS, filepath.ToSlash(itself), npmPackage(a.build.Version)); started {
		return command, args, nil
	}
	here, err := os.Stat(itself)
	if err != nil {
		return "", nil, fmt.Errorf("this program cannot find its own file for the client to start: %w", err)
	}
	name := Name
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, pair := range a.streams.Environ {
		variable, value, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(variable, "PATH") {
			continue
		}
		for _, folder := range filepath.SplitList(value) {
			candidate := filepath.Join(folder, name)
			if there, err := os.Stat(candidate); err == nil && filepath.IsAbs(candidate) && os.SameFile(here, there) {
				return candidate, nil, nil
			}
		}
	}
	return itself, nil, nil
}

// npmPackage is what npx is asked for: the very version that is running, where it
// is a released one. A bare name would be whatever a folder or a registry has
// under it on the day.
func npmPackage(version string) string {
	if regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$`).MatchString(version) {
		return Name + "@" + version
	}
	return Name
}

// byNpx is how a client starts a program whose file npx has fetched: by npx again,
// because the folder goes when npm tidies up. On Windows npx is a batch file, which
// many clients cannot start without its interpreter.
func byNpx(system, itself, pkg string) (command string, args []string, started bool) {
	switch {
	case !strings.Contains(itself, "/_npx/"):
		return "", nil, false
	case system == "windows":
		return "cmd", []string{"/c", "npx", "-y", pkg}, true
	default:
		return "npx", []string{"-y", pkg}, true
	}
}

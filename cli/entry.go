package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
	"posthog-org-mcp/tools"
)

// serverEntry is what a client is to start: this program with the settings that
// were given, which are checked as if it started now.
func (a *app) serverEntry(ctx context.Context, cmd *cobra.Command, told installing) (assistants.Server, error) {
	given := config.AllGiven(cmd.Flags(), a.streams.Environ)
	settings, err := a.load(ctx, cmd.Flags())
	if err != nil {
		return assistants.Server{}, withoutKey(err)
	}
	if _, err := limitsOf(settings, tools.Catalog()); err != nil {
		return assistants.Server{}, err
	}
	key, err := a.keyReference(cmd, settings, given, told)
	if err != nil {
		return assistants.Server{}, err
	}
	server := assistants.Server{Name: told.name, Env: key}
	server.Command, server.Args, err = a.command()
	if err != nil {
		return assistants.Server{}, err
	}
	for _, setting := range given {
		if setting.Setting.Flag != "" {
			server.Args = append(server.Args, setting.Flag()...)
		}
	}
	return server, nil
}

// keyReference is what the entry needs besides flags to find the key: nothing,
// where a flag or what login stored says where it is. A key in plain text is
// refused unless it was asked for.
func (a *app) keyReference(cmd *cobra.Command, settings config.Config, given []config.Given, told installing) ([]assistants.Variable, error) {
	for _, setting := range given {
		switch {
		case setting.IsKey() && !told.keyInConfig:
			return nil, fmt.Errorf("the key is in %s, which the client will not see.\n%s\nWith --key-in-config it is written into the client's file, in plain text", setting.Where, keyPlaces)
		case setting.IsKey():
			return []assistants.Variable{{Name: setting.Setting.Variable, Value: settings.Key.Reveal()}}, nil
		case !told.keyInConfig && a.redactor.Text(setting.Text) != setting.Text:
			return nil, fmt.Errorf("%s holds what looks like a key, which would be in the client's file in plain text.\nLet it name where the key is kept", setting.Where)
		}
	}
	if told.keyInConfig {
		return nil, &usageError{cmd, "--key-in-config writes the key of POSTHOG_PERSONAL_API_KEY, which is not set."}
	}
	return nil, nil
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
	if strings.Contains(filepath.ToSlash(itself), "/_npx/") {
		// The folder goes when npm tidies up.
		return "npx", []string{"-y", Name}, nil
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

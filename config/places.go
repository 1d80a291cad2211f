package config

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// defaultPlaces says where the journal and rotated tokens go when nobody else
// has. What a sandbox made up stays with the sandbox's own data.
func (l *loader) defaultPlaces() {
	if l.config.Sandbox && l.config.SandboxData == "" {
		l.config.JournalTemporary = !l.journalGiven
		return
	}
	if l.config.Sandbox {
		data := l.absolute(l.config.SandboxData)
		l.place(data+".journal.jsonl", data+".secrets")
		return
	}
	state := stateDirectory(runtime.GOOS, l.environment)
	if state == "" {
		l.homeless()
		return
	}
	l.place(filepath.Join(state, journalName), filepath.Join(state, "tokens"))
}

// journalFlag is the one setting that works on this machine alone.
const journalFlag = "journal"

// defaultJournal puts the journal into the user's state directory.
func (l *loader) defaultJournal() {
	state := stateDirectory(runtime.GOOS, l.environment)
	if state == "" {
		l.fail("", "There is no home directory to look for the journal in.", "Name the file with --journal (POSTHOG_MCP_JOURNAL).")
		return
	}
	l.config.Journal = filepath.Join(state, journalName)
}

// journalName is the journal's file in the state directory.
const journalName = "journal.jsonl"

func (l *loader) place(journal, secrets string) {
	if !l.journalGiven {
		l.config.Journal = journal
	}
	if l.config.SecretDir == "" {
		l.config.SecretDir = secrets
	}
}

// homeless asks for the places that this run needs and that no home provides.
func (l *loader) homeless() {
	var lost, settings []string
	if l.writes() && !l.journalGiven {
		lost = append(lost, "the journal")
		settings = append(settings, "--journal (POSTHOG_MCP_JOURNAL; a file, or off)")
	}
	if l.writes() && l.config.SecretDir == "" && l.config.SecretsTo == SecretsToFile && !l.config.AllowSecretsInResults {
		lost = append(lost, "rotated tokens")
		settings = append(settings, "--secret-dir (POSTHOG_MCP_SECRET_DIR; a folder)")
	}
	if len(lost) == 0 {
		return
	}
	home := homeVariable(runtime.GOOS)
	l.fail("", fmt.Sprintf("There is no home directory to keep %s in: %s names none.", strings.Join(lost, " and "), home),
		fmt.Sprintf("Set %s, or %s.", home, strings.Join(settings, " and ")))
}

func (l *loader) journal(v value) {
	const next = "Use a file's path, or off to keep no journal."
	if on, isSwitch := switchWord(v.text); isSwitch {
		// A switch's words are no file names: the user means the usual journal, or none.
		l.journalGiven = !on
		if !on && l.writes() {
			l.note(slog.LevelWarn, "%s is off: writes leave no trace and cannot be undone", v.where)
		}
		return
	}
	l.journalGiven, l.config.Journal = true, l.absolute(v.text)
	switch info, err := os.Stat(l.config.Journal); {
	case err == nil && info.IsDir():
		l.fail(v.where, fmt.Sprintf("is %s, which is a directory.", quotePath(l.config.Journal)), "Name the file in it, or use off to keep no journal.")
	case err == nil && !info.Mode().IsRegular():
		l.fail(v.where, fmt.Sprintf("is %s, which is not an ordinary file.", quotePath(l.config.Journal)), next)
	}
}

func (l *loader) secretDir(v value) {
	l.config.SecretDir = l.absolute(v.text)
	if info, err := os.Stat(l.config.SecretDir); err == nil && !info.IsDir() {
		l.fail(v.where, fmt.Sprintf("is %s, which is not a directory.", quotePath(l.config.SecretDir)), "Name a folder; it is made when it is needed.")
	}
}

func (l *loader) sandboxFile(v value) {
	path := l.expandHome(v.text)
	info, err := os.Stat(path)
	switch {
	case !l.config.Sandbox:
		l.sandboxMeant = true
		l.fail(v.where, "is set, but the sandbox is not switched on.", "Add --sandbox (POSTHOG_MCP_SANDBOX=true), or remove the setting to work on the real organization.")
		return
	case err == nil && info.IsDir():
		l.fail(v.where, fmt.Sprintf("is %s, which is a directory.", quotePath(path)), "Name the file in it.")
		return
	case err != nil:
		// The file itself may still have to be made; its directory may not.
		if parent, err := os.Stat(filepath.Dir(path)); err != nil || !parent.IsDir() {
			l.fail(v.where, fmt.Sprintf("is %s, in a directory that does not exist.", quotePath(path)), "Make the directory first, or name another file.")
			return
		}
	}
	l.config.SandboxData = path
}

// absolute completes a path: a client starts the server in a directory of its
// own choice, so messages and later readers need to know which file is meant.
func (l *loader) absolute(path string) string {
	path = l.expandHome(path)
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

// expandHome resolves a leading ~/, which no shell does for a client's configuration.
func (l *loader) expandHome(path string) string { return expandHome(runtime.GOOS, l.environment, path) }

// expandHome does so by the rules of an operating system: on Windows ~\ is the same.
func expandHome(system string, environment map[string]string, path string) string {
	home := homeDirectory(system, environment)
	rest, found := strings.CutPrefix(path, "~/")
	if !found && system == "windows" {
		rest, found = strings.CutPrefix(path, `~\`)
	}
	if !found || home == "" {
		return path
	}
	return filepath.Join(home, rest)
}

package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"posthog-org-mcp/config"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/patiently"
	"posthog-org-mcp/visible"
)

// journal tells whether writes could be recorded. Nothing is written.
func (x *examination) journal(context.Context) Finding {
	settings := x.Settings.Config
	switch {
	case settings.JournalTemporary:
		return ok("Kept for one run, as the sandbox's data is.")
	case x.Settings.IsFaulty("journal") || settings.Journal == "" && len(x.Settings.Problems) > 0:
		return skipped(checkSettings)
	case settings.Journal == "":
		return ok("None is kept.")
	}
	err := journal.Probe(settings.Journal)
	shown := path(settings.Journal)
	switch {
	case err == nil:
		return ok("%s can be written.", shown)
	case !x.writes():
		return ok("%s cannot be written (%s), and this run changes nothing.", shown, cause(settings.Journal, err))
	}
	return fault(fmt.Sprintf("%s cannot be written: %s. Whatever changes something will be refused.", shown, cause(settings.Journal, err)),
		placeAdvice(err)+", or name another file with --journal (POSTHOG_MCP_JOURNAL).")
}

// secrets tells whether a rotated token could be handed over.
func (x *examination) secrets(context.Context) Finding {
	settings := x.Settings.Config
	switch {
	case !x.writes():
		return ok("Not needed: this run changes nothing.")
	case settings.AllowSecretsInResults:
		return ok("Not needed: rotated tokens go through the model.")
	case settings.SecretsTo == config.SecretsToPage:
		return ok("Not needed: rotated tokens go to a page that opens once.")
	case x.Settings.IsFaulty("secret-dir") || settings.SecretDir == "" && len(x.Settings.Problems) > 0:
		return skipped(checkSettings)
	case settings.SecretDir == "":
		return ok("Kept for one run, as the sandbox's data is.")
	}
	shown := path(settings.SecretDir)
	if handover.IsShared(settings.SecretDir) {
		return fault("Others on this machine can write in "+shown+". No token will be rotated.",
			"Run chmod 700 on it, or name another folder with --secret-dir (POSTHOG_MCP_SECRET_DIR).")
	}
	if err := journal.ProbeFolder(settings.SecretDir); err != nil {
		return fault(fmt.Sprintf("%s cannot be written: %s. No token will be rotated.", shown, cause(settings.SecretDir, err)),
			placeAdvice(err)+", or name another folder with --secret-dir (POSTHOG_MCP_SECRET_DIR).")
	}
	return ok("%s can be written.", shown)
}

// writes reports whether the run may change something.
func (x *examination) writes() bool { return !x.Settings.Config.ReadOnly && !x.Settings.Config.DryRun }

// path shows a path whole: it has to be found.
func path(of string) string { return visible.Path(visible.Cut(of, longestPath)) }

// longestPath is in characters.
const longestPath = 1000

// cause is why a file cannot be used, with the path that is to blame where that is
// another one.
func cause(file string, err error) string {
	var wrapped *fs.PathError
	switch {
	case !errors.As(err, &wrapped):
	case wrapped.Path == file:
		return visible.Cause(wrapped.Err).Error()
	default:
		return fmt.Sprintf("%s: %v", path(wrapped.Path), visible.Cause(wrapped.Err))
	}
	return visible.Cause(err).Error()
}

func placeAdvice(err error) string {
	switch {
	case patiently.IsHeld(err):
		return "Another program holds it: try again"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "Let this user write there"
	case errors.Is(err, syscall.ENOTDIR):
		return "Move the file out of the way that stands where a folder must be"
	}
	return "Look at that disk and path"
}

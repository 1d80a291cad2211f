package config

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
)

func (l *loader) sandbox(v value)  { l.onOff(v, &l.config.Sandbox) }
func (l *loader) readOnly(v value) { l.onOff(v, &l.config.ReadOnly) }

func (l *loader) connectTimeout(v value) { l.duration(v, &l.config.Timeouts.Connect) }
func (l *loader) headerTimeout(v value)  { l.duration(v, &l.config.Timeouts.Header) }
func (l *loader) totalTimeout(v value)   { l.duration(v, &l.config.Timeouts.Total) }

func (l *loader) onOff(v value, into *bool) {
	switch strings.ToLower(v.text) {
	case "true", "1", "yes", "on":
		*into = true
	case "false", "0", "no", "off":
		*into = false
	default:
		l.fail(v.where, fmt.Sprintf("is %s, which is neither on nor off.", Quote(v.text)), "Use true or false.")
	}
}

// The bounds of a timeout. The upper one is far above any client's patience;
// it is there to catch milliseconds that were taken for seconds.
const (
	shortestTimeout = time.Millisecond
	longestTimeout  = 10 * time.Minute
)

// duration reads Go's syntax (1m30s) or plain seconds (90).
func (l *loader) duration(v value, into *time.Duration) {
	duration, err := time.ParseDuration(v.text)
	if err != nil {
		duration, err = time.ParseDuration(v.text + "s")
	}
	const next = "Use seconds, such as 30, or a time with its unit, such as 500ms, 45s or 2m."
	switch {
	case err != nil:
		l.fail(v.where, fmt.Sprintf("is %s, which is not a time.", Quote(v.text)), next)
	case duration < shortestTimeout || duration > longestTimeout:
		l.fail(v.where, fmt.Sprintf("is %s; it must be between %s and %s.", Quote(v.text), shortestTimeout, "10m"), next)
	default:
		*into = duration
	}
}

func (l *loader) logLevel(v value) {
	switch strings.ToLower(v.text) {
	case "debug":
		l.config.LogLevel = slog.LevelDebug
	case "info":
		l.config.LogLevel = slog.LevelInfo
	case "warn", "warning":
		l.config.LogLevel = slog.LevelWarn
	case "error":
		l.config.LogLevel = slog.LevelError
	default:
		l.fail(v.where, fmt.Sprintf("is %s, which is not a log level.", Quote(v.text)), "Use debug, info, warn or error.")
	}
}

func (l *loader) logFormat(v value) {
	switch format := LogFormat(strings.ToLower(v.text)); format {
	case LogText, LogJSON:
		l.config.LogFormat = format
	default:
		l.fail(v.where, fmt.Sprintf("is %s, which is not a log format.", Quote(v.text)), "Use text or json.")
	}
}

func (l *loader) organization(v value) {
	id, err := apiclient.ParseOrganizationID(v.text)
	if err != nil {
		l.fail(v.where, fmt.Sprintf("is %s, which is not an organization id.", Quote(v.text)),
			"Use the organization's UUID, or leave the setting out for the organization that the key's owner last used (@current).")
		return
	}
	l.config.Organization = id
}

func (l *loader) sandboxFile(v value) {
	path := expandHome(v.text)
	info, err := os.Stat(path)
	switch {
	case !l.config.Sandbox:
		l.sandboxMeant = true
		l.fail(v.where, "is set, but the sandbox is not switched on.", "Add --sandbox (POSTHOG_MCP_SANDBOX=true), or remove the setting to work on the real organization.")
		return
	case err == nil && info.IsDir():
		l.fail(v.where, fmt.Sprintf("is %s, which is a directory.", Quote(path)), "Name the file in it.")
		return
	case err != nil:
		// The file itself may still have to be made; its directory may not.
		if parent, err := os.Stat(filepath.Dir(path)); err != nil || !parent.IsDir() {
			l.fail(v.where, fmt.Sprintf("is %s, in a directory that does not exist.", Quote(path)), "Make the directory first, or name another file.")
			return
		}
	}
	l.config.SandboxData = path
}

// expandHome resolves a leading ~/, which no shell does for a client's configuration.
func expandHome(path string) string {
	rest, found := strings.CutPrefix(path, "~/")
	if !found {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

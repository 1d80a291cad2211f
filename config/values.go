package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

func (l *loader) sandbox(v value) { l.onOff(v, &l.config.Sandbox) }

func (l *loader) connectTimeout(v value) { l.duration(v, &l.config.Timeouts.Connect) }
func (l *loader) headerTimeout(v value)  { l.duration(v, &l.config.Timeouts.Header) }
func (l *loader) totalTimeout(v value)   { l.duration(v, &l.config.Timeouts.Total) }

func (l *loader) onOff(v value, into *bool) { l.switched(v, into, "Use true or false.") }

// switched reads a switch; next is what to do about a word that is none.
func (l *loader) switched(v value, into *bool, next string) {
	on, isSwitch := switchWord(v.text)
	if !isSwitch {
		l.fail(v.where, fmt.Sprintf("is %s, which is neither on nor off.", Quote(v.text)), next)
		return
	}
	*into = on
}

func switchWord(text string) (on, isSwitch bool) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, true
	case "false", "0", "no", "off":
		return false, true
	default:
		return false, false
	}
}

// choose takes one of a few words. The noun, with its article, says what they are.
func choose[T ~string](l *loader, v value, noun string, into *T, choices ...T) {
	if choice := T(strings.ToLower(v.text)); slices.Contains(choices, choice) {
		*into = choice
		return
	}
	next := "Use "
	for i, choice := range choices {
		switch i {
		case 0:
		case len(choices) - 1:
			next += " or "
		default:
			next += ", "
		}
		next += string(choice)
	}
	l.fail(v.where, fmt.Sprintf("is %s, which is not %s.", Quote(v.text), noun), next+".")
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
	choose(l, v, "a log format", &l.config.LogFormat, LogText, LogJSON)
}

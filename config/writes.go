package config

import "log/slog"

// Confirm is how the user is asked before something is destroyed.
type Confirm string

// The ways to ask.
const (
	ConfirmAsk     Confirm = "ask"     // through the client where it can ask, by a preview elsewhere
	ConfirmPreview Confirm = "preview" // always by a preview, and a second call that confirms it
	ConfirmNever   Confirm = "never"   // nobody is asked
)

// SecretsTo is where a rotated token goes, so that the model does not see it.
type SecretsTo string

// The places for a rotated token.
const (
	SecretsToFile SecretsTo = "file" // a file that only the user can read
	SecretsToPage SecretsTo = "page" // a page on this machine that opens once
)

func (l *loader) confirm(v value) {
	choose(l, v, "a way to ask", &l.config.Confirm, ConfirmAsk, ConfirmPreview, ConfirmNever)
	if l.config.Confirm == ConfirmNever && l.writes() {
		l.note(slog.LevelWarn, "%s is never: nothing is asked before roles are deleted, members removed or tokens rotated", v.where)
	}
}

func (l *loader) secretsTo(v value) {
	choose(l, v, "a place for a rotated token", &l.config.SecretsTo, SecretsToFile, SecretsToPage)
}

func (l *loader) allowSecretsInResults(v value) {
	l.onOff(v, &l.config.AllowSecretsInResults)
	if l.config.AllowSecretsInResults && l.writes() {
		l.note(slog.LevelWarn, "%s is on: rotated tokens go through the model, and to whoever keeps its conversations", v.where)
	}
}

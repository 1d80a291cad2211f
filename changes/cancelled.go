package changes

import (
	"context"
	"errors"
	"log/slog"
)

// What was done when a call was cancelled is told by the log: a client that
// cancels a request gets no answer to it. Names stay out of it, as out of every
// line of the log; the journal has them.

// logCancelled tells how far a call came whose context has ended. Err is what
// carryOut returned. Where nothing was sent there is nothing to tell.
func (e *Executor) logCancelled(ctx context.Context, w *work, set Set, outcomes []Outcome, err error) {
	done, of, canUndo := 0, len(set.open()), false
	for _, outcome := range outcomes {
		if outcome.State == Done {
			done++
			canUndo = canUndo || outcome.CanUndo()
		}
	}
	unknown := 0
	var failed *Error
	if errors.As(err, &failed) && failed.State == Unknown {
		unknown = 1
		// Undo looks whether it happened.
		canUndo = canUndo || w.call != "" && failed.Change.Kind.rule().reverse != nil
	}
	if done+unknown == 0 {
		return
	}
	attrs := []slog.Attr{
		slog.String("tool", w.Tool),
		slog.String("cause", context.Cause(ctx).Error()),
		slog.Int("done", done),
		slog.Int("of", of),
	}
	if unknown > 0 {
		attrs = append(attrs, slog.Int("unknown", unknown))
	}
	if w.call != "" {
		attrs = append(attrs, slog.String("call", w.call))
	}
	if canUndo {
		attrs = append(attrs, slog.String("taken_back_by", "undo "+w.call))
	}
	text := "cancelled in the middle"
	if err == nil {
		text = "cancelled when all was done"
	}
	e.log.LogAttrs(ctx, slog.LevelWarn, text, attrs...)
}

// logLate tells what became of a change after it was no longer waited for.
func (e *Executor) logLate(ctx context.Context, call string, change Change, outcome Outcome, err error) {
	state := outcome.State
	var failed *Error
	if errors.As(err, &failed) {
		state = failed.State
	}
	e.log.WarnContext(ctx, "a change that was not waited for has ended", "change", change.Kind.String(), "call", call, "state", string(state))
}

package server

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/sourcegraph/conc/panics"

	"posthog-org-mcp/tools"
)

// call answers one call of one tool. It never fails otherwise than by its answer.
type call func(ctx context.Context, request tools.Request) tools.Answer

// logged writes a line a call. Arguments stay out of it: they name people.
func (s *Server) logged(tool tools.Tool, next call) call {
	return func(ctx context.Context, request tools.Request) tools.Answer {
		start := time.Now()
		answer := next(ctx, request)
		outcome := "ok"
		switch {
		case ctx.Err() != nil:
			outcome = context.Cause(ctx).Error()
		case answer.IsError:
			outcome = "failed"
		case answer.Pending != nil && answer.Pending.DryRun:
			outcome = "dry run"
		case answer.Pending != nil:
			outcome = "asked"
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "call",
			slog.String("tool", tool.Name),
			slog.String("outcome", outcome),
			slog.Duration("duration", time.Since(start)),
			slog.Int("bytes", len(answer.JSON)))
		return answer
	}
}

// recovered turns a panic into a failure that says nothing of its text, which
// may hold anything; the log has it, with secrets masked.
func (s *Server) recovered(tool tools.Tool, env tools.Environment, next call) call {
	return func(ctx context.Context, request tools.Request) (answer tools.Answer) {
		defer func() {
			if cause := recover(); cause != nil {
				s.logPanic(ctx, tool.Name, cause)
				answer = tool.Fail(ctx, env, tools.ErrBug)
			}
		}()
		return next(ctx, request)
	}
}

// whileServing refuses a call that was still waiting when serving ended.
func whileServing(tool tools.Tool, env tools.Environment, next call) call {
	return func(ctx context.Context, request tools.Request) tools.Answer {
		if ctx.Err() != nil {
			return tool.Fail(ctx, env, tools.ErrNotStarted)
		}
		return next(ctx, request)
	}
}

// logPanic must be called by the deferred function that recovered.
func (s *Server) logPanic(ctx context.Context, during string, cause any) {
	stack := debug.Stack
	if elsewhere, ok := cause.(*panics.Recovered); ok { // in a goroutine that was waited for
		cause, stack = elsewhere.Value, func() []byte { return elsewhere.Stack }
	}
	s.log.ErrorContext(ctx, "panic", "during", during, "cause", fmt.Sprint(cause))
	if s.log.Enabled(ctx, slog.LevelDebug) {
		s.log.DebugContext(ctx, "panic", "during", during, "stack", string(stack()))
	}
}

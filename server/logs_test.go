package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/redact"
)

// messages are the log messages that wait for the client, as "level data".
func messages(t *testing.T, from notices) []string {
	t.Helper()
	var lines []string
	for range len(from) {
		var line struct {
			Method string
			Params struct {
				Level string
				Data  json.RawMessage
			}
		}
		if err := json.Unmarshal(<-from, &line); err != nil || line.Method != "notifications/message" {
			t.Fatalf("%+v, %v", line, err)
		}
		lines = append(lines, line.Params.Level+" "+string(line.Params.Data))
	}
	return lines
}

func TestEachLevelOfTheLogHasItsNameAndEachNameItsLevel(t *testing.T) {
	for level, want := range map[slog.Level]string{
		-100: "debug", slog.LevelDebug: "debug", -1: "debug", slog.LevelInfo: "info", 1: "info", 2: "notice", 3: "notice",
		slog.LevelWarn: "warning", 7: "warning", slog.LevelError: "error", 12: "critical", 16: "alert", 20: "emergency", 100: "emergency",
	} {
		if got := levelOf(level); string(got) != want {
			t.Errorf("%d is called %s, want %s", level, got, want)
		}
	}
	for _, name := range levelNames() {
		if least, known := levelNamed(name); !known || string(levelOf(least)) != name {
			t.Errorf("%s is from %d on, which is called %s", name, least, levelOf(least))
		}
	}
	if len(levelNames()) != 8 {
		t.Errorf("the levels are %q", levelNames())
	}
}

func TestARecordGoesToTheClientWithItsAttributesGroupsAndErrors(t *testing.T) {
	told := newNotices()
	listener := newLogListener(told, redact.New())
	listener.listen(slog.LevelInfo)
	ctx := t.Context()
	logger := slog.New(ClientLogs(slog.DiscardHandler))
	logger.ErrorContext(ctx, "of no request")
	ctx = contextWith(ctx, listener)
	logger.DebugContext(ctx, "below the level")
	logger.With("tool", "roles-list").WithGroup("request").With("try", 2).
		WarnContext(ctx, "it failed", "error", errors.New("no <answer>"), "wait", 1500*time.Millisecond, "level", "of its own", "long", strings.Repeat("ü", 3000))
	got := messages(t, told)
	want := `warning {"msg":"it failed","tool":"roles-list","request":{"try":2,"error":"no <answer>","wait":"1.5s","level":"of its own","long":"` + strings.Repeat("ü", 1000) + `…"}}`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %.300q, want %.300q", got, want)
	}
	listener.end()
	logger.ErrorContext(ctx, "after the end")
	if got := messages(t, told); len(got) != 0 {
		t.Errorf("after the end came %q", got)
	}
}

func TestWhatAClientDoesNotReadIsDroppedAndCountedAndNobodyWaits(t *testing.T) {
	told := newNotices()
	listener := newLogListener(told, redact.New())
	listener.listen(slog.LevelDebug)
	ctx := contextWith(t.Context(), listener)
	logger := slog.New(ClientLogs(slog.DiscardHandler))
	for range maxNotices + 40 {
		logger.InfoContext(ctx, "a line")
	}
	if got := messages(t, told); len(got) != maxNotices {
		t.Errorf("%d lines wait", len(got))
	}
	logger.InfoContext(ctx, "the next line")
	want := []string{`info {"msg":"log messages were dropped: they were not read in time","count":40}`, `info {"msg":"the next line"}`}
	if got := messages(t, told); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestALoggersLevelIsNotThatOfTheClient(t *testing.T) {
	var stderr bytes.Buffer
	told := newNotices()
	listener := newLogListener(told, redact.New())
	logger := slog.New(ClientLogs(slog.NewTextHandler(&stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	ctx := contextWith(t.Context(), listener)
	if logger.Enabled(ctx, slog.LevelInfo) {
		t.Error("nobody wants info")
	}
	listener.listen(slog.LevelError)
	if logger.Enabled(ctx, slog.LevelInfo) || !logger.Enabled(ctx, slog.LevelWarn) {
		t.Error("stderr wants warnings, and nobody info")
	}
	listener.listen(slog.LevelDebug)
	logger.InfoContext(ctx, "for the client")
	logger.WarnContext(ctx, "for both")
	if got := messages(t, told); len(got) != 2 {
		t.Errorf("the client got %q", got)
	}
	if text := stderr.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "for both") {
		t.Errorf("stderr got %s", text)
	}
}

func contextWith(ctx context.Context, listener *logListener) context.Context {
	return context.WithValue(ctx, logKey{}, listener)
}

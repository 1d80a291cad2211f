package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/redact"
)

// ClientLogs wraps next so that each record also goes to the client whose
// request it is about, if that client asked for log messages: a client of the
// legacy era by logging/setLevel, a modern one in each request. Whose request
// it is, the context of the record knows; records of no request go to next
// alone, as those of the start may name people. One handler of this kind below
// every logger of the program is enough for all of its clients.
func ClientLogs(next slog.Handler) slog.Handler { return &clientHandler{next: next} }

type clientHandler struct {
	next slog.Handler
	made []func(slog.Handler) slog.Handler // attributes and groups so far
}

func (h *clientHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level) || listenerOf(ctx).wants(level)
}

func (h *clientHandler) Handle(ctx context.Context, record slog.Record) error {
	var err error
	if h.next.Enabled(ctx, record.Level) {
		err = h.next.Handle(ctx, record.Clone())
	}
	if listener := listenerOf(ctx); listener.wants(record.Level) {
		listener.tell(record.Level, h.data(ctx, record))
	}
	return err
}

func (h *clientHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

func (h *clientHandler) WithGroup(name string) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h *clientHandler) with(more func(slog.Handler) slog.Handler) *clientHandler {
	return &clientHandler{next: more(h.next), made: append(slices.Clip(h.made), more)}
}

// data is a record as JSON: its message, as msg, and its attributes.
func (h *clientHandler) data(ctx context.Context, record slog.Record) json.RawMessage {
	var line bytes.Buffer
	var handler slog.Handler = slog.NewJSONHandler(&line, &slog.HandlerOptions{Level: slog.Level(math.MinInt), ReplaceAttr: forClients})
	for _, more := range h.made {
		handler = more(handler)
	}
	if err := handler.Handle(ctx, record); err != nil {
		return nil // A buffer takes everything.
	}
	return bytes.TrimSpace(line.Bytes())
}

// longestLogged is how many bytes of one text a client gets to read.
const longestLogged = 2000

// forClients leaves out what a notification says elsewhere, or its receiver
// knows, and writes times as people do.
func forClients(groups []string, attr slog.Attr) slog.Attr {
	isTop := len(groups) == 0
	switch value := attr.Value.Resolve(); {
	case isTop && (attr.Key == slog.TimeKey || attr.Key == slog.LevelKey):
		return slog.Attr{}
	case value.Kind() == slog.KindDuration:
		return slog.String(attr.Key, value.Duration().String())
	case value.Kind() == slog.KindString && len(value.String()) > longestLogged:
		text := value.String()[:longestLogged]
		for !utf8.ValidString(text) && len(text) > longestLogged-utf8.UTFMax {
			text = text[:len(text)-1]
		}
		return slog.String(attr.Key, text+"…")
	}
	return attr
}

// logListener is a client that gets the log lines of its requests; or of one
// request, in the modern era. At first it gets none. The nil listener never does.
type logListener struct {
	notices  notices
	redactor *redact.Redactor

	mu      sync.Mutex
	least   slog.Level
	dropped int // lines that the client was too slow for
}

const silent = slog.Level(math.MaxInt)

func newLogListener(notices notices, redactor *redact.Redactor) *logListener {
	return &logListener{notices: notices, redactor: redactor, least: silent}
}

type logKey struct{} // *logListener of a request

func listenerOf(ctx context.Context) *logListener {
	listener, _ := ctx.Value(logKey{}).(*logListener)
	return listener
}

// noteLogLevel keeps what a legacy client wants to hear.
func noteLogLevel(ctx context.Context, _ any, request *mcp.SetLevelRequest, _ *mcp.EmptyResult) {
	if level, known := levelNamed(string(request.Params.Level)); known {
		listenerOf(ctx).listen(level)
	}
}

func (l *logListener) listen(least slog.Level) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.least = least
}

func (l *logListener) end() { l.listen(silent) }

func (l *logListener) wants(level slog.Level) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return level >= l.least
}

// tell hands a line to the client, unless it has ceased to listen. What it does
// not read in time is dropped, and counted in the next line that it gets. Secrets
// are masked, however the logger was made.
func (l *logListener) tell(level slog.Level, data json.RawMessage) {
	line := func(data json.RawMessage) []byte {
		return notificationLine(mcp.MethodNotificationMessage, loggedParams{levelOf(level), Name, data})
	}
	data = json.RawMessage(l.redactor.Text(string(data)))
	l.mu.Lock()
	defer l.mu.Unlock()
	if level < l.least {
		return
	}
	if l.dropped > 0 {
		gap := fmt.Sprintf(`{"msg":"log messages were dropped: they were not read in time","count":%d}`, l.dropped)
		if !l.notices.put(line(json.RawMessage(gap))) {
			l.dropped++
			return
		}
		l.dropped = 0
	}
	if !l.notices.put(line(data)) {
		l.dropped++
	}
}

type loggedParams struct {
	Level  mcp.LoggingLevel `json:"level"`
	Logger string           `json:"logger"`
	Data   json.RawMessage  `json:"data"`
}

// namedLevel joins a level of the protocol to the least level of the log that
// it stands for.
type namedLevel struct {
	name  mcp.LoggingLevel
	least slog.Level
}

// levels are those of the protocol, the gravest first.
func levels() []namedLevel {
	return []namedLevel{
		{mcp.LoggingLevelEmergency, slog.LevelError + 12},
		{mcp.LoggingLevelAlert, slog.LevelError + 8},
		{mcp.LoggingLevelCritical, slog.LevelError + 4},
		{mcp.LoggingLevelError, slog.LevelError},
		{mcp.LoggingLevelWarning, slog.LevelWarn},
		{mcp.LoggingLevelNotice, slog.LevelInfo + 2},
		{mcp.LoggingLevelInfo, slog.LevelInfo},
		{mcp.LoggingLevelDebug, math.MinInt},
	}
}

// levelOf is the protocol's name for a level of the log.
func levelOf(level slog.Level) mcp.LoggingLevel {
	all := levels()
	at := slices.IndexFunc(all, func(l namedLevel) bool { return level >= l.least })
	return all[at].name
}

func levelNamed(name string) (least slog.Level, known bool) {
	all := levels()
	at := slices.IndexFunc(all, func(l namedLevel) bool { return string(l.name) == name })
	if at < 0 {
		return 0, false
	}
	return all[at].least, true
}

// levelNames are all of them, the least grave first.
func levelNames() []string {
	var names []string
	for _, level := range slices.Backward(levels()) {
		names = append(names, string(level.name))
	}
	return names
}

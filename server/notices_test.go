package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/server"
)

// batch are the arguments of a call that makes several changes.
const batch = `{"role":"Support","members":["` + sandbox.RajEmail + `","` + sandbox.NewcomerEmail + `","hugo.weiss@example.com"]}`

// asking adds to the params of a request that its progress is wanted, and to a
// modern one that log lines are, unless level is empty.
func asking(isModern bool, token, level, params string) string {
	meta := []string{`"progressToken":` + token}
	if isModern {
		meta = append(meta, fmt.Sprintf("%q:\"2026-07-28\",%q:{}", mcp.MetaKeyProtocolVersion, mcp.MetaKeyClientCapabilities))
	}
	if level != "" {
		meta = append(meta, fmt.Sprintf("%q:%s", mcp.MetaKeyLogLevel, level))
	}
	return `{"_meta":{` + strings.Join(meta, ",") + `},` + strings.TrimPrefix(params, "{")
}

// until returns the frames up to the answer to id, that included.
func (c *client) until(id string) []frame {
	c.t.Helper()
	var frames []frame
	for {
		f := c.next()
		frames = append(frames, f)
		if string(f.ID) == id {
			return frames
		}
	}
}

// progressed are the params of a notifications/progress.
type progressed struct {
	ProgressToken json.RawMessage
	Progress      float64
	Total         *float64
	Message       string
}

func progressOf(t *testing.T, frames []frame) []progressed {
	t.Helper()
	var all []progressed
	for _, f := range frames {
		if f.Method != "notifications/progress" {
			continue
		}
		var p progressed
		if err := json.Unmarshal(f.Params, &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// slowly has each write take longer than the pause between two notifications.
func slowly(r *http.Request) {
	if r.Method != http.MethodGet {
		time.Sleep(120 * time.Millisecond)
	}
}

func TestEachChangeOfABatchIsToldUnderTheTokenAsItCameAndBeforeTheAnswer(t *testing.T) {
	for _, isModern := range []bool{false, true} {
		for _, token := range []string{`"abc"`, `"<7>"`, `0`, `9007199254740993`, `-12`} {
			t.Run(fmt.Sprintf("%s, modern %v", token, isModern), func(t *testing.T) {
				t.Parallel()
				c := connect(t, server.Options{Environment: environment(t, newBackend(t, slowly).url, nil)})
				c.send(request(1, "tools/call", asking(isModern, token, "", call("membership-add", batch))))
				frames := c.until("1")
				if c.result(frames[len(frames)-1]).IsError {
					t.Fatalf("answered %s", frames[len(frames)-1].Result)
				}
				told := progressOf(t, frames)
				if len(told) != 3 || len(frames) != 4 {
					t.Fatalf("told %+v in %d frames", told, len(frames))
				}
				for i, p := range told {
					if string(p.ProgressToken) != token || p.Progress != float64(i+1) || p.Total == nil || *p.Total != 3 {
						t.Errorf("told %s %+v", p.ProgressToken, p)
					}
				}
				const want = `3 of 3 changes: Put "Hugo Weiß" <hugo.weiss@example.com> into the role "Support".`
				if told[2].Message != want {
					t.Errorf("told %q, want %q", told[2].Message, want)
				}
				c.works()
			})
		}
	}
}

func TestWhoAsksForNoProgressOrTakesOneStepGetsNone(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	for i, params := range []string{
		call("membership-add", batch),
		modern(call("membership-remove", batch)),
		asking(false, `null`, "", call("membership-add", batch)),
		asking(false, `true`, "", call("membership-remove", batch)),
		asking(false, `{"a":1}`, "", call("membership-add", batch)),
		asking(false, `["a"]`, "", call("membership-remove", batch)),
		asking(false, `"one"`, "", call("roles-create", `{"name":"Night shift"}`)),
		asking(true, `"one"`, "", call("roles-list", `{}`)),
		asking(true, `"one"`, "", call("roles-get", `{"role":"Support"}`)),
		asking(false, `"none"`, "", call("none", `{}`)),
	} {
		c.send(request(i, "tools/call", params))
		if frames := c.until(fmt.Sprint(i)); len(frames) != 1 {
			t.Errorf("%s: told %s", params, frames[0].Params)
		}
	}
}

func TestManyQuickStepsAreToldAsFewAndTheLastOneAlways(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	start := time.Now()
	c.send(request(1, "tools/call", asking(false, `1`, "", call("membership-add", batch))))
	told := progressOf(t, c.until("1"))
	if most := int(time.Since(start)/(100*time.Millisecond)) + 2; len(told) == 0 || len(told) > most {
		t.Fatalf("told %d times, want at most %d", len(told), most)
	}
	if last := told[len(told)-1]; last.Progress != 3 || *last.Total != 3 {
		t.Errorf("at last it told %+v", last)
	}
}

func TestACancelledCallTellsNoMoreProgress(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, slowly).url, nil)})
	c.send(request(1, "tools/call", asking(false, `1`, "", call("membership-add", batch))))
	if told := progressOf(t, []frame{c.next()}); len(told) != 1 || told[0].Progress != 1 {
		t.Fatalf("told %+v", told)
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}` + "\n")
	_ = c.in.Close()
	if rest := c.rest(); len(rest) != 0 {
		t.Errorf("after it was cancelled came %+v", rest)
	}
}

func TestAWaitForTheUserMovesProgressALittleAndNeverBack(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{})
	d.send(request(1, "tools/call", asking(false, `1`, "", call("membership-remove", `{"role":"Support","members":["`+sandbox.KimEmail+`","`+sandbox.AnaEmail+`"]}`))))
	var told []progressed
	for len(told) == 0 || told[len(told)-1].Progress < 2 {
		f := d.next()
		if f.Method == "elicitation/create" {
			d.send(`{"jsonrpc":"2.0","id":` + string(f.ID) + `,"result":{"action":"accept","content":{"confirm":true}}}` + "\n")
			continue
		}
		told = append(told, progressOf(t, []frame{f})...)
	}
	if told[0].Message != "Waiting for the user's answer." || told[0].Progress != 0.5 || told[0].Total != nil {
		t.Errorf("told %+v", told[0])
	}
	if last := told[len(told)-1]; last.Progress != 2 || *last.Total != 2 {
		t.Errorf("at last it told %+v", last)
	}
	if f := d.next(); string(f.ID) != "1" || d.result(f).IsError {
		t.Errorf("answered %s", f.Result)
	}
}

func TestASecretInANameIsMaskedInProgressToo(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	name := "Team " + sandbox.AdminKey
	c.result(c.ask(1, "tools/call", call("roles-create", `{"name":"`+name+`"}`)))
	c.send(request(2, "tools/call", asking(false, `1`, `"debug"`, call("membership-add", strings.Replace(batch, "Support", name, 1)))))
	frames := c.until("2")
	told := progressOf(t, frames)
	if len(told) == 0 || !strings.Contains(told[0].Message, `into the role "Team ph`) || strings.Contains(told[0].Message, sandbox.AdminKey) {
		t.Errorf("told %+v", told)
	}
}

// logged are the params of a notifications/message.
type logged struct {
	Level, Logger string
	Data          map[string]any
}

func logsOf(t *testing.T, frames []frame) []logged {
	t.Helper()
	var all []logged
	for _, f := range frames {
		if f.Method != "notifications/message" {
			continue
		}
		var l logged
		if err := json.Unmarshal(f.Params, &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// loggingTo is a server whose client logs go through the given logger as well.
func loggingTo(t *testing.T, next slog.Handler) (server.Options, backend) {
	t.Helper()
	logger, api := slog.New(server.ClientLogs(next)), newBackend(t, nil)
	env := environment(t, api.url, nil, func(config *apiclient.Config) { config.Logger = logger })
	return server.Options{Environment: env, Logger: logger}, api
}

// listening is a client of such a server, past the handshake.
func listening(t *testing.T, next slog.Handler) *client {
	t.Helper()
	options, _ := loggingTo(t, next)
	c := connect(t, options)
	c.handshake()
	return c
}

func (c *client) handshake() {
	c.t.Helper()
	c.ask(1000, "initialize", initialize("2025-11-25"))
	c.send(initialized)
}

func TestALegacyClientHearsNothingBeforeItSetsALevelAndThenTheLastOneCounts(t *testing.T) {
	var stderr journal
	c := listening(t, slog.NewTextHandler(&stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	listed := func(id int) []logged {
		t.Helper()
		c.send(request(id, "tools/call", call("roles-list", `{}`)))
		return logsOf(t, c.until(fmt.Sprint(id)))
	}
	if heard := listed(1); len(heard) != 0 {
		t.Errorf("before a level was set it heard %+v", heard)
	}
	// Sent at once, they take effect in turn.
	c.send(request(2, "logging/setLevel", `{"level":"emergency"}`) + request(3, "logging/setLevel", `{"level":"debug"}`) + request(4, "logging/setLevel", `{"level":"info"}`))
	for id := range 3 {
		if f := c.next(); string(f.ID) != fmt.Sprint(id+2) || string(f.Result) != "{}" {
			t.Fatalf("answered %s %s %+v", f.ID, f.Result, f.Error)
		}
	}
	heard := listed(5)
	if len(heard) != 1 || heard[0].Level != "info" || heard[0].Logger != server.Name ||
		heard[0].Data["msg"] != "call" || heard[0].Data["tool"] != "roles-list" || heard[0].Data["outcome"] != "ok" || heard[0].Data["time"] != nil {
		t.Errorf("at level info it heard %+v", heard)
	}
	c.ask(6, "logging/setLevel", `{"level":"debug"}`)
	heard = listed(7)
	if len(heard) != 2 || heard[0].Level != "debug" || heard[0].Data["msg"] != "PostHog request" || heard[0].Data["path"] != "/api/organizations/{organization_id}/roles/" {
		t.Errorf("at level debug it heard %+v", heard)
	}
	c.ask(8, "logging/setLevel", `{"level":"notice"}`)
	if heard := listed(9); len(heard) != 0 {
		t.Errorf("at level notice it heard %+v", heard)
	}
	if stderr.String() != "" {
		t.Errorf("stderr, at level warn, has %s", stderr.String())
	}
}

func TestAnUnknownLogLevelIsRefusedWithTheKnownOnes(t *testing.T) {
	c := listening(t, slog.DiscardHandler)
	for id, params := range map[int]string{1: `{"level":"loud"}`, 2: `{}`, 3: `{"level":"INFO"}`} {
		if f := c.ask(id, "logging/setLevel", params); f.Error == nil || f.Error.Code != -32602 || !strings.Contains(f.Error.Message, "The levels are: debug, info, notice, warning, error, critical, alert, emergency.") {
			t.Errorf("%s was answered %s %+v", params, f.Result, f.Error)
		}
	}
	for id, level := range map[int]string{11: `"loud"`, 12: `7`, 13: `""`} {
		f := c.ask(id, "tools/call", asking(true, `1`, level, call("roles-list", `{}`)))
		if f.Error == nil || f.Error.Code != -32602 || !strings.Contains(f.Error.Message, "There is no log level") {
			t.Errorf("%s was answered %s %+v", level, f.Result, f.Error)
		}
	}
	c.works()
}

func TestAModernRequestHearsWhatItAsksForAndNothingElse(t *testing.T) {
	c := listening(t, slog.DiscardHandler)
	c.ask(1, "logging/setLevel", `{"level":"debug"}`) // which is of the legacy era
	for i, test := range []struct {
		level string
		want  []string
	}{
		{"", nil},
		{`null`, nil},
		{`"info"`, []string{"info"}},
		{`"warning"`, nil},
		{`"debug"`, []string{"debug", "info"}},
	} {
		id := 10 + i
		c.send(request(id, "tools/call", asking(true, `1`, test.level, call("roles-list", `{}`))))
		var heard []string
		for _, l := range logsOf(t, c.until(fmt.Sprint(id))) {
			heard = append(heard, l.Level)
		}
		if !slices.Equal(heard, test.want) {
			t.Errorf("level %s: heard %q, want %q", test.level, heard, test.want)
		}
	}
	if f := c.ask(20, "logging/setLevel", asking(true, `1`, "", `{"level":"debug"}`)); f.Error == nil || f.Error.Code != -32601 {
		t.Errorf("logging/setLevel of the modern era was answered %s %+v", f.Result, f.Error)
	}
}

func TestTheServerSaysThatItLogsInBothEras(t *testing.T) {
	c := listening(t, slog.DiscardHandler)
	for id, f := range []frame{c.ask(0, "initialize", initialize("2025-03-26")), c.ask(1, "server/discover", modern(`{}`))} {
		var says struct {
			Capabilities struct{ Logging *struct{} }
		}
		if err := json.Unmarshal(f.Result, &says); err != nil || says.Capabilities.Logging == nil {
			t.Errorf("%d: %s, %v", id, f.Result, err)
		}
	}
}

func TestAClientThatReadsNothingHoldsUpNoCallHoweverMuchItIsTold(t *testing.T) {
	const calls = 400
	out := stuck{make(chan struct{})}
	options, api := loggingTo(t, slog.DiscardHandler)
	options.DrainTimeout = 10 * time.Millisecond
	s, err := server.New(options)
	if err != nil {
		t.Fatal(err)
	}
	in, write := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- s.ServeStdio(t.Context(), in, out) }()
	lines := request(1, "initialize", initialize("2025-11-25")) + initialized + request(2, "logging/setLevel", `{"level":"debug"}`)
	for id := range calls {
		lines += request(10+id, "tools/call", call("roles-list", `{"limit":1}`))
	}
	if _, err := io.WriteString(write, lines); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); len(api.Requests()) < calls; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d calls reached the API", len(api.Requests()), calls)
		}
	}
	_ = write.Close()
	close(out.released)
	if err := <-served; err != nil {
		t.Error(err)
	}
}

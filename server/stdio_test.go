package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/server"
)

func TestCallsRunSideBySideUpToTheNumberOfWorkers(t *testing.T) {
	g := newGate()
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, g.pass).url, nil), Workers: 6})
	for id := range 20 {
		c.send(request(id, "tools/call", call("roles-list", `{}`)))
	}
	g.await(t, 6)
	c.ask(100, "ping", `{}`) // everything else goes on meanwhile
	if came := g.seen(); came != 6 {
		t.Errorf("%d calls run at once, want 6", came)
	}
	g.open()
	answered := map[string]bool{}
	for range 20 {
		f := c.next()
		answered[string(f.ID)] = true
		if c.result(f).IsError {
			t.Errorf("call %s: %s", f.ID, f.Result)
		}
	}
	if len(answered) != 20 {
		t.Errorf("answered: %v", answered)
	}
}

func TestACancelledCallEndsItsHTTPRequestAndIsNotAnswered(t *testing.T) {
	for _, id := range []string{`7`, `"seven"`, `9007199254740993`} {
		t.Run(id, func(t *testing.T) {
			g := newGate()
			c := connect(t, server.Options{Environment: environment(t, newBackend(t, g.pass).url, nil)})
			c.send(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":` + call("roles-list", `{}`) + "}\n")
			// A neighbour whose id is the same once rounded, and one of another type.
			c.send(`{"jsonrpc":"2.0","id":9007199254740992,"method":"tools/call","params":` + call("roles-list", `{}`) + "}\n")
			g.await(t, 2)
			c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `,"reason":"changed my mind"}}` + "\n")
			g.awaitLeft(t, 1)
			g.open()
			if f := c.next(); string(f.ID) != "9007199254740992" || c.result(f).IsError {
				t.Errorf("the neighbour: %s %s", f.ID, f.Result)
			}
			c.works()
			_ = c.in.Close()
			if rest := c.rest(); len(rest) != 0 {
				t.Errorf("the cancelled call was answered: %+v", rest)
			}
		})
	}
}

func TestACallCancelledWhileItWaitsNeverReachesTheAPI(t *testing.T) {
	g := newGate()
	api := newBackend(t, g.pass)
	c := connect(t, server.Options{Environment: environment(t, api.url, nil), Workers: 1})
	c.send(request(1, "tools/call", call("roles-list", `{}`)))
	g.await(t, 1)
	c.send(request(2, "tools/call", call("roles-create", `{"name":"Unwanted"}`)))
	c.send(request(3, "tools/call", call("roles-list", `{}`)))
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}` + "\n")
	g.open()
	for range 2 {
		if f := c.next(); string(f.ID) == "2" || c.result(f).IsError {
			t.Errorf("answered: %s %s", f.ID, f.Result)
		}
	}
	c.works()
	for _, sent := range api.Requests() {
		if sent.Method != http.MethodGet {
			t.Errorf("sent %s %s", sent.Method, sent.Path)
		}
	}
}

func TestAtTheEndOfInputEveryCallInFlightIsAnswered(t *testing.T) {
	g := newGate()
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, g.pass).url, nil), Workers: 4})
	for id := range 20 {
		c.send(request(id, "tools/call", call("roles-list", `{}`)))
	}
	g.await(t, 4)
	_ = c.in.Close()
	g.open()
	frames := c.rest()
	if len(frames) != 20 {
		t.Errorf("%d of 20 calls were answered", len(frames))
	}
	for _, f := range frames {
		if c.result(f).IsError {
			t.Errorf("call %s: %s", f.ID, f.Result)
		}
	}
	if err := c.ended(); err != nil {
		t.Error(err)
	}
}

func TestALastLineNeedsNoNewline(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	c.send(strings.TrimSuffix(request(1, "tools/call", call("roles-list", `{}`)), "\n"))
	_ = c.in.Close()
	if frames := c.rest(); len(frames) != 1 || c.result(frames[0]).IsError {
		t.Errorf("answered: %+v", frames)
	}
}

func TestToldToStopItAnswersWhatIsInFlightAndReadsNoMore(t *testing.T) {
	g := newGate()
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, g.pass).url, nil), Workers: 2})
	for id := range 5 {
		c.send(request(id, "tools/call", call("roles-list", `{}`)))
	}
	c.ask(100, "ping", `{}`) // so all five have been read
	g.await(t, 2)
	c.stop()
	go func() { // The pipe takes a write only while somebody reads.
		_, _ = io.WriteString(c.in, strings.Repeat(request(101, "ping", `{}`), 3))
	}()
	g.open()
	frames := c.rest()
	for _, f := range frames {
		if string(f.ID) != "101" && c.result(f).IsError {
			t.Errorf("call %s: %s", f.ID, f.Result)
		}
	}
	if len(frames) < 5 || len(frames) > 6 { // one more line may have been under way
		t.Errorf("%d frames for 5 calls in flight", len(frames))
	}
	if err := c.ended(); err != nil {
		t.Error(err)
	}
}

func TestCallsThatTakeTooLongToDrainAreCancelledAndStillAnswered(t *testing.T) {
	for name, end := range map[string]func(*client){
		"stopped":      func(c *client) { c.stop() },
		"end of input": func(c *client) { _ = c.in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate() // never opened
			c := connect(t, server.Options{
				Environment: environment(t, newBackend(t, g.pass).url, nil),
				Workers:     2, DrainTimeout: 50 * time.Millisecond,
			})
			for id := range 5 {
				c.send(request(id, "tools/call", call("roles-list", `{}`)))
			}
			c.ask(100, "ping", `{}`)
			g.await(t, 2)
			end(c)
			frames := c.rest()
			notStarted := 0
			for _, f := range frames {
				result := c.result(f)
				if !result.IsError {
					t.Errorf("call %s succeeded: %s", f.ID, f.Result)
				}
				if strings.Contains(result.Content[0].Text, "not started") {
					notStarted++
				}
			}
			if len(frames) != 5 || notStarted != 3 {
				t.Errorf("%d of 5 calls were answered, %d as not started, want 3", len(frames), notStarted)
			}
			if err := c.ended(); err != nil {
				t.Error(err)
			}
			if came := g.seen(); came != 2 {
				t.Errorf("%d requests reached the API", came)
			}
		})
	}
}

func TestAfterTheEndOfInputItIsPatientAsLongAsAnswersKeepComingUnlessToldToStop(t *testing.T) {
	for name, toldToStop := range map[string]bool{"end of input": false, "told to stop": true} {
		t.Run(name, func(t *testing.T) {
			const pause, calls = 20 * time.Millisecond, 100
			api := newBackend(t, func(*http.Request) { time.Sleep(pause) })
			c := connect(t, server.Options{
				Environment: environment(t, api.url, nil),
				Workers:     1, DrainTimeout: calls * pause / 2, // half of what all of them take
			})
			for id := range calls {
				c.send(request(id, "tools/call", call("roles-list", `{}`)))
			}
			_ = c.in.Close()
			if toldToStop {
				c.stop()
			}
			frames, failed := c.rest(), 0
			for _, f := range frames {
				if c.result(f).IsError {
					failed++
				}
			}
			if len(frames) < calls-1 || (failed > 0) != toldToStop { // the last line may be still under way
				t.Errorf("%d of %d calls were answered, %d of them with a failure", len(frames), calls, failed)
			}
		})
	}
}

func TestThreeHundredPipelinedCallsAreEachAnsweredOnce(t *testing.T) {
	const calls = 300
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	var lines strings.Builder
	for id := range calls {
		lines.WriteString(request(id, "tools/call", call("roles-list", `{"limit":1}`)))
	}
	c.send(request(calls, "initialize", initialize("2025-11-25")) + initialized + lines.String())
	_ = c.in.Close()
	answers := map[string]int{}
	for _, f := range c.rest() {
		answers[string(f.ID)]++
		if f.Error != nil || strings.Contains(string(f.Result), `"isError"`) {
			t.Errorf("call %s: %s %+v", f.ID, f.Result, f.Error)
		}
	}
	if len(answers) != calls+1 {
		t.Errorf("%d of %d requests were answered", len(answers), calls+1)
	}
	for id, times := range answers {
		if times != 1 {
			t.Errorf("request %s was answered %d times", id, times)
		}
	}
}

func TestInitializeIsNotOvertakenByWhatFollowsInThePipe(t *testing.T) {
	s, err := server.New(server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		c := connectTo(t, s)
		c.send(request(1, "initialize", initialize("2025-11-25")) + initialized + request(2, "ping", `{}`) + request(3, "resources/list", `{}`))
		if f := c.next(); string(f.ID) != "1" {
			t.Fatalf("first came %s", f.ID)
		}
	}
}

func TestAClientThatLeavesEndsTheServerAndItsReadsButNoWriteThatHasBegun(t *testing.T) {
	g := newGate()
	api := newBackend(t, func(r *http.Request) {
		if r.Method == http.MethodPost || strings.HasSuffix(r.URL.Path, "/projects/") {
			g.pass(r)
		}
	})
	c := connect(t, server.Options{Environment: environment(t, api.url, nil), DrainTimeout: 2 * patience})
	c.send(request(1, "tools/call", call("roles-create", `{"name":"Begun"}`)))
	c.send(request(2, "tools/call", call("projects-list", `{}`)))
	g.await(t, 2)
	_ = c.out.Close()
	c.send(request(3, "ping", `{}`)) // whose answer finds nobody
	g.awaitLeft(t, 1)
	g.open()
	if err := c.ended(); err != nil {
		t.Error(err)
	}
	created := false
	for _, sent := range api.Requests() {
		created = created || sent.Method == http.MethodPost && sent.Status == http.StatusCreated
	}
	if !created {
		t.Error("the write was cut off")
	}
}

// full is an output that cannot be written to.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAnyOtherFailureToWriteOrReadIsReturned(t *testing.T) {
	s, err := server.New(server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ServeStdio(t.Context(), strings.NewReader(request(1, "ping", `{}`)), full{}); !errors.Is(err, errFull) {
		t.Errorf("writing: got %v", err)
	}
	var out strings.Builder
	broken := io.MultiReader(strings.NewReader(request(1, "ping", `{}`)), failing{})
	if err := s.ServeStdio(t.Context(), broken, &out); !errors.Is(err, errFull) {
		t.Errorf("reading: got %v", err)
	}
	if !json.Valid([]byte(out.String())) {
		t.Errorf("what was read before was answered %q", out.String())
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFull }

// stuck is an output that nobody reads.
type stuck struct{ released chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.released
	return len(p), nil
}

func TestAClientThatWritesWithoutReadingCannotHoldUpTheStop(t *testing.T) {
	out := stuck{make(chan struct{})}
	defer close(out.released)
	s, err := server.New(server.Options{
		Environment: environment(t, "http://127.0.0.1:1", nil), DrainTimeout: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	in, write := io.Pipe()
	defer write.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- s.ServeStdio(ctx, in, out) }()
	for range 500 {
		if _, err := io.WriteString(write, "nonsense\n"+request(1, "initialize", initialize("2025-11-25"))); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("the server still runs")
	}
}

func TestTwoClientsOfOneServerDoNotMix(t *testing.T) {
	s, err := server.New(server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	if err != nil {
		t.Fatal(err)
	}
	one, two := connectTo(t, s), connectTo(t, s)
	for id := range 50 {
		one.send(request(id, "tools/call", call("roles-list", `{}`)))
		two.send(request(1000+id, "tools/call", call("projects-list", `{}`)))
	}
	for range 50 {
		if f := one.next(); len(f.ID) > 2 || !strings.Contains(string(f.Result), `"roles"`) {
			t.Errorf("the first client got %s %s", f.ID, f.Result)
		}
		if f := two.next(); len(f.ID) != 4 || !strings.Contains(string(f.Result), `"projects"`) {
			t.Errorf("the second client got %s %s", f.ID, f.Result)
		}
	}
	_ = one.in.Close()
	one.rest()
	two.works()
}

package faults_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"pgregory.net/rapid"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tools"
)

// weather is what a call meets at one of its writes.
type weather struct {
	name   string
	at     int             // the write that meets it, counted from 0
	fault  []sandbox.Fault // from that write on
	before bool            // the process dies when the intent is on disk
	after  bool            // the process dies when the API has answered
}

func (w weather) calm() bool { return w.fault == nil && !w.before && !w.after }

// drawWeather draws the weather of a call: mostly calm, to which it shrinks.
func drawWeather(t *rapid.T) weather {
	const usual = 30
	faults := []sandbox.Fault{
		{Kind: sandbox.Throttle, RetryAfter: 1}, {Kind: sandbox.Fail}, {Kind: sandbox.Fail, Status: http.StatusBadGateway},
		{Kind: sandbox.Redirect}, {Kind: sandbox.Redirect, Status: http.StatusTemporaryRedirect}, {Kind: sandbox.DropBefore},
		{Kind: sandbox.DropAfter}, {Kind: sandbox.CutBody}, {Kind: sandbox.EmptyBody}, {Kind: sandbox.Garbage},
		{Kind: sandbox.WrongShape}, {Kind: sandbox.EndlessBody},
	}
	names := slices.Repeat([]string{"calm"}, usual)
	spoils := map[string]sandbox.Fault{}
	for _, fault := range faults {
		name := string(fault.Kind)
		if fault.Status != 0 {
			name += " " + strconv.Itoa(fault.Status)
		}
		names, spoils[name] = append(names, name), fault
	}
	const before, after = "death before sending", "death after the answer"
	for range 4 {
		names = append(names, before, after)
	}
	w := weather{name: rapid.SampledFrom(names).Draw(t, "weather")}
	w.before, w.after = w.name == before, w.name == after
	if fault, isSpoilt := spoils[w.name]; isSpoilt {
		fault.Times = rapid.SampledFrom([]int{1, -1}).Draw(t, "times")
		for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete} {
			fault.Method = method
			w.fault = append(w.fault, fault)
		}
	}
	if w.calm() {
		return w
	}
	w.at = rapid.IntRange(0, 2).Draw(t, "at the write")
	return w
}

// mortal is the way of a process to the API, on which it can die: the goroutine
// of the write ends there and then, as all of them do when a process is killed.
type mortal struct {
	inner *http.Transport
	box   *sandbox.Sandbox

	mu     sync.Mutex
	now    weather
	writes int
	died   chan struct{}
}

func newMortal(box *sandbox.Sandbox) *mortal { return &mortal{inner: &http.Transport{}, box: box} }

// meet sets the weather for the next call; the channel is closed when the
// process dies of it.
func (m *mortal) meet(now weather) (died chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now, m.writes, m.died = now, 0, make(chan struct{})
	return m.died
}

func (m *mortal) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet {
		return m.inner.RoundTrip(request)
	}
	m.mu.Lock()
	isTime := m.writes == m.now.at
	now, died := m.now, m.died
	m.writes++
	m.mu.Unlock()
	if isTime && now.before {
		close(died)
		runtime.Goexit()
	}
	if isTime && now.fault != nil {
		faults := noFaults().Faults
		faults.Next = now.fault
		m.box.SetFaults(faults)
	}
	response, err := m.inner.RoundTrip(request)
	if isTime && now.after {
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		close(died)
		runtime.Goexit()
	}
	return response, err
}

// world is an organization, the process that works on it, and the model.
type world struct {
	box       *sandbox.Sandbox
	address   string
	path      string // of the journal
	truth     *truth
	now       seen
	model     *organization
	version   int // counts what has changed
	process   *product
	processes int
	transport *mortal
	journaled int // entries that were looked at

	confirmations []*confirmation
	calls         []pastCall
}

// pastCall is a call that may be taken back.
type pastCall struct {
	id     string
	tool   string
	before []string
	// version is that of the world right after the call.
	version int
	// known is whether all of the call is known to be done.
	known bool
}

func newWorld(t *rapid.T) *world {
	t.Helper()
	folder, err := os.MkdirTemp("", "faults")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	w := &world{path: filepath.Join(folder, "journal.jsonl")}
	w.box, w.address = serve(t)
	w.truth = newTruth(t, w.box)
	w.now = w.truth.look(context.Background(), t)
	w.model = w.now.model(map[string]int{sandbox.ProjectWebName: 0, sandbox.ProjectMobileName: 0})
	w.start(t)
	t.Cleanup(func() { w.end(t) })
	return w
}

// start starts a process on the journal as it is.
func (w *world) start(t *rapid.T) {
	t.Helper()
	w.processes++
	w.transport = newMortal(w.box)
	w.process = start(t, w.address, w.path, apiclient.Timeouts{}, changes.Preview, w.transport)
}

// end ends the process in the good way, or gives up what a dead one held.
func (w *world) end(t testingTB) {
	t.Helper()
	if err := w.process.journal.Close(); err != nil {
		t.Errorf("%v", err)
	}
	w.transport.inner.CloseIdleConnections()
	w.process.keepsSecrets(t)
}

// restart ends the process and starts the next one, which finds nothing to recover.
func (w *world) restart(t *rapid.T) {
	t.Helper()
	w.end(t)
	w.start(t)
	if settled := w.recover(t); len(settled) != 0 {
		t.Errorf("after an orderly end there are writes to recover: %+v", settled)
	}
}

func (w *world) recover(t *rapid.T) []journal.Entry {
	t.Helper()
	w.box.ForgetRequests()
	settled, err := w.process.executor.Recover(context.Background())
	if err != nil {
		t.Fatalf("recover: %v", err)
	}
	if _, n := w.carriedOut(); n != 0 {
		t.Errorf("recovering has sent %d writes", n)
	}
	return settled
}

// fresh are the entries that the journal got since they were last asked for.
func (w *world) fresh(t *rapid.T) []journal.Entry {
	t.Helper()
	entries := w.process.entries(t)
	fresh := entries[w.journaled:]
	w.journaled = len(entries)
	return fresh
}

// carriedOut counts the writes that came to the API, and those that it has
// carried out.
func (w *world) carriedOut() (carriedOut, arrived int) {
	for _, request := range w.box.Requests() {
		if request.Method == http.MethodGet {
			continue
		}
		arrived++
		if request.Status >= http.StatusOK && request.Status < http.StatusMultipleChoices {
			carriedOut++
		}
	}
	return carriedOut, arrived
}

// attempt makes a call in some weather, and reports whether the process died of it.
func (w *world) attempt(tool, arguments string, now weather) (answer tools.Answer, died bool) {
	death := w.transport.meet(now)
	w.box.ForgetRequests()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	process := w.process
	answered := make(chan tools.Answer, 1)
	go func() { answered <- process.call(ctx, tool, arguments) }()
	select {
	case answer = <-answered:
	case <-death:
		died = true
	}
	w.box.SetFaults(noFaults().Faults)
	return answer, died
}

// play makes a call, holds all that it says against the truth, and has the model
// follow. The changes that it is to make are ops; nil takes them from the journal.
func (w *world) play(t *rapid.T, tool, arguments string, ops []op, now weather) report {
	t.Helper()
	before := w.model
	answer, died := w.attempt(tool, arguments, now)
	carriedOut, arrived := w.carriedOut()
	if arrived > 0 { // Otherwise nothing can have changed.
		w.now = w.truth.look(context.Background(), t)
	}
	var r report
	var happened int
	if died {
		r, happened = w.bury(t, ops, now)
	} else {
		r = read(t, answer)
		entries := w.fresh(t)
		if ops == nil {
			ops = opsOf(t, entries)
		}
		if r.preview != nil {
			ops = []op{}
			r.changed = false
		}
		happened = judge(t, before, ops, r, w.now.lines)
		judgeJournal(t, entries, ops, r, happened)
	}
	if died && ops == nil {
		all := w.process.entries(t)
		ops = opsOf(t, slices.DeleteFunc(all, func(entry journal.Entry) bool { return entry.Call != r.undo }))
	}
	if carriedOut != happened {
		t.Errorf("%s %s: the API has carried out %d writes, and %d changes have happened: %s", tool, arguments, carriedOut, happened, r.text)
	}
	if t.Failed() {
		t.FailNow()
	}
	w.model = before.after(ops, happened)
	if happened > 0 {
		w.version++
	}
	if r.undo != "" {
		w.calls = append(w.calls, pastCall{
			id: r.undo, tool: tool, before: before.lines(), version: w.version, known: r.state == changes.Done,
		})
	}
	return r
}

func opsOf(tb testingTB, entries []journal.Entry) []op {
	tb.Helper()
	ops := []op{}
	for _, entry := range entries {
		ops = append(ops, opOf(tb, entry))
	}
	return ops
}

// bury has the next process find out what became of the write at which the one
// before it died. It returns what that process reports, and how many of the
// changes have happened.
func (w *world) bury(t *rapid.T, ops []op, now weather) (report, int) {
	t.Helper()
	w.end(t)
	w.start(t)
	entries := w.fresh(t)
	if ops == nil {
		ops = opsOf(t, entries)
	}
	if len(entries) != now.at+1 || !entries[now.at].Open() {
		t.Fatalf("the process died at write %d, and the journal has %+v", now.at, entries)
	}
	settled := w.recover(t)
	if len(settled) != 1 || settled[0].ID != entries[now.at].ID || !settled[0].Outcome.Recovered {
		t.Fatalf("of the write %s was recovered: %+v", entries[now.at].ID, settled)
	}
	if again := w.recover(t); len(again) != 0 {
		t.Errorf("it is recovered twice: %+v", again)
	}
	r := report{state: changes.Unknown, done: now.at, undo: entries[0].Call, text: string(settled[0].Outcome.State) + ", recovered"}
	happened := judge(t, w.model, ops, r, w.now.lines)
	want := journal.Unknown // The request may still be on its way.
	if happened > now.at {
		want = journal.Done
	}
	if settled[0].Outcome.State != want {
		t.Errorf("%d changes have happened, and of the last one is recovered: %+v", happened, settled[0].Outcome)
	}
	if now.before && happened > now.at {
		t.Errorf("the write happened before it was sent")
	}
	return r, happened
}

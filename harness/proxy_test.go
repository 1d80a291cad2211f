package harness

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/contract"
	"posthog-org-mcp/sandbox"
)

const rolesPath = "/api/organizations/@current/roles/"

// proxied is a stage behind a proxy, and a client that keeps connections for
// reads apart from those for writes, as ours does.
type proxied struct {
	t             *testing.T
	stage         *Stage
	proxy         *Proxy
	reads, writes *http.Client
}

func newProxied(t *testing.T) *proxied {
	t.Helper()
	stage := Backend(t, sandbox.Options{})
	p := &proxied{t: t, stage: stage, proxy: NewProxy(t, stage.URL)}
	for _, client := range []**http.Client{&p.reads, &p.writes} {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		*client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return p
}

// seen is what a client got to see of an exchange.
type seen struct {
	status int
	header http.Header
	body   []byte
	cut    error // why the body ended early
	err    error // why there was no answer at all
}

func (p *proxied) send(ctx context.Context, base, method, path, body string) seen {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.proxy.Watch(ctx), method, base+path, strings.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return seen{err: err}
	}
	r.Header.Set("User-Agent", contract.ClientPrefix+"1")
	r.Header.Set("Authorization", "Bearer "+sandbox.AdminKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	client := p.writes
	if method == http.MethodGet {
		client = p.reads
	}
	response, err := client.Do(r)
	if err != nil {
		return seen{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return seen{status: response.StatusCode, header: response.Header, body: text, cut: err}
}

func (p *proxied) create(name string) seen {
	p.t.Helper()
	// A request that is not answered is given up when the deed is done.
	ctx, giveUp := context.WithCancel(p.t.Context())
	defer giveUp()
	before := len(p.proxy.Writes())
	go func() {
		for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
			for _, write := range p.proxy.Writes()[before:] {
				if write.Fault == FaultHangAfter && write.Status != 0 {
					giveUp()
				}
			}
		}
	}()
	return p.send(ctx, p.proxy.URL, http.MethodPost, rolesPath, fmt.Sprintf(`{"name":%q}`, name))
}

// roles asks at an address, past the proxy or through it, for the id of each role.
func (p *proxied) roles(base string) map[string]string {
	p.t.Helper()
	answer := p.send(p.t.Context(), base, http.MethodGet, rolesPath, "")
	var page struct {
		Results []struct{ ID, Name string }
	}
	if err := cmp.Or(answer.err, answer.cut, json.Unmarshal(answer.body, &page)); err != nil {
		p.t.Errorf("list the roles: %v", err)
	}
	ids := map[string]string{}
	for _, role := range page.Results {
		ids[role.Name] = role.ID
	}
	return ids
}

func (p *proxied) writesAtTheAPI() int {
	count := 0
	for _, request := range p.stage.Sandbox.Requests() {
		if request.Method != http.MethodGet {
			count++
		}
	}
	return count
}

func isJSON(s seen) bool { return json.Valid(s.body) && s.cut == nil }

func broken(s seen) bool { return s.err != nil && !errors.Is(s.err, context.Canceled) }

func answers(status int) func(seen) bool {
	return func(s seen) bool { return s.status == status && s.cut == nil && len(s.body) > 0 }
}

// looks says what each fault must look like to whoever creates a role.
var looks = map[ProxyFault]func(s seen) bool{
	FaultRefused:       func(s seen) bool { return broken(s) && strings.Contains(s.err.Error(), "refused") },
	FaultResetBefore:   broken,
	FaultResetAfter:    broken,
	FaultHangAfter:     func(s seen) bool { return errors.Is(s.err, context.Canceled) },
	FaultThrottled:     func(s seen) bool { return answers(429)(s) && s.header.Get("Retry-After") == "1" },
	FaultThrottledBare: func(s seen) bool { return answers(429)(s) && s.header.Get("Retry-After") == "" },
	Fault500:           func(s seen) bool { return answers(500)(s) && isJSON(s) },
	Fault500After:      func(s seen) bool { return answers(500)(s) && isJSON(s) },
	Fault502:           answers(502), Fault502After: answers(502),
	Fault503: answers(503),
	Fault504: answers(504), Fault504After: answers(504),
	FaultRedirect:    func(s seen) bool { return s.status == 307 && strings.HasSuffix(s.header.Get("Location"), rolesPath) },
	FaultCutBody:     func(s seen) bool { return s.status == 201 && errors.Is(s.cut, io.ErrUnexpectedEOF) && len(s.body) > 0 },
	FaultEmptyBody:   func(s seen) bool { return s.status == 201 && s.cut == nil && len(s.body) == 0 },
	FaultGarbageBody: func(s seen) bool { return answers(201)(s) && !isJSON(s) },
	FaultWrongShape:  func(s seen) bool { return answers(201)(s) && isJSON(s) && bytes.HasPrefix(s.body, []byte("[{")) },
	FaultEndlessBody: func(s seen) bool {
		return s.status == 201 && len(s.body) == 1<<20 && bytes.HasPrefix(s.body, []byte(`{"id": "x`))
	},
}

func TestEachFaultSpoilsOneWriteAndDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, fault := range ProxyFaults() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			p := newProxied(t)
			p.roles(p.proxy.URL)
			p.proxy.Spoil(fault, 1)
			if got := p.create("Spoilt"); looks[fault] == nil || !looks[fault](got) {
				t.Errorf("the client saw %d, %d bytes %.200q, %v, %v", got.status, len(got.body), got.body, got.cut, got.err)
			}
			// All is well again, and the deed is done or not.
			if _, done := p.roles(p.proxy.URL)["Spoilt"]; done != fault.Does() {
				t.Errorf("done: %v", done)
			}
			if got := p.create("Good"); got.status != http.StatusCreated || !isJSON(got) {
				t.Errorf("the next write: %d, %v", got.status, got.err)
			}
			want := []ProxyWrite{
				{Method: http.MethodPost, Path: rolesPath, Fault: fault, PassedOn: fault.Does()},
				{Method: http.MethodPost, Path: rolesPath, PassedOn: true, Status: http.StatusCreated},
			}
			switch {
			case fault == FaultRefused:
				want = want[1:]
			case fault.Does():
				want[0].Status = http.StatusCreated
			}
			if got := p.proxy.Writes(); !slices.Equal(got, want) {
				t.Errorf("the proxy saw %+v", got)
			}
			passed := 1
			if fault.Does() {
				passed = 2
			}
			if n := p.writesAtTheAPI(); n != passed {
				t.Errorf("%d writes reached the API", n)
			}
		})
	}
}

func TestAnAnswerWithoutABodyIsSpoiltToo(t *testing.T) {
	t.Parallel()
	for fault, looksRight := range map[ProxyFault]func(seen) bool{
		FaultCutBody:     broken,
		FaultEmptyBody:   func(s seen) bool { return s.status == 200 && len(s.body) == 0 && s.cut == nil },
		FaultGarbageBody: func(s seen) bool { return answers(200)(s) && !isJSON(s) },
		FaultWrongShape:  func(s seen) bool { return answers(200)(s) && string(s.body) == "[]" },
		FaultEndlessBody: func(s seen) bool { return s.status == 200 && len(s.body) == 1<<20 },
		Fault502After:    answers(502),
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			p := newProxied(t)
			p.create("Doomed")
			p.proxy.Spoil(fault, 1)
			got := p.send(t.Context(), p.proxy.URL, http.MethodDelete, rolesPath+p.roles(p.proxy.URL)["Doomed"]+"/", "")
			if !looksRight(got) {
				t.Errorf("the client saw %d, %.200q, %v, %v", got.status, got.body, got.cut, got.err)
			}
			if _, left := p.roles(p.stage.URL)["Doomed"]; left {
				t.Error("it was not done")
			}
		})
	}
}

func TestAProxyPassesAllElseOnAsItCame(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	for _, query := range []string{"?limit=2", "?limit=2&offset=1"} {
		direct := p.send(t.Context(), p.stage.URL, http.MethodGet, rolesPath+query, "")
		through := p.send(t.Context(), p.proxy.URL, http.MethodGet, rolesPath+query, "")
		if got := strings.ReplaceAll(string(through.body), p.proxy.URL, p.stage.URL); through.status != direct.status || got != string(direct.body) {
			t.Errorf("%s, and past the proxy %s", got, direct.body)
		}
		for _, own := range []string{"Date", "X-Request-Id", "Content-Length"} { // the proxy's addresses may be longer
			direct.header.Del(own)
			through.header.Del(own)
		}
		if got, want := fmt.Sprint(through.header), fmt.Sprint(direct.header); got != want {
			t.Errorf("%s, and past the proxy %s", got, want)
		}
	}
	p.send(t.Context(), p.stage.URL, http.MethodPost, rolesPath, `{"name":"Twice"}`)
	if got := p.create("Twice"); got.status != http.StatusBadRequest || !isJSON(got) {
		t.Errorf("an answer that is no success: %d, %v", got.status, got.err)
	}
	if got := p.proxy.Writes(); len(got) != 1 || got[0].Status != http.StatusBadRequest || !got[0].PassedOn {
		t.Errorf("the proxy saw %+v", got)
	}
}

func TestAConnectionIsKept(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	var fresh atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			fresh.Add(1)
		}
	}})
	p.proxy.SpoilThose(FaultGarbageBody, Which{Skip: 1})
	for i := range 4 {
		p.send(ctx, p.proxy.URL, http.MethodGet, rolesPath, "")
		p.send(ctx, p.proxy.URL, http.MethodPost, rolesPath, fmt.Sprintf(`{"name":"Role %d"}`, i))
	}
	if n := fresh.Load(); n != 2 {
		t.Errorf("%d connections, not one for reads and one for writes", n)
	}
}

func TestAFaultMeetsTheWritesThatItIsFor(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.create("Mine")
	id := p.roles(p.proxy.URL)["Mine"]
	p.proxy.SpoilThose(Fault503, Which{Skip: 1, Times: 2, Method: http.MethodPost})
	p.proxy.SpoilThose(Fault502, Which{PathContains: id, Times: -1})
	p.proxy.SpoilThose(Fault504, Which{Skip: 4}) // the fifth of all
	var got []int
	for _, write := range []struct{ method, path, body string }{
		{http.MethodPost, rolesPath, `{"name":"One"}`},
		{http.MethodPatch, rolesPath + id + "/", `{"name":"Two"}`},
		{http.MethodPost, rolesPath, `{"name":"Three"}`},
		{http.MethodPatch, rolesPath + id + "/", `{"name":"Four"}`},
		{http.MethodPost, rolesPath, `{"name":"Five"}`},
		{http.MethodPost, rolesPath, `{"name":"Six"}`},
		{http.MethodPatch, rolesPath + id + "/", `{"name":"Seven"}`},
	} {
		got = append(got, p.send(t.Context(), p.proxy.URL, write.method, write.path, write.body).status)
	}
	// The fifth meets two faults, and the first that was asked for.
	if want := []int{201, 502, 503, 502, 503, 504, 502}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	p.proxy.Heal()
	if got := p.send(t.Context(), p.proxy.URL, http.MethodPatch, rolesPath+id+"/", `{"name":"Eight"}`); got.status != http.StatusOK {
		t.Errorf("healed: %d, %v", got.status, got.err)
	}
}

func TestAFaultIsCountedOnceForWritesSideBySide(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.proxy.Spoil(FaultResetAfter, 5)
	var all sync.WaitGroup
	var failed atomic.Int32
	for i := range 20 {
		all.Go(func() {
			if got := p.send(t.Context(), p.proxy.URL, http.MethodPost, rolesPath, fmt.Sprintf(`{"name":"Role %d"}`, i)); got.err != nil {
				failed.Add(1)
			}
		})
	}
	all.Wait()
	if n := failed.Load(); n != 5 {
		t.Errorf("%d failed", n)
	}
	if n := p.writesAtTheAPI(); n != 20 || len(p.proxy.Writes()) != 20 {
		t.Errorf("%d reached the API, %d the proxy", n, len(p.proxy.Writes()))
	}
}

func TestReadsGoOnWhileConnectionsAreRefused(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.roles(p.proxy.URL)
	p.create("Before") // leaves a connection that must not serve the next write
	p.proxy.Spoil(FaultRefused, -1)
	for i := range 3 {
		if got := p.create("Never"); !looks[FaultRefused](got) {
			t.Fatalf("the client saw %d, %v", got.status, got.err)
		}
		if _, done := p.roles(p.proxy.URL)["Never"]; done || p.proxy.Refused() != i+1 {
			t.Errorf("done: %v, refused: %d", done, p.proxy.Refused())
		}
	}
	p.proxy.Heal()
	if got := p.create("After"); got.status != http.StatusCreated {
		t.Errorf("healed: %d, %v", got.status, got.err)
	}
	if n := p.writesAtTheAPI(); n != 2 {
		t.Errorf("%d writes reached the API", n)
	}
}

func TestTheNthWriteFromNowIsRefused(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.proxy.SpoilThose(FaultRefused, Which{Skip: 2, Times: 2})
	var got []string
	for i := range 6 {
		answer := p.create(fmt.Sprintf("Role %d", i))
		switch {
		case looks[FaultRefused](answer):
			got = append(got, "refused")
		default:
			got = append(got, fmt.Sprint(answer.status))
		}
	}
	if want := []string{"201", "201", "refused", "refused", "201", "201"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAWriteOverAConnectionForReadsIsResetWhereItWouldBeRefused(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.writes = p.reads
	p.roles(p.proxy.URL)
	p.proxy.Spoil(FaultRefused, 1)
	if got := p.create("Never"); !broken(got) {
		t.Errorf("the client saw %d", got.status)
	}
	if got := p.create("After"); got.status != http.StatusCreated {
		t.Errorf("afterwards: %d, %v", got.status, got.err)
	}
	want := []ProxyWrite{
		{Method: http.MethodPost, Path: rolesPath, Fault: FaultResetBefore},
		{Method: http.MethodPost, Path: rolesPath, PassedOn: true, Status: http.StatusCreated},
	}
	if got := p.proxy.Writes(); !slices.Equal(got, want) {
		t.Errorf("the proxy saw %+v", got)
	}
}

func TestWhoFollowsARedirectArrivesOnceMore(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.writes.CheckRedirect = nil
	p.proxy.Spoil(FaultRedirect, 1)
	p.create("Followed")
	if got := p.proxy.Writes(); len(got) != 2 || got[0].PassedOn || !got[1].PassedOn {
		t.Errorf("the proxy saw %+v", got)
	}
}

func TestAnEndlessBodyIsBounded(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	p.proxy.Spoil(FaultEndlessBody, 1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.proxy.URL+rolesPath, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.writes.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if n, err := io.Copy(io.Discard, response.Body); !errors.Is(err, io.ErrUnexpectedEOF) || n < maxProxied || n > maxProxied+1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestAProxyEndsWithItsTest(t *testing.T) {
	t.Parallel()
	left := make(chan error, 2)
	var proxy *Proxy
	told, _ := played(t, func(tb testing.TB) {
		stage := Backend(tb, sandbox.Options{})
		proxy = NewProxy(tb, stage.URL)
		proxy.Spoil(FaultHangAfter, 1)
		stage.Sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Hang, Method: http.MethodGet}}})
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			go func() {
				r, err := http.NewRequest(method, proxy.URL+rolesPath, nil)
				if err != nil {
					left <- err
					return
				}
				response, err := http.DefaultClient.Do(r)
				if err == nil {
					response.Body.Close()
				}
				left <- err
			}()
		}
		eventually(t, func() bool { return len(stage.Sandbox.Requests()) == 2 })
	})
	mustSay(t, told)
	for range 2 {
		if err := <-left; err == nil {
			t.Error("a request was answered")
		}
	}
	// The end waited for all that the proxy had started.
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if len(proxy.conns) != 0 || proxy.gate.listener != nil {
		t.Errorf("%d connections are served", len(proxy.conns))
	}
}

func TestAProxyRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ask  func(tb testing.TB)
		says string
	}{
		"an unknown fault": {func(tb testing.TB) { NewProxy(tb, "http://127.0.0.1:1").Spoil("gremlins", 1) }, `no fault "gremlins"`},
		"a refused path": {func(tb testing.TB) {
			NewProxy(tb, "http://127.0.0.1:1").SpoilThose(FaultRefused, Which{PathContains: "roles"})
		}, "use Skip"},
		"no address of one": {func(tb testing.TB) { NewProxy(tb, "localhost") }, `"localhost" is no address`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told, _ := played(t, test.ask)
			mustSay(t, told, test.says)
		})
	}
}

func TestAnAPIThatBreaksOffDoesSoForTheClient(t *testing.T) {
	t.Parallel()
	p := newProxied(t)
	for _, kind := range []sandbox.FaultKind{sandbox.DropBefore, sandbox.DropAfter, sandbox.CutBody} {
		p.stage.Sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: kind, Times: -1}}})
		if got := p.create("Role " + string(kind)); !broken(got) {
			t.Errorf("%s of a write: %d, %v", kind, got.status, got.cut)
		}
		if got := p.send(t.Context(), p.proxy.URL, http.MethodGet, rolesPath, ""); !broken(got) && got.cut == nil {
			t.Errorf("%s of a read: %d", kind, got.status)
		}
	}
}

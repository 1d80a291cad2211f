package e2e_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// at are the variables that point the program at an address.
func at(address string) map[string]string {
	return map[string]string{"POSTHOG_HOST": address, "POSTHOG_PERSONAL_API_KEY": sandbox.AdminKey}
}

func TestADeadHostIsToldApartFromALostAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	session := harness.Start(t, harness.Options{Env: at(address)})
	got := failure(t, session.Call("roles-create", values{"name": "Night shift"}))
	if !strings.Contains(got.Error, "; nothing was sent") || !strings.Contains(got.NextStep, "POSTHOG_HOST") {
		t.Errorf("got %+v", got)
	}
}

func TestASlowHostIsGivenUpAfterTheTimeout(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{Faults: one(sandbox.Fault{Kind: sandbox.Hang, Times: 1, PathContains: "/roles/"})})
	session := harness.Start(t, harness.Options{Env: stage.Env(), Args: []string{"--header-timeout", "3s"}})
	got := failure(t, session.Call("roles-list", nil))
	if !strings.Contains(got.Error, "did not answer in time") {
		t.Errorf("got %+v", got)
	}
	if result := session.Call("roles-list", nil); result.IsError {
		t.Errorf("the next call fails: %s", result.Text)
	}
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	host := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	host.Config.ErrorLog = log.New(io.Discard, "", 0) // It would log the refused handshake.
	host.StartTLS()
	t.Cleanup(host.Close)
	session := harness.Start(t, harness.Options{Env: at(host.URL)})
	got := failure(t, session.Call("roles-create", values{"name": "Night shift"}))
	if !strings.Contains(got.Error, "; nothing was sent") {
		t.Errorf("got %+v", got)
	}
	if asked.Load() != 0 {
		t.Error("the key went to a host without a valid certificate")
	}
}

// The proxy sees a CONNECT for the host, and never the key.
func TestAProxyFromTheEnvironmentIsUsed(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		http.Error(w, "no way", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	environment := at("https://posthog.invalid")
	environment["HTTPS_PROXY"] = proxy.URL
	session := harness.Start(t, harness.Options{Env: environment})
	got := failure(t, session.Call("roles-list", nil))
	if !strings.Contains(got.Error, "could not be reached") || !strings.Contains(got.NextStep, "proxy") {
		t.Errorf("got %+v", got)
	}
	select {
	case request := <-seen:
		if request.Method != http.MethodConnect || request.Host != "posthog.invalid:443" {
			t.Errorf("the proxy was asked %s %s", request.Method, request.Host)
		}
		if request.Header.Get("Authorization") != "" {
			t.Error("the proxy was given the key")
		}
	default:
		t.Error("the proxy was not asked")
	}
}

func TestARedirectDoesNotTakeTheKeyToAnotherHost(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(elsewhere.Close)
	target, err := url.Parse(elsewhere.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		stage := harness.Backend(t, sandbox.Options{Faults: one(sandbox.Fault{Kind: sandbox.Redirect, Times: -1, Status: status, Location: target.String()})})
		session := harness.Start(t, harness.Options{Env: stage.Env()})
		for _, call := range []struct {
			tool string
			args values
		}{{"roles-list", nil}, {"roles-create", values{"name": "Night shift"}}} {
			got := failure(t, session.Call(call.tool, call.args))
			if !strings.Contains(got.Error, "redirect") {
				t.Errorf("%d %s: %+v", status, call.tool, got)
			}
		}
	}
	if stolen.Load() != 0 {
		t.Errorf("%d requests went to the other host", stolen.Load())
	}
}

func TestTwentyPagesAreFetchedSideBySide(t *testing.T) {
	t.Parallel()
	var most, now atomic.Int64
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := now.Add(1)
		defer now.Add(-1)
		for {
			seen := most.Load()
			if at <= seen || most.CompareAndSwap(seen, at) {
				break
			}
		}
		// The first page has to be answered before the others are asked for.
		if r.URL.Query().Get("offset") != "" {
			waitUntil(t, func() bool { return now.Load() >= 2 || most.Load() >= 2 })
		}
		writePage(w, r)
	}))
	t.Cleanup(pages.Close)
	session := harness.Start(t, harness.Options{Env: at(pages.URL), Args: []string{"--max-result-bytes", "10000000"}})
	var got struct {
		Total int `json:"total"`
		Roles []struct {
			Name string `json:"name"`
		} `json:"roles"`
	}
	session.Call("roles-list", values{"limit": 2000}).Decode(t, &got)
	if got.Total != longList || len(got.Roles) != longList {
		t.Fatalf("%d of %d rows", len(got.Roles), got.Total)
	}
	for i, role := range got.Roles {
		if role.Name != rowName(i) {
			t.Fatalf("row %d is %q", i, role.Name)
		}
	}
	if most.Load() < 2 || most.Load() > 10 {
		t.Errorf("at most %d requests were under way at once", most.Load())
	}
}

// waitUntil polls for a condition, for at most ten seconds.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("waited in vain")
			return
		}
	}
}

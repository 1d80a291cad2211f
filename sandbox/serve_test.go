package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestItServesLoopbackAddressesOnly(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.7:8010", "example.com:80", "localhost.example.com:80", "127.0.0.1", ""} {
		if _, _, err := s.Serve(t.Context(), addr); err == nil {
			t.Errorf("it serves %q", addr)
		} else if !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%q is refused with %q, which names nothing better", addr, err)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		url, stop, err := s.Serve(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.Get(url + "/api/users/@me/")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		same(t, "the status at "+addr, response.StatusCode, 401)
		if err := stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if err := stop(); err != nil {
			t.Errorf("stopping again: %v", err)
		}
		if _, err := http.Get(url); err == nil { //nolint:bodyclose // there is no response
			t.Error("it still serves")
		}
	}
}

func TestItAnswersToNoNameButThatOfThisMachine(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	url, stop, err := s.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop() }()
	port := url[strings.LastIndex(url, ":"):]
	for host, want := range map[string]int{
		"127.0.0.1" + port: 200, "127.9.8.7" + port: 200, "[::1]" + port: 200, "localhost" + port: 200, "LocalHost": 200, "127.0.0.1": 200, "[::1]": 200,
		"evil.example" + port: 421, "evil.example": 421, "localhost.evil.example" + port: 421, "127.0.0.1.evil.example": 421, "192.0.2.7": 421, "[::]": 421, "posthog.com:80": 421,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/users/@me/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Authorization", "Bearer "+AdminKey)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		same(t, "the status for "+host, response.StatusCode, want)
	}
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	url, stop, err := s.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop() }()
	if _, _, err := s.Serve(t.Context(), strings.TrimPrefix(url, "http://")); err == nil {
		t.Error("two of them serve one address")
	}
}

func TestStoppingEndsRequestsThatHang(t *testing.T) {
	t.Parallel()
	for _, faults := range []Faults{{Next: []Fault{{Kind: Hang}}}, {Latency: time.Hour}, {Next: []Fault{{Kind: EndlessBody}}}} {
		s := setUp(t, faults)
		ctx, cancel := context.WithCancel(t.Context())
		url, stop, err := s.Serve(ctx, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r, _ := http.NewRequest("GET", url+here+"/roles/", nil)
			r.Header.Set("Authorization", "Bearer "+AdminKey)
			if response, err := http.DefaultClient.Do(r); err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}()
		s.untilAsked()
		began := time.Now()
		cancel() // the end of the context stops it too
		if err := stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stopping took %s", took)
		}
		<-ended
	}
}

func TestEveryAnswerHasItsRequestId(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	seen := map[string]bool{}
	for _, answer := range []reaction{
		s.get(AdminKey, here+"/roles/"), s.get("", here+"/roles/"), s.get(AdminKey, "/x"),
		s.ask(AdminKey, "DELETE", here+"/roles/"+RoleData+"/", ""),
	} {
		id := answer.header.Get("X-Request-Id")
		if _, ok := parseUUID(id); !ok || seen[id] {
			t.Errorf("%s has the request id %q", answer.asked, id)
		}
		seen[id] = true
	}
}

func TestTheLogSaysWhatWasAsked(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.ask(AdminKey, "POST", here+"/roles/?a=%C3%A9", `{"name": "x"}`).is(201)
	s.get("phx_nobody_has_this_one", here+"/roles/%2e%2e%2f/").is(401)
	s.get(MemberKey, "/nowhere").is(404)
	requests := s.Requests()
	same(t, "how many", len(requests), 3)
	first := requests[0]
	same(t, "the method", first.Method, "POST")
	same(t, "the path", first.Path, here+"/roles/")
	same(t, "the query", first.RawQuery, "a=%C3%A9")
	same(t, "the body", string(first.Body), `{"name": "x"}`)
	same(t, "the status", first.Status, 201)
	same(t, "the owner", first.KeyOwner, AdminEmail)
	same(t, "the time", first.Time, s.clock)
	same(t, "the decoded path", requests[1].Path, here+"/roles/..//")
	same(t, "the path as sent", requests[1].RawPath, here+"/roles/%2e%2e%2f/")
	same(t, "an unknown key's owner", requests[1].KeyOwner, "")
	same(t, "the last status", requests[2].Status, 404)
	s.ForgetRequests()
	same(t, "how many are left", len(s.Requests()), 0)
}

func TestTheLogNeverHoldsAKey(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.ask(AdminKey, "POST", here+"/roles/?key="+AdminKey, `{"name": "`+AdminKey+`"}`).is(201)
	s.get(AdminKey, here+"/roles/"+AdminKey+"/").is(404)
	text, err := json.Marshal(s.Requests())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), AdminKey) {
		t.Errorf("%s holds the key", text)
	}
	for _, request := range s.Requests() {
		if strings.Contains(string(request.Body), AdminKey) {
			t.Errorf("%s holds the key", request.Body)
		}
	}
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	var log requestLog
	r, err := http.NewRequest("GET", "http://sandbox.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range loggedRequests + 5 {
		log.begin(r, nil, time.Time{})
	}
	if n := len(log.all()); n > loggedRequests || n < loggedRequests/2 {
		t.Errorf("it holds %d requests", n)
	}
	same(t, "a long body", len(log.begin(r, make([]byte, loggedBody+1), time.Time{}).request.Body), loggedBody)
}

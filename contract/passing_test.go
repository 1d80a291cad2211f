package contract

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// onLoopback serves a checked h and returns the address and what the test was told.
func onLoopback(t *testing.T, h http.Handler) (string, *recordingTB, *Checker) {
	t.Helper()
	tb := newRecordingTB(t)
	checker := Checked(tb, h)
	server := httptest.NewServer(checker)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL + org + "/roles/", tb, checker
}

func get(ctx context.Context, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", ClientPrefix+"1")
	r.Header.Set("Authorization", "Bearer key")
	return http.DefaultClient.Do(r)
}

func TestTheAnswerReachesTheClientUnchanged(t *testing.T) {
	t.Parallel()
	url, tb, checker := onLoopback(t, answering(http.StatusOK, "application/json", aPage))
	response, err := get(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != aPage || response.StatusCode != http.StatusOK {
		t.Errorf("the client got %d %q, %v", response.StatusCode, body, err)
	}
	expect(t, tb.problems())
	if seen := checker.Seen(); seen["listRoles 200"] != 1 {
		t.Errorf("nothing was checked: %v", seen)
	}
}

func TestAMarkedAnswerPassesWhateverItHolds(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(FaultHeader, "Garbage")
		answering(http.StatusTeapot, "text/html", "<html>").ServeHTTP(w, r)
	})
	expect(t, exchange(t, h, request("GET", org+"/roles/", "")))
}

func TestAnEndlessAnswerStreamsAndIsNotKept(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	url, tb, _ := onLoopback(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(left)
		w.Header().Set(FaultHeader, "EndlessBody")
		for {
			if _, err := io.WriteString(w, strings.Repeat("a", 4096)); err != nil {
				return
			}
			if recorder, ok := w.(*recorder); ok && recorder.body.Len() > 0 {
				t.Error("a fault's body is kept")
				return
			}
			w.(http.Flusher).Flush()
		}
	}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	response, err := get(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(response.Body).Discard(64 << 10); err != nil {
		t.Error(err)
	}
	cancel()
	response.Body.Close()
	<-left
	expect(t, tb.problems())
}

func TestADroppedConnectionIsNoAnswer(t *testing.T) {
	t.Parallel()
	drops := map[string]http.HandlerFunc{
		"hijacked": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		},
		"hijacked through a controller": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		},
		"aborted": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"aborted half way": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, aPage[:50])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
	}
	for name, h := range drops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, tb, checker := onLoopback(t, h)
			response, err := get(t.Context(), url)
			if err == nil {
				_, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			if err == nil {
				t.Error("the client was not cut off")
			}
			expect(t, tb.problems())
			if seen := checker.Seen(); len(seen) > 0 {
				t.Errorf("it counts as checked: %v", seen)
			}
		})
	}
}

func TestAClientThatLeavesIsNoProblemOfTheHandler(t *testing.T) {
	t.Parallel()
	arrived, left := make(chan struct{}), make(chan struct{})
	url, tb, _ := onLoopback(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		defer close(left)
		close(arrived)
		<-r.Context().Done() // and answers nothing
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := get(ctx, url); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-left
	expect(t, tb.problems())
}

func TestParallelExchangesAreCheckedEachForItself(t *testing.T) {
	t.Parallel()
	const good, bad = 150, 7
	url, tb, checker := onLoopback(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := aPage
		if r.URL.Query().Get("offset") == "9" {
			body = strings.Replace(aPage, `"count":250`, `"count":"250"`, 1)
		}
		answering(http.StatusOK, "application/json", body).ServeHTTP(w, r)
	}))
	var group sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i := range good + bad {
		target := url
		if i < bad {
			target += "?offset=9"
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			response, err := get(t.Context(), target)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		})
	}
	group.Wait()
	if problems := tb.problems(); len(problems) != bad {
		t.Errorf("%d problems for %d bad answers: %q", len(problems), bad, problems)
	}
	if seen := checker.Seen()["listRoles 200"]; seen != good+bad {
		t.Errorf("%d of %d answers were checked", seen, good+bad)
	}
}

func TestNothingIsReportedAfterTheTest(t *testing.T) {
	t.Parallel()
	tb := newRecordingTB(t)
	checker := Checked(tb, answering(http.StatusTeapot, "text/html", ""))
	serve(checker, request("GET", org+"/roles/", ""))
	before := len(tb.problems())
	if before == 0 {
		t.Fatal("nothing was reported during the test")
	}
	tb.end()
	serve(checker, request("GET", org+"/roles/", ""))
	if after := len(tb.problems()); after != before {
		t.Errorf("%d problems became %d after the end", before, after)
	}
}

func TestAFloodOfProblemsIsCut(t *testing.T) {
	t.Parallel()
	tb := newRecordingTB(t)
	checker := Checked(tb, answering(http.StatusTeapot, "text/html", ""))
	for range 3 * maxProblems {
		serve(checker, request("GET", org+"/roles/", ""))
	}
	problems := tb.problems()
	if len(problems) != maxProblems || !strings.Contains(problems[maxProblems-1], "more problems") {
		t.Errorf("%d problems, the last %q", len(problems), problems[len(problems)-1])
	}
}

func TestTheDocumentIsValid(t *testing.T) {
	t.Parallel()
	document, err := libopenapi.NewDocument(Document())
	if err != nil {
		t.Fatal(err)
	}
	checker, errs := validator.NewValidator(document)
	if errs != nil {
		t.Fatal(errs)
	}
	if ok, failures := checker.ValidateDocument(); !ok {
		t.Error(failures)
	}
}

func TestEveryParameterHasAType(t *testing.T) {
	t.Parallel()
	tightened, err := tighten(Document())
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(tightened, &document); err != nil {
		t.Fatal(err)
	}
	parameters := 0
	var walk func(v any)
	walk = func(v any) {
		for _, element := range list(v) {
			walk(element)
		}
		node := object(v)
		if schema := object(node["schema"]); schema != nil && node["in"] != nil {
			parameters++
			if schema["type"] == nil {
				t.Errorf("parameter %v has no type, so it would go unchecked", node["name"])
			}
		}
		for _, value := range node {
			walk(value)
		}
	}
	walk(document)
	if parameters < 10 {
		t.Errorf("only %d parameters were found", parameters)
	}
}

func BenchmarkExchange(b *testing.B) {
	page := func(rows int) string {
		return `{"count":1,"next":null,"previous":null,"results":[` + strings.TrimSuffix(strings.Repeat(aRole+",", rows), ",") + `]}`
	}
	for _, rows := range []int{1, 100} {
		body := page(rows)
		h := answering(http.StatusOK, "application/json", body)
		for name, handler := range map[string]http.Handler{"bare": h, "checked": Checked(b, h)} {
			b.Run(fmt.Sprintf("%d rows, %d bytes/%s", rows, len(body), name), func(b *testing.B) {
				for b.Loop() {
					serve(handler, request("GET", org+"/roles/", ""))
				}
			})
		}
	}
	h := answering(http.StatusCreated, "application/json", aRole)
	for name, handler := range map[string]http.Handler{"bare": h, "checked": Checked(b, h)} {
		b.Run("create/"+name, func(b *testing.B) {
			for b.Loop() {
				serve(handler, request("POST", org+"/roles/", `{"name":"x"}`))
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		if _, err := newRules(openAPI); err != nil {
			b.Fatal(err)
		}
	}
}

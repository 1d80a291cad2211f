package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestANewSandboxHasDoneNothingYet(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sandbox.db")
	s := New(Options{DataFile: file, Now: func() time.Time { t.Error("it asked for the time"); return time.Time{} }})
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if err := s.Open(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("opening after closing: %v", err)
	}
	w := httptest.NewRecorder()
	New(Options{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil)) // nor does an address that does not exist
	same(t, "the status", w.Code, 404)
}

func TestOpeningIsFast(t *testing.T) {
	best := time.Hour
	for range 5 {
		s := New(Options{})
		began := time.Now()
		if err := s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if best > time.Second { // about 4 ms; the bound only catches a mistake
		t.Errorf("the fastest of five took %s", best)
	}
}

// openFile starts a sandbox on a data file.
func openFile(t *testing.T, file string) *stand {
	t.Helper()
	s := setUp(t, Faults{})
	s.options.DataFile = file
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestADataFileKeepsTheDataAndIsFilledOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ein Ordner? #1 %20 ü", "sandbox.db")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, file)
	made := s.ask(AdminKey, "POST", here+"/roles/", `{"name": "Kept"}`).is(201).text
	s.ask(AdminKey, "DELETE", here+"/roles/"+RoleSupport+"/", "").is(204)
	token := *decoded[project](s.ask(AdminKey, "PATCH", here+"/projects/84377"+rotate, "").is(200)).SecretAPIToken
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := openFile(t, file)
	same(t, "the roles", names(results[role](again.get(AdminKey, here+"/roles/")), roleName),
		"Engineering | Data & Analytics | Growth Marketing | Viewers | Security | Kept")
	same(t, "the role made", again.get(AdminKey, here+"/roles/"+decoded[role](reaction{t: t, text: made}).ID+"/").text, made)
	same(t, "the token", *decoded[project](again.get(AdminKey, here+"/projects/84377/").is(200)).SecretAPIToken, token)
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
}

func TestTwoSandboxesMayShareADataFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sandbox.db")
	one, two := openFile(t, file), openFile(t, file)
	var wait sync.WaitGroup
	for i, s := range []*stand{one, two} {
		wait.Go(func() {
			for n := range 20 {
				s.ask(AdminKey, "POST", here+"/roles/", fmt.Sprintf(`{"name": "%d of %d"}`, n, i)).is(201)
			}
		})
	}
	wait.Wait()
	same(t, "the roles", decoded[page[role]](one.get(AdminKey, here+"/roles/?limit=1")).Count, 46)
	same(t, "the roles", decoded[page[role]](two.get(AdminKey, here+"/roles/?limit=1")).Count, 46)
}

func TestADataFileThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	s := openFile(t, newer)
	s.exec(`PRAGMA user_version = 99`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, newer, dir, filepath.Join(dir, "no", "such", "folder.db")} {
		s := New(Options{DataFile: file})
		if err := s.Open(t.Context()); err == nil {
			t.Errorf("%s was opened", file)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", here+"/roles/", nil))
		same(t, "the status", w.Code, 500)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if content, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(content), "this is not") {
		t.Errorf("the file was overwritten: %v", err)
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{RateLimit: 100_000})
	server := httptest.NewServer(s.Sandbox) // the answers' shapes are other tests' business
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	ask := func(method, path, body string) int {
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header.Set("Authorization", "Bearer "+AdminKey)
		r.Header.Set("Content-Type", "application/json")
		response, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	statuses := make(chan int, 600)
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			statuses <- ask("POST", here+"/roles/", fmt.Sprintf(`{"name": "Role %d"}`, i%100)) // each name twice
			statuses <- ask("GET", here+"/roles/?limit=10", "")
			statuses <- ask("POST", inData, `{"user_uuid": "`+NewcomerUser+`"}`) // all but one clash
		})
	}
	wait.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	same(t, "how many were made", counts[201], 101)
	same(t, "how many clashed", counts[400], 299)
	same(t, "how many were read", counts[200], 200)
	same(t, "the roles", decoded[page[role]](s.get(AdminKey, here+"/roles/?limit=1")).Count, 106)
	same(t, "the requests in the log", len(s.Requests()), 601)
}

func TestAClientThatLeavesInterruptsNoDeed(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest("POST", here+"/roles/", strings.NewReader(`{"name": "x"}`)).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+AdminKey)
	r.Header.Set("Content-Type", "application/json")
	s.ServeHTTP(httptest.NewRecorder(), r)
	same(t, "whether the role was made", s.hasRole("x"), true)
	s.get(AdminKey, here+"/roles/").is(200)
}

func TestAFailureInsideIsAServerError(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.exec(`UPDATE projects SET details = 'not JSON' WHERE id = 84102`)
	s.get(AdminKey, here+"/projects/84102/").refused(serverError)
	s.exec(`DROP TABLE dashboards`)
	s.get(AdminKey, here+"/welcome/current/").refused(serverError)
	s.get(AdminKey, here+"/roles/").is(200)
}

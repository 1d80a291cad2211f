package harness

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthog-org-mcp/contract"
	"posthog-org-mcp/sandbox"
)

// ask sends a request to the stage as our client would.
func ask(ctx context.Context, t *testing.T, stage *Stage, path string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, stage.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", contract.ClientPrefix+"1")
	r.Header.Set("Authorization", "Bearer "+stage.Env()["POSTHOG_PERSONAL_API_KEY"])
	return http.DefaultClient.Do(r)
}

func TestABackendIsASandboxHeldToTheDocument(t *testing.T) {
	t.Parallel()
	told, _ := played(t, func(tb testing.TB) {
		stage := Backend(tb, sandbox.Options{})
		for path, status := range map[string]int{
			"/api/organizations/@current/roles/":        http.StatusOK,
			"/api/organizations/@current/roles/?page=2": http.StatusOK, // which the document does not know
		} {
			response, err := ask(t.Context(), t, stage, path)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode != status {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
		if n := len(stage.Sandbox.Requests()); n != 2 {
			t.Errorf("%d requests arrived", n)
		}
		if seen := stage.Checker.Seen()["listRoles 200"]; seen != 2 {
			t.Errorf("%d answers were checked", seen)
		}
	})
	mustSay(t, told, `"page" is not documented`)
	if strings.Count(told, "\n") != 0 {
		t.Errorf("more than one problem: %s", told)
	}
}

func TestARequestThatHangsEndsWithItsTest(t *testing.T) {
	t.Parallel()
	left := make(chan error, 1)
	told, _ := played(t, func(tb testing.TB) {
		stage := Backend(tb, sandbox.Options{Faults: sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Hang}}}})
		go func() {
			response, err := ask(context.Background(), t, stage, "/api/users/@me/")
			if err == nil {
				response.Body.Close()
			}
			left <- err
		}()
		eventually(t, func() bool { return len(stage.Sandbox.Requests()) == 1 })
	})
	mustSay(t, told)
	if err := <-left; err == nil {
		t.Error("the request was answered")
	}
}

func TestTheModulesOwnServerAnswersInEachEra(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		s := Start(t, Options{Args: []string{"--sandbox"}, Era: era})
		if tools := s.Tools(); len(tools) < 15 {
			t.Errorf("%d tools", len(tools))
		}
		if result := s.Call("roles-list", nil); result.IsError {
			t.Errorf("roles-list: %s", result.Raw)
		}
	})
}

func TestTheModulesOwnServerTalksToItsBackend(t *testing.T) {
	t.Parallel()
	stage := Backend(t, sandbox.Options{})
	s := Start(t, Options{Env: stage.Env()})
	if result := s.Call("roles-list", nil); result.IsError {
		t.Errorf("roles-list: %s", result.Raw)
	}
	if stage.Checker.Seen()["listRoles 200"] == 0 {
		t.Errorf("nothing was checked: %v", stage.Checker.Seen())
	}
}

func TestTheBinaryIsBuiltOnceAndKept(t *testing.T) {
	t.Parallel()
	first := Binary(t)
	if second := Binary(t); second != first {
		t.Errorf("%s, then %s", first, second)
	}
	output := Run(t, Command{Binary: first, Args: []string{"version"}})
	if output.ExitCode != 0 || output.Stdout == "" {
		t.Errorf("version: %+v", output)
	}
}

func TestBuildsOfTheSameContentShareOneFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	program := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(program, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module tiny\n\ngo 1.26\n")
	write("main.go", "package main\n\nfunc main() {}\n")
	first, err := buildInto(folder, program)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := buildInto(folder, program); err != nil || second != first {
		t.Errorf("%s, then %s, %v", first, second, err)
	}
	write("main.go", "package main\n\nfunc main() { println() }\n")
	changed, err := buildInto(folder, program)
	if err != nil || changed == first {
		t.Errorf("after a change: %s, %v", changed, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	write("main.go", "package main\n\nfunc main() { nonsense }\n")
	if _, err := buildInto(folder, program); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a broken program: %v", err)
	}
}

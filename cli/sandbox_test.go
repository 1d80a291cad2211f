package cli_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/sandbox"
)

// runsItself names the variable that turns the test binary into the program.
const runsItself = "POSTHOG_ORG_MCP_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runsItself) != "" {
		os.Exit(cli.Main(cli.Build{}))
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what should take milliseconds.
const patience = 20 * time.Second

var urlShape = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startSandbox runs the sandbox command until stop, which returns its exit code.
func startSandbox(t *testing.T, args ...string) (url string, said *buffer, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, cli.Build{}, append([]string{"sandbox"}, args...), cli.Streams{Out: &out, Err: &errs})
	}()
	stop = func() int {
		cancel()
		select {
		case code := <-ended:
			ended <- code
			if errs.String() != "" {
				t.Errorf("stderr: %s", errs.String())
			}
			return code
		case <-time.After(patience):
			t.Fatal("the sandbox did not stop")
			return -1
		}
	}
	t.Cleanup(func() { cancel() })
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(out.String(), "Ctrl-C") {
			return urlShape.FindString(out.String()), &out, stop
		}
		if len(ended) > 0 {
			break
		}
	}
	t.Fatalf("the sandbox did not start:\n%s%s", out.String(), errs.String())
	return "", nil, nil
}

func status(t *testing.T, url, key string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0
	}
	return answer.StatusCode
}

const rolesPath = "/api/organizations/@current/roles/"

func TestTheSandboxRunsUntilItIsInterrupted(t *testing.T) {
	url, said, stop := startSandbox(t)
	contains(t, "stdout", said.String(), url, sandbox.OwnerKey, sandbox.AdminKey, sandbox.MemberKey, sandbox.ReadOnlyKey, "in memory", "POSTHOG_HOST",
		"login --host "+url+" --oauth-client-id "+url+sandbox.ClientPath)
	if got := status(t, url+rolesPath, sandbox.AdminKey); got != http.StatusOK {
		t.Errorf("the printed address and key answer %d", got)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := status(t, url+rolesPath, sandbox.AdminKey); got != 0 {
		t.Errorf("after its end the sandbox still answers %d", got)
	}
}

func TestTheSandboxSaysHowItIsTriedInTheShellsOfTheSystem(t *testing.T) {
	const url = "http://127.0.0.1:1"
	for system, lines := range map[string][]string{
		"linux": {"  curl -H 'Authorization: Bearer " + sandbox.AdminKey + "' " + url + rolesPath + "\n", "  POSTHOG_HOST=" + url + " POSTHOG_PERSONAL_API_KEY="},
		"windows": {`  curl.exe -H "Authorization: Bearer ` + sandbox.AdminKey + `" "` + url + rolesPath + `"`,
			`  $env:POSTHOG_HOST="` + url + `"; $env:POSTHOG_PERSONAL_API_KEY="`, `  set "POSTHOG_HOST=` + url + `" & set "POSTHOG_PERSONAL_API_KEY=`},
	} {
		var out strings.Builder
		if err := cli.Announce(&out, system, url); err != nil {
			t.Fatal(err)
		}
		contains(t, system, out.String(), lines...)
	}
}

func TestTheSandboxMisbehavesAsToldAndOnlyThere(t *testing.T) {
	url, _, stop := startSandbox(t, "--throttle=1", "--fail", "2", "--fail-status=503", "--fault-path", "/roles/", "--fault-method", "get")
	if got := status(t, url+"/api/users/@me/", sandbox.AdminKey); got != http.StatusOK {
		t.Errorf("another path answers %d", got)
	}
	want := map[int]int{429: 1, 503: 2, 200: 1}
	got := map[int]int{}
	for range 4 {
		got[status(t, url+rolesPath, sandbox.AdminKey)]++
	}
	for code, times := range want {
		if got[code] != times {
			t.Errorf("want %v, got %v", want, got)
			break
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestBothSpellingsOfTheClosedActionsAreTaken(t *testing.T) {
	for _, flag := range []string{"--closed-actions", "--close-actions"} {
		url, _, stop := startSandbox(t, flag)
		if got := status(t, url+"/api/organizations/@current/welcome/current/", sandbox.AdminKey); got != http.StatusForbidden {
			t.Errorf("%s: the welcome page answers %d", flag, got)
		}
		stop()
	}
}

func TestTheSandboxKeepsItsDataInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "organization.db")
	url, said, stop := startSandbox(t, "--data", file)
	contains(t, "stdout", said.String(), file)
	if got := status(t, url+rolesPath, sandbox.AdminKey); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
	stop()
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("the file is missing or empty: %v", err)
	}
}

func TestASandboxThatCannotStartSaysWhyAndFails(t *testing.T) {
	for _, test := range []struct {
		args string
		says string
	}{
		{"--addr 0.0.0.0:0", "0.0.0.0:0"},
		{"--addr nonsense", "nonsense"},
		{"--data " + filepath.ToSlash(filepath.Join(t.TempDir(), "none", "x.db")), "data"},
	} {
		code, stdout, stderr := run(t, nil, append([]string{"sandbox"}, strings.Fields(test.args)...)...)
		if code != 1 || stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q", test.args, code, stdout)
		}
		contains(t, "stderr", stderr, "posthog-org-mcp: ", test.says)
	}
}

func TestCtrlCEndsTheSandboxWell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send Ctrl-C to another on Windows")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "sandbox")
	cmd.Env = append(os.Environ(), runsItself+"=1", "HOME="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C") {
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
